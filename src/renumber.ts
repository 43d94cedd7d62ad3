import { existsSync } from 'node:fs'
import type { Settings } from './config/types.ts'
import { VersiongenError } from './errors.ts'
import { findClashes, findNewMigrations, findRemaining, type BaseMigrations } from './flyway/branch.ts'
import { readHistory } from './flyway/history.ts'
import { planMoves } from './flyway/renumber.ts'
import { isApplied } from './flyway/states.ts'
import type { AppliedMigration, Migration, MigrationFolder } from './flyway/types.ts'
import { moveFiles } from './move-files.ts'
import { readBase } from './read-base.ts'
import { readMigrations } from './read-project.ts'
import type { RenumberResult } from './results.ts'

/**
 * Gives versioned migrations that no database has run the next free versions, in their order: the named files, or those
 * of this branch from the first that clashes with the base on. Files that are above everything else already stay.
 *
 * @param options.files absolute; empty: what clashes with the base
 * @param options.base a git revision, whose migrations count and stay as they are
 * @throws VersiongenError `renumber-refused` for a file that may not move; whatever keeps it from going on; then nothing
 * has been moved
 */
export const renumber = async (
  settings: Settings,
  options: {
    readonly files: readonly string[]
    readonly base: string | undefined
    readonly dryRun: boolean
    readonly now: Date
  },
): Promise<RenumberResult> => {
  const folder = await readMigrations(settings)
  const base = options.base === undefined ? undefined : await readBase(settings, folder.config, options.base)
  const chosen =
    options.files.length > 0
      ? findNamed(folder, options.files, base)
      : base === undefined
        ? []
        : findBehind(folder, base)
  const applied = chosen.length === 0 ? null : await readApplied(settings, folder)
  const moves = planMoves(chosen, folder, {
    elsewhere: base === undefined ? [] : findRemaining(folder, base),
    applied,
    confs: new Set(folder.migrations.map(({ file }) => `${file}.conf`).filter((file) => existsSync(file))),
    now: options.now,
  })
  const moved = new Set(moves.map(({ from }) => from))
  for (const migration of chosen) if (moved.has(migration.file)) refuseUnmovable(migration, applied, folder)
  if (!options.dryRun) moveFiles(moves)
  return { moves, dryRun: options.dryRun }
}

const findNamed = (
  { migrations, config }: MigrationFolder,
  files: readonly string[],
  base: BaseMigrations | undefined,
): readonly Migration[] => {
  const fresh = base && new Set(findNewMigrations({ migrations }, base))
  const find = (file: string): Migration => {
    const found = migrations.find((migration) => migration.file === file && migration.kind === 'versioned')
    if (found === undefined) {
      throw refusal(file, existsSync(file) ? 'is no versioned migration of this project' : 'does not exist', {
        hint: `Flyway looks in ${config.locations.join(', ')}`,
      })
    }
    if (fresh?.has(found) === false) throw refusal(file, 'is not new on this branch', { hint: 'leave it out' })
    return found
  }
  const named = new Set(files.map(find))
  return migrations.filter((migration) => named.has(migration))
}

/** From the first clash on, so that the order of this branch's migrations stays. */
const findBehind = (folder: MigrationFolder, base: BaseMigrations): readonly Migration[] => {
  const clashing = new Set(findClashes(folder, base).map(({ migration }) => migration))
  const fresh = findNewMigrations(folder, base).filter(({ kind }) => kind === 'versioned')
  const first = fresh.findIndex((migration) => clashing.has(migration))
  return first < 0 ? [] : fresh.slice(first)
}

/** Null where no database was named: a shadow database runs everything, and that counts for nothing. */
const readApplied = async (
  settings: Settings,
  { config }: MigrationFolder,
): Promise<readonly AppliedMigration[] | null> => {
  if (settings.target.kind === 'shadow') return null
  const { connect } = await import('./database/connect.ts')
  const db = await connect(settings.target, { driver: settings.driver, env: settings.env })
  try {
    return await readHistory(db, config)
  } finally {
    await db.close()
  }
}

const refuseUnmovable = (
  migration: Migration,
  applied: readonly AppliedMigration[] | null,
  { migrations }: MigrationFolder,
): void => {
  if (applied !== null && isApplied(migration, applied, migrations)) {
    throw refusal(migration.file, 'has been applied to this database, so that it keeps its version', {
      hint: 'if the database is one to throw away, make it anew, or leave it out with --shadow',
    })
  }
  if (migration.type !== 'java') return
  throw refusal(migration.file, 'is a Java migration, whose class has the version in its name', {
    hint: 'rename the class and its file',
  })
}

const refusal = (file: string, message: string, { hint }: { readonly hint: string }): VersiongenError =>
  new VersiongenError('renumber-refused', message, { where: { file }, hint })
