import { randomUUID } from 'node:crypto'
import type { Buffer } from 'node:buffer'
import { linkSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { VersiongenError } from './errors.ts'
import type { WrittenFile } from './results.ts'
import { stagedName } from './unfinished.ts'

/**
 * Makes all files appear, or none. Each is first written beside its place under a passing name; only when all of them
 * are on disk are they put in place: new ones by a link, which never replaces what is there, then those that replace an
 * accessor. A failure takes back what had been put there, replaced files included. A process that is killed meanwhile
 * leaves what `removeUnfinished` takes back. All of it is synchronous: milliseconds, which no signal handler divides.
 *
 * @throws VersiongenError `file-exists` for a file that may not be replaced, `file-unwritable` for anything the file
 * system refuses.
 */
export const writeFiles = (files: readonly WrittenFile[]): void => {
  const run = `${process.pid}-${randomUUID().slice(0, 8)}`
  const undo: (() => void)[] = []
  try {
    const staged = files.map((file, index): Staged => {
      const folder = dirname(file.path)
      const created = guard(folder, () => mkdirSync(folder, { recursive: true }))
      if (created !== undefined) undo.push(() => removeEmptyFolders(folder, created))
      const temporary = join(folder, stagedName(run, index, file.replaces))
      undo.push(() => rmSync(temporary, { force: true }))
      guard(file.path, () => writeFileSync(temporary, file.content, { flag: 'wx' }))
      return { file, temporary }
    })
    const [added, replaced] = [staged.filter(({ file }) => !file.replaces), staged.filter(({ file }) => file.replaces)]
    for (const { file, temporary } of added) {
      guard(file.path, () => linkSync(temporary, file.path))
      undo.push(() => rmSync(file.path, { force: true }))
    }
    for (const { file, temporary } of replaced) {
      const before = guard(file.path, () => readIfThere(file.path))
      guard(file.path, () => renameSync(temporary, file.path))
      undo.push(() => (before === undefined ? rmSync(file.path, { force: true }) : writeFileSync(file.path, before)))
    }
    for (const { temporary } of added) guard(temporary, () => rmSync(temporary, { force: true }))
  } catch (error) {
    for (const step of undo.toReversed()) step()
    throw error
  }
}

interface Staged {
  readonly file: WrittenFile
  readonly temporary: string
}

const readIfThere = (file: string): Buffer | undefined => {
  try {
    return readFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Removes `folder` and the folders above it up to `topmost`, which did not exist before this run. */
const removeEmptyFolders = (folder: string, topmost: string): void => {
  try {
    for (let current = folder; current.length >= topmost.length; current = dirname(current)) rmdirSync(current)
  } catch {
    // Somebody else has put something there meanwhile.
  }
}

const guard = <Result>(file: string, work: () => Result): Result => {
  try {
    return work()
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
