import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCatalog } from './catalog/read.ts'
import type { Catalog } from './catalog/types.ts'
import type { Settings } from './config/types.ts'
import type { Database } from './database/types.ts'
import { readFlywayConfig } from './flyway/config.ts'
import { readHistory } from './flyway/history.ts'
import { readFolder } from './flyway/read-folder.ts'
import { migrationStates, type MigrationStatus } from './flyway/states.ts'
import type { AppliedMigration, FlywayConfig, MigrationFolder } from './flyway/types.ts'
import { VersiongenError } from './errors.ts'
import { defaultPatterns } from './models/discover.ts'
import { readModels } from './models/read.ts'
import type { Model } from './models/types.ts'
import { countRows } from './database/count-rows.ts'
import { findFilled } from './database/filled-tables.ts'
import { findUnrecorded } from './database/unrecorded.ts'
import { describeBrokenChains, hasReadableChains, haveWrongEnds, isCheapToRead } from './plan/chains.ts'
import { compareTable, type Comparison } from './plan/compare.ts'
import { compareTransactions } from './plan/compare-transactions.ts'
import { pendingMigrations, type FirstLines } from './plan/folder-findings.ts'
import { needsBackfill, planMigrations, type PlannedMigration } from './plan/migrations.ts'
import { describeNarrowIds, findNarrowIds, lastIdSql, type LastId } from './plan/transaction-ids.ts'
import { resolveModel, type Resolved } from './plan/resolve.ts'
import type { Finding, VersionedTable } from './plan/types.ts'
import { selectModels } from './plan/select-models.ts'
import { pendingWithoutHistory } from './plan/without-history-table.ts'
import type { Note, Progress, Selection } from './results.ts'
import { chainViolationsSql, type ChainViolation } from './sql/check-chains.ts'

/** All that was read, from all three sides: the models, the migrations folder, the database. */
export interface Project {
  readonly models: readonly Model[]
  readonly folder: MigrationFolder
  /** Null when the database has no history table of Flyway's. */
  readonly applied: readonly AppliedMigration[] | null
  /** What `flyway info` would say. */
  readonly states: readonly MigrationStatus[]
  readonly catalog: Catalog
  readonly resolved: readonly Resolved[]
  /** One for each table in {@link resolved}. */
  readonly comparisons: ReadonlyMap<VersionedTable, Comparison>
  /** Rows without a version, counted up to a limit; only for tables whose version table can be compared with. */
  readonly unrecorded: ReadonlyMap<VersionedTable, number>
  /** About how many rows the base tables have; only where it was asked for. */
  readonly rows: ReadonlyMap<VersionedTable, number>
  /** Histories that contradict themselves or the live rows; only where it was asked for. */
  readonly broken: ReadonlyMap<VersionedTable, Finding>
  /** Those of them whose versions have wrong ends. */
  readonly unclosed: ReadonlySet<VersionedTable>
  /** Transaction tables that will run out of ids. */
  readonly narrowIds: readonly Finding[]
  /** What Flyway has not run yet on this database, with the first line of each SQL file. */
  readonly pending: FirstLines
}

/** Reads everything and compares it; writes nothing anywhere. The database is let go of before this returns. */
export const readProject = async (
  settings: Settings,
  {
    progress,
    note,
    countUnrecorded = 1,
    readChains = false,
    countRowsTo,
    folder: given,
  }: {
    readonly progress?: Progress | undefined
    readonly note?: Note | undefined
    readonly countUnrecorded?: number
    /** Of all tables, or of those that were selected; long ones only with `long`. */
    readonly readChains?: boolean | { readonly of: Selection; readonly long: boolean }
    readonly countRowsTo?: number | undefined
    /** Where it has been read already. */
    readonly folder?: MigrationFolder | undefined
  },
): Promise<Project> => {
  const folder = given ?? (await readMigrations(settings))
  const { config } = folder
  const report = progress === undefined ? {} : { progress }
  // The server works on its answers while the compiler is loaded here.
  const asked = openGate()
  const [models, facts] = await settleBoth(
    readProjectModels(settings, { ready: asked.opened, ...report }),
    readDatabase(settings, folder, report.progress, async (db, searchPath) => {
      const catalog = readCatalog(db, { searchPath })
      asked.open()
      return { catalog: await catalog, applied: await readHistory(db, config, searchPath) }
    }).finally(asked.open),
  )
  const { catalog, applied } = facts.result
  try {
    const resolved = models.map((model) => resolveModel(model, catalog, settings, models))
    const tables = resolved.flatMap(({ table }) => table ?? [])
    const comparisons = compareTransactions(
      tables.map((table) => compareTable(table, catalog)),
      catalog,
    )
    const countable = tables.filter((table) => isCountable(comparisons.get(table)))
    const read = typeof readChains === 'boolean' ? { of: { tables: [], all: true }, long: false } : readChains
    const readable = (readChains === false || models.length === 0 ? [] : selectModels(resolved, read.of, catalog))
      .flatMap(({ table }) => (table === undefined ? [] : (comparisons.get(table) ?? [])))
      .filter((comparison) => hasReadableChains(comparison) && (read.long || isCheapToRead(comparison.table)))
      .map(({ table }) => table)
    const { unrecorded, broken, unclosed, rows, narrowIds } = await facts.again(async (db) => {
      const filled = await findFilled(
        db,
        tables.flatMap(({ base, history }) => [base, ...(history ? [history.found] : [])]),
      )
      const hasRows = ({ base, history }: VersionedTable): boolean =>
        filled.has(base.oid) || (history !== undefined && filled.has(history.found.oid))
      const unrecorded = new Map([
        ...countable.map((table) => [table, 0] as const),
        ...(await findUnrecorded(
          db,
          countable.filter(({ base }) => filled.has(base.oid)),
          countUnrecorded,
        )),
      ])
      const lacking = tables.filter(
        (table) => (unrecorded.get(table) ?? 0) > 0 || needsBackfill(comparisons.get(table)?.changes ?? []),
      )
      return {
        unrecorded,
        ...(await findBrokenChains(db, readable.filter(hasRows))),
        narrowIds: readChains === true ? await readNarrowIds(db, tables) : [],
        rows: await countRows(db, countRowsTo === undefined ? [] : lacking, catalog, countRowsTo ?? 0),
      }
    })
    const states = migrationStates(folder, applied)
    const unrun = readFirstLines(pendingMigrations(states))
    const pending =
      applied === null
        ? pendingWithoutHistory(unrun, tables, () => planLacking(comparisons, unrecorded, settings))
        : unrun
    if (pending.size < unrun.size) {
      note?.(
        `${facts.label} has no ${config.historyTable}: what made the version tables that are there is taken for applied`,
      )
    }
    return {
      models,
      folder,
      applied,
      states,
      catalog,
      resolved,
      comparisons,
      unrecorded,
      rows,
      broken,
      unclosed,
      narrowIds,
      pending,
    }
  } finally {
    await facts.close()
  }
}

/**
 * The models of the files that the settings name. None at all is no error as long as nobody said where they are: a project
 * may have none yet.
 *
 * @throws VersiongenError `no-models`, and what `readModels` throws
 */
export const readProjectModels = async (
  { root, models: patterns }: Settings,
  options: { readonly progress?: Progress; readonly ready?: Promise<unknown> },
): Promise<readonly Model[]> => {
  const { models, searched } = await readModels({ root, patterns, ...options })
  if (models.length > 0 || patterns === defaultPatterns) return models
  if (searched > 0) throw noModels()
  throw new VersiongenError('no-models', `no file is there for models: ${patterns.join(', ')}`, {
    hint: 'correct --models, or models in the configuration',
  })
}

export const noModels = (): VersiongenError =>
  new VersiongenError('no-models', 'no model is marked with __versioned__', {
    hint: 'mark one with `static __versioned__ = {}`, or say where models are with --models',
  })

/** Flyway's configuration and what is in its locations. */
export const readMigrations = async (settings: Settings): Promise<MigrationFolder> =>
  readFolder(await readFlyway(settings))

export const readFlyway = (settings: Settings): Promise<FlywayConfig> =>
  readFlywayConfig({
    cwd: settings.root,
    env: settings.env,
    home: settings.env['HOME'] ?? settings.env['USERPROFILE'] ?? settings.root,
    ...(settings.migrations === undefined ? {} : { locations: settings.migrations }),
    overrides: settings.flyway,
  })

const findBrokenChains = async (
  db: Database,
  tables: readonly VersionedTable[],
): Promise<Pick<Project, 'broken' | 'unclosed'>> => {
  const broken = new Map<VersionedTable, Finding>()
  const unclosed = new Set<VersionedTable>()
  for (const table of tables) {
    const violations = await db.query<ChainViolation>(chainViolationsSql(table, { compareLive: true }))
    const finding = describeBrokenChains(table, violations)
    if (finding !== undefined) broken.set(table, finding)
    if (haveWrongEnds(violations)) unclosed.add(table)
  }
  return { broken, unclosed }
}

const readNarrowIds = async (db: Database, tables: readonly VersionedTable[]): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  for (const narrow of findNarrowIds(tables)) {
    const [row] = await db.query<LastId>(lastIdSql(narrow.table))
    const finding = row === undefined ? undefined : describeNarrowIds(narrow, row)
    if (finding !== undefined) findings.push(finding)
  }
  return findings
}

/** What generating would write, whether rows are many or few. */
const planLacking = (
  comparisons: ReadonlyMap<VersionedTable, Comparison>,
  unrecorded: ReadonlyMap<VersionedTable, number>,
  settings: Settings,
): readonly PlannedMigration[] => {
  const lacking = [...comparisons.values()].map((comparison) => ({
    ...comparison,
    changes: [
      ...comparison.changes,
      ...((unrecorded.get(comparison.table) ?? 0) > 0 ? [{ kind: 'backfill' } as const] : []),
    ],
  }))
  return [undefined, settings.backfill.batchSize].flatMap((size) => planMigrations(lacking, settings, () => size))
}

const readFirstLines = (pending: readonly MigrationStatus[]): FirstLines =>
  new Map(
    pending.map((status) => {
      const { migration } = status
      if (migration?.type !== 'sql') return [status, '']
      return [status, readFileSync(migration.file, 'utf8').split('\n', 1)[0] ?? '']
    }),
  )

/** Rows can be set against their versions when the version table is there with its key. */
const isCountable = (comparison: Comparison | undefined): boolean =>
  comparison !== undefined &&
  !comparison.findings.some(({ code }) =>
    ['version-table-missing', 'version-table-foreign', 'primary-key'].includes(code),
  )

interface DatabaseFacts<Result> {
  readonly label: string
  readonly result: Result
  readonly again: <Other>(work: (db: Database) => Promise<Other>) => Promise<Other>
  readonly close: () => Promise<void>
}

const readDatabase = async <Result>(
  settings: Settings,
  folder: MigrationFolder,
  progress: Progress | undefined,
  work: (db: Database, searchPath: readonly string[]) => Promise<Result>,
): Promise<DatabaseFacts<Result>> => {
  const db = await openDatabase(settings, folder, progress)
  try {
    progress?.(`reading the catalog of ${db.label}`)
    const { inSnapshot } = await import('./database/snapshot.ts')
    const result = await inSnapshot(db, ({ searchPath }) => work(db, searchPath))
    return {
      label: db.label,
      result,
      again: (other) => inSnapshot(db, () => other(db)),
      close: () => db.close(),
    }
  } catch (error) {
    await db.close()
    throw error
  }
}

const openDatabase = async (
  settings: Settings,
  folder: MigrationFolder,
  progress: Progress | undefined,
): Promise<Database> => {
  if (settings.target.kind === 'shadow') {
    const { openShadow } = await import('./database/shadow.ts')
    return openShadow(folder, {
      cacheDir: join(settings.root, 'node_modules', '.cache', 'versiongen'),
      ...(progress === undefined ? {} : { progress }),
    })
  }
  const { connect } = await import('./database/connect.ts')
  return connect(settings.target, { driver: settings.driver, env: settings.env })
}

const openGate = (): { readonly opened: Promise<void>; readonly open: () => void } => {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

/** Both results, or the first error once both have come to rest: a connection opened meanwhile is closed again. */
const settleBoth = async <A, B extends { readonly close: () => Promise<void> }>(
  a: Promise<A>,
  b: Promise<B>,
): Promise<readonly [A, B]> => {
  const [first, second] = await Promise.allSettled([a, b])
  if (first.status === 'rejected') {
    if (second.status === 'fulfilled') await second.value.close()
    throw first.reason
  }
  if (second.status === 'rejected') throw second.reason
  return [first.value, second.value]
}
