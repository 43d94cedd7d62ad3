import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { VersiongenError } from '../errors.ts'
import { byCodePoint } from '../order.ts'

/**
 * The files of a folder and all folders below it, absolute, sorted by code point. As Flyway, it follows links, leaves
 * out hidden folders but not hidden files, and takes the root itself even if it is hidden.
 *
 * @throws VersiongenError `flyway-location` when a folder cannot be read.
 */
export const listFiles = async (root: string): Promise<readonly string[]> => (await walk(root, 0)).toSorted(byCodePoint)

const walk = async (folder: string, depth: number): Promise<readonly string[]> => {
  if (depth > 64) throw new VersiongenError('flyway-location', 'folders nest too deep', { where: { file: folder } })
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new VersiongenError('flyway-location', `the migrations location cannot be read (${cause.code})`, {
      where: { file: folder },
      hint: 'name the folder with --migrations DIR',
      cause,
    })
  })
  const files = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name)
      const isFolder = entry.isSymbolicLink() ? await pointsToFolder(path) : entry.isDirectory()
      if (isFolder === undefined) return []
      if (!isFolder) return [path]
      return entry.name.startsWith('.') ? [] : walk(path, depth + 1)
    }),
  )
  return files.flat()
}

/** Undefined for a link that leads nowhere. */
const pointsToFolder = (path: string): Promise<boolean | undefined> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => undefined,
  )
