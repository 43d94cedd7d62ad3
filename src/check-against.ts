import { join } from 'node:path'
import { readCatalog } from './catalog/read.ts'
import type { Catalog } from './catalog/types.ts'
import type { Settings } from './config/types.ts'
import { inSnapshot } from './database/snapshot.ts'
import type { Database } from './database/types.ts'
import { VersiongenError } from './errors.ts'
import { readHistory } from './flyway/history.ts'
import { migrationStates, type MigrationState } from './flyway/states.ts'
import type { AppliedMigration, MigrationFolder } from './flyway/types.ts'
import { compareLive, compareLiveTransactions } from './plan/compare-live.ts'
import { resolveModel } from './plan/resolve.ts'
import { selectModels } from './plan/select-models.ts'
import { summarize } from './plan/summarize.ts'
import { readMigrations, readProjectModels } from './read-project.ts'
import type { CheckReport, Progress, Selection } from './results.ts'

/**
 * Finds what was changed by hand in a live database: compares it, as far as history is concerned, with a shadow database
 * made by the very migrations that it says it has run. Writes nothing in it.
 *
 * @param settings whose target names the live database
 */
export const checkAgainst = async (
  settings: Settings,
  selection: Selection,
  { progress }: { readonly progress?: Progress | undefined } = {},
): Promise<CheckReport> => {
  if (settings.target.kind === 'shadow') {
    throw new VersiongenError('usage', '--against needs a database that is not the shadow', {
      hint: 'name it: --against postgres://user@host/database',
    })
  }
  const folder = await readMigrations(settings)
  const report = progress === undefined ? {} : { progress }
  const { connect } = await import('./database/connect.ts')
  const { catalog: live, applied } = await readAndClose(
    await connect(settings.target, { driver: settings.driver, env: settings.env }),
    async (db, searchPath) => ({
      catalog: await readCatalog(db, { searchPath }),
      applied: await readHistory(db, folder.config, searchPath),
    }),
    progress,
  )
  const { openShadow } = await import('./database/shadow.ts')
  const cacheDir = join(settings.root, 'node_modules', '.cache', 'versiongen')
  const made = await readAndClose(
    await openShadow(whatRan(folder, applied), { cacheDir, ...report }),
    (db, searchPath): Promise<Catalog> => readCatalog(db, { searchPath }),
    progress,
  )
  const models = await readProjectModels(settings, report)
  const resolved = models.map((model) => resolveModel(model, made, settings, models))
  const selected = selectModels(resolved, selection, made)
  const tables = selected.map(({ model, table }) => ({
    ...summarize({ model, table }),
    findings: table === undefined ? [] : compareLive(table, made, live),
  }))
  const findings = compareLiveTransactions(
    selected.flatMap(({ table }) => table ?? []),
    made,
    live,
  )
  const all = [...tables.flatMap((table) => table.findings), ...findings]
  return { ok: !all.some(({ severity }) => severity === 'error'), tables, findings }
}

const readAndClose = async <Result>(
  db: Database,
  read: (db: Database, searchPath: readonly string[]) => Promise<Result>,
  progress: Progress | undefined,
): Promise<Result> => {
  try {
    progress?.(`reading the catalog of ${db.label}`)
    return await inSnapshot(db, ({ searchPath }) => read(db, searchPath))
  } finally {
    await db.close()
  }
}

/** The folder without what this database has not run: that is not yet to be expected of it. */
const whatRan = (folder: MigrationFolder, applied: readonly AppliedMigration[] | null): MigrationFolder => {
  if (applied === null) return folder
  const states = new Map(migrationStates(folder, applied).map(({ migration, state }) => [migration, state]))
  const isOpen = (state: MigrationState | undefined): boolean => state !== undefined && notRun.has(state)
  return { ...folder, migrations: folder.migrations.filter((migration) => !isOpen(states.get(migration))) }
}

const notRun: ReadonlySet<MigrationState> = new Set([
  'Pending',
  'Above Target',
  'Ignored',
  'Undone',
  'Deleted',
  'Failed',
])
