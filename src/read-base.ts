import { realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { Settings } from './config/types.ts'
import { nameMigrations, type BaseMigrations, type NamedMigration } from './flyway/branch.ts'
import { parseLocation } from './flyway/location.ts'
import type { FlywayConfig } from './flyway/types.ts'
import { findBase, listFilesAt } from './git/base.ts'
import { openRepository } from './git/git.ts'

/**
 * Reads which migrations a git revision has, in the locations as they are now; only names, and without touching the
 * working tree. A location outside the repository has none.
 *
 * @throws VersiongenError `git-missing`, `git-repository`, `git-revision`, `git-history` or `git-failed`.
 */
export const readBase = async (
  { root, env }: Pick<Settings, 'root' | 'env'>,
  config: FlywayConfig,
  revision: string,
): Promise<BaseMigrations> => {
  const repository = await openRepository(root, env)
  const { tip, fork } = await findBase(repository, revision)
  const top = await realpath(repository.root)
  const listAt = async (commit: string): Promise<readonly NamedMigration[]> => {
    const found = new Map<string, NamedMigration>()
    for (const location of config.locations) {
      const folder = parseLocation(location).root
      const path = relative(top, await realpath(folder))
        .split(sep)
        .join('/')
      if (path === '..' || path.startsWith('../')) continue
      const files = await listFilesAt(repository, commit, path)
      const absolute = files.map((file) => join(folder, file.slice(path === '' ? 0 : path.length + 1)))
      for (const migration of nameMigrations(location, absolute, config)) {
        if (!found.has(migration.file)) found.set(migration.file, migration)
      }
    }
    return [...found.values()]
  }
  return { tip: await listAt(tip), fork: await listAt(fork) }
}
