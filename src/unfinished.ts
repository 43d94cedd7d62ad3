import { type Dirent, lstatSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'

/** The passing name of a file that is about to appear; Flyway looks at none such. */
export const stagedName = (run: string, index: number, replaces: boolean): string =>
  `.versiongen-${run}-${replaces ? 'over' : 'new'}-${index}.tmp`

/**
 * Takes back what a run has left that was killed while it wrote its files: what it had put in place, unless that was all
 * of it, and its passing files. What it was about to replace is as it was, or complete. Runs that still go on are left alone.
 *
 * @param folders where files are written, searched with what is below them, but for hidden folders and node_modules; one
 * that does not exist is empty
 * @returns whether there was anything
 */
export const removeUnfinished = (folders: readonly string[]): boolean => {
  const runs = new Map<string, Set<string>>()
  for (const folder of folders) {
    for (const file of listFiles(folder)) {
      const run = /^\.versiongen-(\d+-[0-9a-f]+)-(?:new|over)-\d+\.tmp$/.exec(basename(file))?.[1]
      if (run === undefined) continue
      runs.set(run, (runs.get(run) ?? new Set()).add(file))
    }
  }
  const dead = [...runs].filter(([run]) => !isAlive(Number.parseInt(run, 10)))
  for (const [, files] of dead) removeRun([...files])
  return dead.length > 0
}

/** New files are links of their passing ones: as long as one of these stands alone, not all are in place. */
const removeRun = (files: readonly string[]): void => {
  const added = files.filter((file) => file.includes('-new-')).map((file) => ({ file, ...inodeOf(file) }))
  if (added.some(({ links }) => links === 1)) {
    for (const { file, inode, links } of added) {
      if (links === 1) continue
      for (const name of readdirSync(dirname(file))) {
        const other = join(dirname(file), name)
        if (other !== file && inodeOf(other).inode === inode) rmSync(other)
      }
    }
  }
  for (const file of files) rmSync(file, { force: true })
}

const inodeOf = (file: string): { readonly inode: bigint; readonly links: number } => {
  const { ino, nlink } = lstatSync(file, { bigint: true })
  return { inode: ino, links: Number(nlink) }
}

const listFiles = (folder: string): readonly string[] =>
  readEntries(folder).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) return [path]
    return entry.name.startsWith('.') || entry.name === 'node_modules' ? [] : listFiles(path)
  })

const readEntries = (folder: string): readonly Dirent[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
