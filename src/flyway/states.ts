import { byCodePoint } from '../order.ts'
import type { AppliedMigration, Migration, MigrationFolder, Version } from './types.ts'
import { compareVersions, displayVersion, highestVersion, parseVersion, versionKey } from './version.ts'

/** What `flyway info` prints in its column State. */
export type MigrationState =
  | 'Pending'
  | 'Above Target'
  | 'Below Baseline'
  | 'Ignored (Baseline)'
  | 'Baseline'
  | 'Ignored'
  | 'Missing'
  | 'Failed (Missing)'
  | 'Success'
  | 'Undone'
  | 'Failed'
  | 'Out of Order'
  | 'Future'
  | 'Failed (Future)'
  | 'Outdated'
  | 'Superseded'
  | 'Deleted'

/** One line of `flyway info`: a migration on disk, a row of the history table, or both. */
export interface MigrationStatus {
  readonly state: MigrationState
  readonly version: Version | null
  readonly description: string
  /** As in the history table: `SQL`, `SCRIPT`, `JDBC`, `SQL_BASELINE`, `BASELINE`, `SCHEMA`, `DELETE`, … */
  readonly type: string
  readonly migration: Migration | null
  readonly applied: AppliedMigration | null
}

export interface StateOptions {
  readonly outOfOrder: boolean
  /** A version, or Flyway's `current`, `next`, `latest`; undefined: no target. */
  readonly target: string | undefined
}

/**
 * Sets the folder against the history table as Flyway does (MigrationInfoServiceImpl), in the order of `flyway info`.
 * Callbacks and undo files are not listed. Without a history table (`null`) everything is as on an empty database.
 */
export const migrationStates = (
  folder: Pick<MigrationFolder, 'migrations' | 'config'>,
  applied: readonly AppliedMigration[] | null,
  { outOfOrder, target }: StateOptions = folder.config,
): readonly MigrationStatus[] => {
  const resolved = folder.migrations.filter(({ kind }) => kind !== 'callback' && kind !== 'undo')
  const rows = (applied ?? []).toSorted((a, b) => a.installedRank - b.installedRank)
  const versioned = markVersioned(rows.filter(({ version }) => version !== null))
  const repeatable = markRepeatable(rows.filter(({ version }) => version === null))
  const unapplied = findUnapplied(resolved, versioned, repeatable)
  const context = makeContext(resolved, versioned, unapplied, { outOfOrder, target })

  const byKey = new Map<string, Migration>()
  for (const migration of resolved) {
    const twin = byKey.get(resolvedKey(migration))
    if (twin === undefined || !isApplied(twin, rows)) byKey.set(resolvedKey(migration), migration)
  }
  const latest = latestRepeatables(repeatable)
  const appliedStatuses = [...versioned, ...repeatable]
    .toSorted((a, b) => a.row.installedRank - b.row.installedRank)
    .map((entry) => {
      const migration = byKey.get(appliedKey(entry.row)) ?? null
      const { version, description } = entry.row
      const state = appliedState(entry, migration, context, latest)
      return { state, version, description, type: typeOfRow(entry.row), migration, applied: entry.row }
    })
  const statuses = unapplied.toSorted(compareUnapplied).map((migration): MigrationStatus => {
    const { version, description } = migration
    const state = unappliedState(migration, context)
    return { state, version, description, type: typeOf(migration), migration, applied: null }
  })
  const settled = context.target === 'next' ? stopAtFirstPending(statuses) : statuses
  const isBelow = ({ state }: MigrationStatus): boolean => state === 'Below Baseline' || state === 'Ignored (Baseline)'
  return [...settled.filter(isBelow), ...appliedStatuses, ...settled.filter((status) => !isBelow(status))]
}

/** The `type` that Flyway writes for this file. */
export const typeOf = ({ kind, type }: Migration): string => {
  if (kind === 'baseline') return type === 'java' ? 'JDBC_BASELINE' : 'SQL_BASELINE'
  return { sql: 'SQL', script: 'SCRIPT', java: 'JDBC' }[type]
}

/** Whether the row's checksum is the file's; true where the file's cannot be known. */
export const checksumMatches = (migration: Migration, row: AppliedMigration): boolean => {
  const { checksum, rawChecksum, kind } = migration
  if (checksum === null || checksum === row.checksum) return true
  return kind === 'repeatable' && rawChecksum === row.checksum
}

interface Entry {
  readonly row: AppliedMigration
  readonly deleted: boolean
  readonly undone: boolean
  readonly outOfOrder: boolean
}

interface Context {
  readonly outOfOrder: boolean
  readonly target: Version | 'next' | 'nothing' | undefined
  readonly lastResolved: Version | undefined
  readonly lastApplied: Version | undefined
  readonly appliedBaseline: Version | undefined
  readonly pendingBaseline: Version | undefined
}

const typeOfRow = ({ type }: AppliedMigration): string => legacyTypes.get(type) ?? type

const legacyTypes: ReadonlyMap<string, string> = new Map([
  ['SPRING_JDBC', 'JDBC'],
  ['INIT', 'BASELINE'],
])

const isBaseline = ({ type }: AppliedMigration): boolean => type === 'INIT' || type.endsWith('BASELINE')
const isUndo = ({ type }: AppliedMigration): boolean => type.startsWith('UNDO')
const isSynthetic = (row: AppliedMigration): boolean => ['SCHEMA', 'BASELINE', 'DELETE'].includes(typeOfRow(row))

const resolvedKey = (migration: Migration): string =>
  migration.version === null ? `R ${migration.description}` : `${typeOf(migration)} ${versionKey(migration.version)}`

const appliedKey = (row: AppliedMigration): string =>
  row.version === null ? `R ${row.description}` : `${typeOfRow(row)} ${versionKey(row.version)}`

/** Rows with a version; a `DELETE` row is left out and marks the row it cancels, as an undo row marks the undone one. */
const markVersioned = (rows: readonly AppliedMigration[]): readonly Entry[] => {
  const entries: { row: AppliedMigration; deleted: boolean; undone: boolean; outOfOrder: boolean }[] = []
  const latest = new Map<string, (typeof entries)[number]>()
  for (const row of rows) {
    const key = row.version === null ? '' : versionKey(row.version)
    const before = latest.get(key)
    if (typeOfRow(row) === 'DELETE' && row.success) {
      if (before) before.deleted = true
      continue
    }
    if (isUndo(row) && row.success && before && !isUndo(before.row)) before.undone = true
    const entry = { row, deleted: false, undone: false, outOfOrder: false }
    entries.push(entry)
    if (!isSynthetic(row)) latest.set(key, entry)
  }
  let last: Version | undefined
  for (const entry of entries) {
    const { version } = entry.row
    if (version === null) continue
    if (last && compareVersions(version, last) <= 0) entry.outOfOrder = true
    else if (counts(entry)) last = version
  }
  return entries
}

/** Rows without a version; here a `DELETE` row stays, too. */
const markRepeatable = (rows: readonly AppliedMigration[]): readonly Entry[] => {
  const entries: { row: AppliedMigration; deleted: boolean; undone: boolean; outOfOrder: boolean }[] = []
  for (const row of rows) {
    entries.push({ row, deleted: false, undone: false, outOfOrder: false })
    if (typeOfRow(row) !== 'DELETE' || !row.success) continue
    const latest = entries.findLast((entry) => !isSynthetic(entry.row) && entry.row.description === row.description)
    if (latest) latest.deleted = true
  }
  return entries
}

/** The highest rank for each description. */
const latestRepeatables = (entries: readonly Entry[]): ReadonlyMap<string, number> =>
  new Map(entries.map(({ row }) => [row.description, row.installedRank]))

const counts = ({ row, deleted, undone }: Entry): boolean =>
  typeOfRow(row) !== 'DELETE' && !deleted && !undone && !isUndo(row)

const findUnapplied = (
  resolved: readonly Migration[],
  versioned: readonly Entry[],
  repeatable: readonly Entry[],
): readonly Migration[] => {
  const done = new Set(versioned.filter(counts).map(({ row }) => appliedKey(row)))
  const latest = latestRepeatables(repeatable)
  const repeated = new Map(
    repeatable
      .filter((entry) => counts(entry) && latest.get(entry.row.description) === entry.row.installedRank)
      .map(({ row }) => [appliedKey(row), row]),
  )
  return resolved.filter((migration) => {
    if (migration.version !== null) return !done.has(resolvedKey(migration))
    const row = repeated.get(resolvedKey(migration))
    return row === undefined || !checksumMatches(migration, row)
  })
}

const makeContext = (
  resolved: readonly Migration[],
  versioned: readonly Entry[],
  unapplied: readonly Migration[],
  { outOfOrder, target }: StateOptions,
): Context => {
  const lastApplied = highestVersion(versioned.filter(counts).flatMap(({ row }) => row.version ?? []))
  return {
    outOfOrder,
    target: parseTarget(target, lastApplied),
    lastResolved: highestVersion(resolved.flatMap(({ version }) => version ?? [])),
    lastApplied,
    appliedBaseline: highestVersion(
      versioned.filter(({ row }) => isBaseline(row)).flatMap(({ row }) => row.version ?? []),
    ),
    pendingBaseline: highestVersion(
      unapplied.filter(({ kind }) => kind === 'baseline').flatMap(({ version }) => version ?? []),
    ),
  }
}

const parseTarget = (target: string | undefined, lastApplied: Version | undefined): Context['target'] => {
  const word = target?.toLowerCase()
  if (target === undefined || word === 'latest') return undefined
  if (word === 'next') return 'next'
  if (word === 'current') return lastApplied ?? 'nothing'
  return parseVersion(target.replace(/\?$/, '')) ?? undefined
}

const unappliedState = (migration: Migration, context: Context): MigrationState => {
  const { version, kind } = migration
  if (version === null) return 'Pending'
  const baseline = context.lastApplied === undefined ? context.pendingBaseline : context.appliedBaseline
  const order = baseline === undefined ? 1 : compareVersions(version, baseline)
  const started = context.lastApplied !== undefined || context.appliedBaseline !== undefined
  if (order < 0) return 'Below Baseline'
  if (order === 0) {
    const isNext =
      kind === 'baseline' && context.pendingBaseline && compareVersions(version, context.pendingBaseline) === 0
    return isNext && !started ? 'Pending' : 'Ignored (Baseline)'
  }
  const { target, lastApplied } = context
  if (target === 'nothing') return 'Above Target'
  if (target !== undefined && target !== 'next' && compareVersions(version, target) > 0) return 'Above Target'
  if (lastApplied && compareVersions(version, lastApplied) < 0 && !context.outOfOrder) return 'Ignored'
  return kind === 'baseline' && started ? 'Ignored' : 'Pending'
}

const appliedState = (
  { row, deleted, undone, outOfOrder }: Entry,
  migration: Migration | null,
  context: Context,
  latest: ReadonlyMap<string, number>,
): MigrationState => {
  const { version, success } = row
  const type = typeOfRow(row)
  if (undone) return 'Undone'
  if (deleted) return 'Deleted'
  if (type === 'DELETE' || isUndo(row)) return 'Success'
  if (isBaseline(row)) return 'Baseline'
  const isLatest = version !== null || latest.get(row.description) === row.installedRank
  if (migration === null && isLatest) {
    if (type === 'SCHEMA') return 'Success'
    const { lastResolved } = context
    const missing = version === null || (lastResolved !== undefined && compareVersions(version, lastResolved) < 0)
    if (missing) return success ? 'Missing' : 'Failed (Missing)'
    return success ? 'Future' : 'Failed (Future)'
  }
  if (!success) return 'Failed'
  if (type === 'SCHEMA') return 'Success'
  if (version === null) {
    if (!isLatest) return 'Superseded'
    return migration && checksumMatches(migration, row) ? 'Success' : 'Outdated'
  }
  return outOfOrder ? 'Out of Order' : 'Success'
}

/** With `target=next` only the first pending versioned migration is one. */
const stopAtFirstPending = (statuses: readonly MigrationStatus[]): readonly MigrationStatus[] => {
  const first = statuses.find(({ state }) => state === 'Pending')?.version
  return statuses.map((status) =>
    first && status.version && compareVersions(status.version, first) > 0 && unstarted.has(status.state)
      ? { ...status, state: 'Above Target' }
      : status,
  )
}

const unstarted: ReadonlySet<MigrationState> = new Set(['Pending', 'Ignored'])

/** By version, an equal baseline after the versioned file; then repeatables by description. */
const compareUnapplied = (a: Migration, b: Migration): number => {
  if (a.version && b.version) {
    return compareVersions(a.version, b.version) || Number(a.kind === 'baseline') - Number(b.kind === 'baseline')
  }
  if (a.version || b.version) return a.version ? -1 : 1
  return byCodePoint(a.description, b.description)
}

/** `1.7 create mine`, or the description of a repeatable migration: how messages name one. */
export const describeStatus = ({ version, description }: Pick<MigrationStatus, 'version' | 'description'>): string =>
  version === null ? description : `${displayVersion(version)} ${description}`.trim()

/**
 * Whether the history table says that this very file was run: its version, with its description or content.
 *
 * @param others a copy among them is told apart by its description
 */
export const isApplied = (
  migration: Migration,
  applied: readonly AppliedMigration[],
  others: readonly Migration[] = [],
): boolean => {
  const { version, description, rawChecksum } = migration
  const rows = applied.filter((row) => row.version !== null).toSorted((a, b) => a.installedRank - b.installedRank)
  return markVersioned(rows).some((entry) => {
    const { row } = entry
    if (version === null || row.version === null || !counts(entry)) return false
    const key = versionKey(row.version)
    if (key !== versionKey(version)) return false
    if (row.description === description) return true
    const isOther = others.some(
      (other) =>
        other.kind === migration.kind &&
        other.version !== null &&
        versionKey(other.version) === key &&
        other.description === row.description,
    )
    return row.checksum === rawChecksum && !isOther
  })
}
