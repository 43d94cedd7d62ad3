import { readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { VersiongenError } from '../errors.ts'
import { byCodePoint } from '../order.ts'

/**
 * The files of a folder and all folders below it, absolute, sorted by code point. As Flyway, it follows links, leaves
 * out hidden folders but not hidden files, and takes the root itself even if it is hidden.
 *
 * @throws VersiongenError `flyway-location` when a folder cannot be read, or a link leads back to a folder above it.
 */
export const listFiles = async (root: string): Promise<readonly string[]> => (await walk(root)).toSorted(byCodePoint)

const walk = async (folder: string): Promise<readonly string[]> => {
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
      const isFolder = entry.isSymbolicLink() ? await pointsToFolder(path, folder) : entry.isDirectory()
      if (isFolder === undefined) return []
      if (!isFolder) return [path]
      return entry.name.startsWith('.') ? [] : walk(path)
    }),
  )
  return files.flat()
}

/** Undefined for a link that leads nowhere. */
const pointsToFolder = async (link: string, folder: string): Promise<boolean | undefined> => {
  const found = await stat(link).catch(() => undefined)
  if (!found?.isDirectory()) return found && false
  const [target, here] = await Promise.all([realpath(link), realpath(folder)])
  if (!`${here}${sep}`.startsWith(`${target}${sep}`)) return true
  throw new VersiongenError('flyway-location', 'the link leads back to a folder above it', { where: { file: link } })
}
