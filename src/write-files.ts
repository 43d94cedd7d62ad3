import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { VersiongenError } from './errors.ts'
import type { WrittenFile } from './results.ts'

/**
 * Makes all files appear, or none. Each is first written beside its place under a passing name; only when all of them
 * are on disk are they put in place. A failure takes back what had been put there, replaced files included.
 *
 * @throws VersiongenError `file-exists` for a file that may not be replaced, `file-unwritable` for anything the file
 * system refuses.
 */
export const writeFiles = async (files: readonly WrittenFile[]): Promise<void> => {
  const staged: { readonly file: WrittenFile; readonly temporary: string }[] = []
  const undo: (() => Promise<void>)[] = []
  try {
    for (const file of files) {
      const folder = dirname(file.path)
      const created = await guard(folder, () => mkdir(folder, { recursive: true }))
      if (created !== undefined) undo.push(() => removeEmptyFolders(folder, created))
      const temporary = join(folder, `.versiongen-${randomUUID()}.tmp`)
      staged.push({ file, temporary })
      await guard(file.path, () => writeFile(temporary, file.content, { flag: 'wx' }))
    }
    for (const { file, temporary } of staged) {
      if (file.replaces) {
        const before = await readFile(file.path).catch(() => undefined)
        await guard(file.path, () => rename(temporary, file.path))
        undo.push(() => (before === undefined ? rm(file.path, { force: true }) : writeFile(file.path, before)))
      } else {
        // A link, unlike a rename, never replaces what is there already.
        await guard(file.path, () => link(temporary, file.path))
        undo.push(() => rm(file.path, { force: true }))
      }
    }
  } catch (error) {
    await removeStaged(staged)
    for (const step of undo.reverse()) await step()
    throw error
  }
  await removeStaged(staged)
}

const removeStaged = async (staged: readonly { readonly temporary: string }[]): Promise<void> => {
  for (const { temporary } of staged) await rm(temporary, { force: true })
}

/** Removes `folder` and the folders above it up to `topmost`, which did not exist before this run. */
const removeEmptyFolders = async (folder: string, topmost: string): Promise<void> => {
  const { rmdir } = await import('node:fs/promises')
  for (let current = folder; current.length >= topmost.length; current = dirname(current)) {
    await rmdir(current).catch(() => undefined)
  }
}

const guard = async <Result>(file: string, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work()
  } catch (cause) {
    const code =
      cause instanceof Error && 'code' in cause ? String(cause.code) : cause instanceof Error ? cause.name : 'unknown'
    if (code === 'EEXIST') {
      throw new VersiongenError('file-exists', 'the file exists already and is not overwritten', {
        where: { file },
        cause,
      })
    }
    const reasons = new Map([
      ['EACCES', 'permission denied'],
      ['EPERM', 'permission denied'],
      ['EROFS', 'the file system is read-only'],
      ['ENOSPC', 'no space left'],
      ['ENOTDIR', 'a part of the path is not a folder'],
      ['NotCapable', 'Deno was started without --allow-write for it'],
    ])
    throw new VersiongenError('file-unwritable', `cannot write it: ${reasons.get(code) ?? code}; no file was written`, {
      where: { file },
      cause,
    })
  }
}
