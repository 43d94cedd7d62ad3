import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { VersiongenError } from '../errors.ts'
import { parseMigrationName, type NamingConfig } from './name.ts'

/**
 * Looks where projects usually keep their migrations: the one usual folder below `cwd` that holds a versioned SQL file
 * itself, else the one with such a file further down.
 *
 * @throws VersiongenError `migrations-not-found` or `migrations-ambiguous`, naming the option that settles it.
 */
export const discoverLocation = async (cwd: string, config: NamingConfig): Promise<string> => {
  const direct = await findFolders(cwd, config, 0)
  const found = direct.length > 0 ? direct : await findFolders(cwd, config, 3)
  const hint = 'name the folder with --migrations DIR, or as `migrations` in versiongen.config.ts'
  if (found.length === 0) {
    const example = `${config.versionedPrefix}1${config.separator}x${config.suffixes[0] ?? '.sql'}`
    throw new VersiongenError('migrations-not-found', `found no folder with migrations such as ${example}`, {
      where: { file: cwd },
      hint,
    })
  }
  if (found.length > 1) {
    throw new VersiongenError('migrations-ambiguous', `found several folders with migrations: ${found.join(', ')}`, {
      where: { file: cwd },
      hint,
    })
  }
  return join(cwd, found[0] ?? '')
}

/** Relative to the project, the likeliest first. */
const usualFolders: readonly string[] = [
  'sql',
  'migrations',
  'migrations/sql',
  'db/migration',
  'db/migrations',
  'db/sql',
  'database/migration',
  'database/migrations',
  'database/sql',
  'flyway',
  'flyway/sql',
  'flyway/migrations',
  'sql/migrations',
  'resources/db/migration',
  'src/main/resources/db/migration',
  'src/main/resources/db/migrations',
  'src/migrations',
  'src/db/migrations',
]

/** With a depth, a folder inside another one that was found is part of it. */
const findFolders = async (cwd: string, config: NamingConfig, depth: number): Promise<readonly string[]> => {
  const holds = await Promise.all(usualFolders.map((folder) => holdsMigration(join(cwd, folder), config, depth)))
  const found = usualFolders.filter((_, index) => holds[index])
  return found.filter((folder) => !found.some((other) => folder.startsWith(`${other}/`)))
}

const holdsMigration = async (folder: string, config: NamingConfig, depth: number): Promise<boolean> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EACCES') return []
    throw error
  })
  for (const entry of entries) {
    if (entry.isDirectory()) {
      if (
        depth > 0 &&
        !entry.name.startsWith('.') &&
        (await holdsMigration(join(folder, entry.name), config, depth - 1))
      )
        return true
      continue
    }
    const name = parseMigrationName(entry.name, config)
    if (name?.valid && name.type === 'sql' && (name.kind === 'versioned' || name.kind === 'baseline')) return true
  }
  return false
}
