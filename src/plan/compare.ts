import type { matchLayout } from '../catalog/layout.ts'
import { findFunction } from '../catalog/lookup.ts'
import type { Catalog, QualifiedName, Relation } from '../catalog/types.ts'
import { asOfFunctionName } from '../sql/as-of-functions.ts'
import { recordFunctionName } from '../sql/names.ts'
import { replicationFunctionName } from '../sql/replication.ts'
import { versionIndexes, versionKey, versionTableComment } from '../sql/version-table.ts'
import { compareHelpers, findAsOfFunction } from './helper-functions.ts'
import type { FunctionRename } from './changes.ts'
import { versionCommand } from './command.ts'
import { compareColumns } from './compare-columns.ts'
import { compareModel } from './compare-model.ts'
import { compareRecording } from './compare-recording.ts'
import type { ExistingHistory } from './existing-history.ts'
import { findRecording, findVersionExposures } from './owners.ts'
import { findVersionObstacles } from './obstacles.ts'
import { Report, type Comparison } from './report.ts'
import { qualify } from './resolve.ts'
import type { VersionedTable } from './types.ts'
import { writesOf } from './writers.ts'

export type { Comparison } from './report.ts'

/** Sets what a table's history has to be against what is there. Pure; the rows themselves are looked at elsewhere. */
export const compareTable = (table: VersionedTable, catalog: Catalog): Comparison => {
  const report = new Report(table)
  compareModel(table, report)
  const { history } = table
  if (history === undefined) {
    report.drift('version-table-missing', qualify(table.version), {
      expected: 'a version table',
      message: `${qualify(table.base)} has no version table`,
      change: { kind: 'create' },
    })
    return report.comparison()
  }
  if (history.keptFor !== undefined) {
    const other = qualify(history.keptFor)
    report.drift('version-table-foreign', qualify(history.found), {
      expected: `the history of ${qualify(table.base)}`,
      actual: `the history of ${other}`,
      message: `${qualify(history.found)} is written by triggers of ${other}. If that is this table's former self, drop its triggers; if it was called ${table.base.name} before, run ${versionCommand(history.keptFor)} first`,
      fix: null,
    })
    return report.comparison()
  }
  if (!history.isHistory) {
    report.drift('version-table-foreign', qualify(history.found), {
      expected: `key ${versionKey(table).join(', ')} and columns ${Object.values(layoutOf(table)).join(', ')}`,
      actual: `${history.found.kind}, key ${history.found.primaryKey?.columns.join(', ') ?? 'none'}`,
      message: `${qualify(history.found)} has the name of a version table, but not its layout: see the option versionTable`,
      fix: null,
    })
    return report.comparison()
  }
  const version = history.relation
  compareName(table, history, catalog, report)
  compareColumns(table, history, report)
  compareKey(table, version, report)
  comparePersistence(version, report)
  compareIntervals(history, table, report)
  compareIndexes(table, version, report)
  for (const { object, ...obstacle } of findVersionObstacles(table, version)) {
    report.drift('constraint', object, { ...obstacle, fix: null })
  }
  compareRights(table, version, catalog, report)
  compareRecording(table, history, catalog, report)
  compareHelpers(table, history, catalog, report)
  describe(table, history, report)
  return report.comparison()
}

const layoutOf = (table: VersionedTable): Parameters<typeof matchLayout>[1] => ({
  transactionColumn: table.transactionColumn,
  endTransactionColumn: table.endTransactionColumn ?? 'end_transaction_id',
  operationColumn: table.operationColumn,
})

const compareName = (table: VersionedTable, { found }: ExistingHistory, catalog: Catalog, report: Report): void => {
  if (qualify(found) === qualify(table.version)) return
  report.drift('version-table-missing', qualify(table.version), {
    expected: qualify(table.version),
    actual: qualify(found),
    message: `${qualify(table.base)} has its history in ${qualify(found)}, ${found.name === table.version.name ? 'in another schema' : 'under a former name'}`,
    change: { kind: 'rename-table', from: found, functions: renamedFunctions(table, found, catalog) },
  })
}

/** The functions under the former name of their version table. */
const renamedFunctions = (table: VersionedTable, found: QualifiedName, catalog: Catalog): readonly FunctionRename[] => [
  ...[recordFunctionName, replicationFunctionName].flatMap((nameOf): readonly FunctionRename[] => {
    const from = nameOf(found)
    return findFunction(catalog, from) === undefined ? [] : [{ takes: '', from, to: nameOf(table.version) }]
  }),
  ...(table.asOf === true && findAsOfFunction(found, catalog) !== undefined
    ? [{ takes: 'timestamptz', from: asOfFunctionName(found), to: asOfFunctionName(table.version) } as const]
    : []),
]

/** Versions whose intervals nobody kept get them back. */
const compareIntervals = ({ found }: ExistingHistory, table: VersionedTable, report: Report): void => {
  if (table.endTransactionColumn === null || !/, without intervals;/.test(found.comment ?? '')) return
  report.add({ kind: 'close-chains' })
}

/** A comment that is somebody else's stays. */
const describe = (table: VersionedTable, { found, relation, match }: ExistingHistory, report: Report): void => {
  if (report.changes.length === 0 || !/^(Versions of .*)?$/s.test(found.comment ?? '')) return
  const inBase = new Set(table.base.columns.map(({ number }) => number))
  const kept = new Map(table.columns.map(({ name, number }) => [name, number]))
  const numbers = found.columns.map(({ name }, i) => {
    const before = match.numbers.get(name)
    const now = kept.get(relation.columns[i]?.name ?? '')
    return now ?? (before === undefined || inBase.has(before) ? null : before)
  })
  const added = report.changes.flatMap((change) =>
    change.kind === 'add-column' ? [kept.get(change.column.name) ?? null] : [],
  )
  const all = [...numbers, ...added]
  if (versionTableComment(table, all) !== found.comment) report.add({ kind: 'describe', numbers: all })
}

const compareKey = (table: VersionedTable, version: Relation, report: Report): void => {
  const expected = versionKey(table).join(', ')
  const actual = version.primaryKey?.columns.join(', ') ?? null
  if (actual === expected) return
  const from = (version.primaryKey?.columns ?? versionKey(table)).filter((name) => name !== table.transactionColumn)
  report.drift('primary-key', qualify(version), {
    expected,
    actual,
    message:
      actual === null
        ? `${qualify(version)} has no primary key: it has to be (${expected})`
        : `the key of ${qualify(table.base)} is (${table.key.map(({ name }) => name).join(', ')}), but its history has the key (${actual})`,
    change: { kind: 'rekey', from, constraint: version.primaryKey?.name ?? '' },
  })
  // Rows that differ only in what is new in the key were recorded as one until now.
  if (table.writer === 'orm' || table.key.every(({ name }) => from.includes(name))) return
  report.add({ kind: 'backfill' })
  report.add({ kind: 'catch-up' })
}

const comparePersistence = (version: Relation, report: Report): void => {
  if (!version.unlogged) return
  report.drift('unlogged', qualify(version), {
    expected: 'logged',
    actual: 'unlogged',
    message: `${qualify(version)} is unlogged: a crash empties it, and standbys have nothing of it`,
    change: { kind: 'set-logged' },
  })
}

const compareIndexes = (table: VersionedTable, version: Relation, report: Report): void => {
  for (const index of versionIndexes(table)) {
    const exists = version.indexes.some(
      ({ columns, valid, partial }) => valid && !partial && columns.join('\0') === index.columns.join('\0'),
    )
    if (exists) continue
    report.drift('index-missing', qualify(version), {
      expected: index.columns.join(', '),
      message: `${qualify(version)} has no index on (${index.columns.join(', ')})`,
      change: { kind: 'create-index', index },
    })
  }
}

const compareRights = (table: VersionedTable, version: Relation, catalog: Catalog, report: Report): void => {
  const recorder =
    table.history === undefined ? undefined : findFunction(catalog, recordFunctionName(table.history.found))
  const keptBy = recorder === undefined || recorder.owner === version.owner ? [] : [recordFunctionName(table.version)]
  for (const { grantee, privileges } of table.writer === 'orm' ? [] : writesOf(version, [recorder])) {
    const excess = privileges.join(', ')
    report.drift('grant', qualify(version), {
      expected: 'nobody but the owner writes history',
      actual: `${grantee}: ${excess}`,
      message: `${grantee} may change history: ${excess} on ${qualify(version)}`,
      change: { kind: 'revoke-writes', table: table.version, keptBy },
    })
  }
  const recording = findRecording(table, catalog)
  const exposures = recording === undefined ? [] : findVersionExposures(recording, catalog)
  for (const { object, ...exposure } of exposures) report.drift('grant', object, { ...exposure, fix: null })
  if (recorder !== undefined && recorder.grants.some(({ grantee }) => grantee === 'PUBLIC')) {
    report.drift('grant', `${qualify(recorder)}()`, {
      expected: 'nobody may attach it to a table of their own',
      actual: 'PUBLIC: EXECUTE',
      message: `everybody may execute ${qualify(recorder)}(), and so write history through a table of their own`,
      change: { kind: 'replace-function' },
    })
  }
  if (table.base.rowSecurity.enabled && !version.rowSecurity.enabled) {
    report.drift('row-security', qualify(version), {
      expected: 'row security enabled',
      actual: 'disabled',
      message: `row security governs ${qualify(table.base)}, but not its history`,
      change: { kind: 'secure' },
    })
  }
}
