import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { byCodePoint } from '../order.ts'
import { isGenerated } from './header.ts'

/**
 * The accessors in a folder, absolute and sorted, that are none of those there should be: of tables that were renamed, or
 * lost their model. What versiongen has not written is nobody's business here.
 */
export const findStaleFiles = async (folder: string, wanted: readonly string[]): Promise<readonly string[]> => {
  // On some file systems case makes no difference.
  const known = new Set(wanted.map((path) => path.toLowerCase()))
  const names = await readdir(folder).catch(() => [])
  const others = names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .filter((path) => !known.has(path.toLowerCase()))
    .sort(byCodePoint)
  const texts = await Promise.all(others.map((path) => readFile(path, 'utf8').catch(() => '')))
  return others.filter((_, index) => isGenerated(texts[index] ?? ''))
}
