import { findFunction, findHelperFunction, findRelation } from '../catalog/lookup.ts'
import type { Catalog, Column, QualifiedName, Relation, Trigger, StoredFunction } from '../catalog/types.ts'
import { asOfFunction, transactionAtFunction } from '../sql/as-of-functions.ts'
import { fitsFunction } from '../sql/fits-function.ts'
import type { HelperFunction } from '../sql/helper-function.ts'
import { recordFunctionName } from '../sql/names.ts'
import { transactionComment } from '../sql/transaction-table.ts'
import { findExposures } from './compare-transactions.ts'
import { findTransactionObstacles, findVersionObstacles, type Obstacle } from './obstacles.ts'
import { findRecording, findVersionExposures, type Exposure, type Recording } from './owners.ts'
import { qualify } from './resolve.ts'
import type { DriftCode, Finding, VersionedTable } from './types.ts'
import { writesOf } from './writers.ts'

/**
 * What was changed by hand: sets what the migrations make of a table and its history against what a live database has.
 * Of the base table only what its history depends on counts: columns, their types, the key, row security, recording
 * triggers. Of the version table also its indexes and who may write. What else there is, is other people's.
 */
export const compareLive = (table: VersionedTable, made: Catalog, live: Catalog): readonly Finding[] => {
  const report = new Differences(table)
  const base = findRelation(live, table.base.schema, table.base.name)
  if (base === undefined) {
    report.add('table-missing', qualify(table.base), 'a table', null)
  } else {
    compareColumns(table.base, base, 'all', report)
    compareKey(table.base, base, report)
    compareRowSecurity(table.base, base, report)
  }
  const version = table.history?.found
  if (version !== undefined) {
    const found = findRelation(live, version.schema, version.name)
    if (found === undefined) report.add('version-table-missing', qualify(version), 'a version table', null)
    else {
      compareColumns(version, found, 'blocking', report)
      compareKey(version, found, report)
      comparePersistence(version, found, report)
      compareIndexes(version, found, report)
      report.addObstacles(findVersionObstacles(table, found, base), findVersionObstacles(table, version))
      const recording = findRecording(table, live)
      compareGrants(version, found, recording === undefined ? [] : [recording], report)
      if (recording !== undefined) report.addExposures(findVersionExposures(recording, live), version)
      compareRowSecurity(version, found, report)
    }
    const name = recordFunctionName(version)
    if (base !== undefined) compareTriggers(table.base, base, name, report)
    compareFunction(findFunction(made, name), findFunction(live, name), report)
    if (table.asOf === true) compareHelper(asOfFunction(table), made, live, report)
  }
  return report.findings
}

/** The same for a transaction table, which tables share. */
export const compareLiveTransactions = (
  tables: readonly VersionedTable[],
  made: Catalog,
  live: Catalog,
): readonly Finding[] => {
  const seen = new Set<string>()
  const sharing = ({ transaction }: VersionedTable): readonly VersionedTable[] =>
    tables.filter((other) => qualify(other.transaction) === qualify(transaction))
  return tables.flatMap((table) => {
    const object = qualify(table.transaction)
    const expected = findRelation(made, table.transaction.schema, table.transaction.name)
    if (expected === undefined || seen.has(object)) return []
    seen.add(object)
    const found = findRelation(live, table.transaction.schema, table.transaction.name)
    const report = new Differences()
    if (found === undefined) report.add('transaction-table', object, 'a transaction table', null)
    else {
      compareColumns(expected, found, 'blocking', report)
      compareKey(expected, found, report)
    }
    const findings = report.findings.map((finding) => ({ ...finding, code: 'transaction-table' as const }))
    const functions = new Differences()
    const recordings = sharing(table).flatMap((other) => findRecording(other, live) ?? [])
    if (found !== undefined && sharing(table).every(({ writer }) => writer === 'trigger')) {
      const severity = expected.comment === transactionComment ? 'error' : 'warning'
      compareGrants(expected, found, recordings, functions, severity)
    }
    if (found !== undefined) {
      comparePersistence(expected, found, functions)
      functions.addObstacles(findTransactionObstacles(found), findTransactionObstacles(expected))
    }
    functions.addExposures(findExposures(recordings, live), expected)
    if (table.asOf === true) compareHelper(transactionAtFunction(table.transaction), made, live, functions)
    compareHelper(fitsFunction(table.transaction), made, live, functions)
    return [...findings, ...functions.findings]
  })
}

/** Collects findings that say: the migrations make this, the database has that. */
class Differences {
  readonly findings: Finding[] = []
  readonly #where: Finding['where']

  constructor(table?: VersionedTable) {
    this.#where =
      table === undefined ? null : { file: table.model.file, line: table.model.line, column: table.model.column }
  }

  add(
    code: DriftCode,
    object: string,
    expected: string | null,
    actual: string | null,
    severity: Finding['severity'] = 'error',
  ): void {
    this.findings.push({
      code,
      severity,
      object,
      expected,
      actual,
      message:
        actual === null
          ? `the migrations make ${object}, but it is gone from the database`
          : expected === null
            ? `no migration makes ${object}, but the database has it`
            : `${object} is not what the migrations make: somebody changed it in the database`,
      fix: null,
      where: this.#where,
    })
  }

  /** Other than those that the migrations make, too. */
  addObstacles(obstacles: readonly Obstacle[], made: readonly Obstacle[]): void {
    const known = new Set(made.map(({ object }) => object))
    for (const obstacle of obstacles) {
      if (known.has(obstacle.object)) continue
      this.findings.push({ code: 'constraint', expected: null, ...obstacle, fix: null, where: this.#where })
    }
  }

  /** Other than triggers that the migrations make. */
  addExposures(exposures: readonly Exposure[], made: Relation): void {
    const known = new Set(made.triggers.map(({ name }) => `${qualify(made)}.${name}`))
    for (const exposure of exposures) {
      if (exposure.severity === 'error' || !known.has(exposure.object))
        this.findings.push({ code: 'grant', ...exposure, fix: null, where: this.#where })
    }
  }
}

/** `blocking`: columns too many count only where they keep rows from being written. */
const compareColumns = (made: Relation, live: Relation, extra: 'all' | 'blocking', report: Differences): void => {
  const name = qualify(made)
  const found = new Map(live.columns.map((column) => [column.name, column]))
  for (const column of made.columns) {
    const object = `${name}.${column.name}`
    const other = found.get(column.name)
    found.delete(column.name)
    if (other === undefined) {
      report.add('column-missing', object, column.type.sql, null)
      continue
    }
    if (typeOf(other) !== typeOf(column)) report.add('column-type', object, typeOf(column), typeOf(other))
    if (extra === 'blocking' && other.notNull !== column.notNull) {
      report.add('column-nullability', object, nullability(column), nullability(other))
    }
  }
  for (const column of found.values()) {
    const blocks = column.notNull && column.default === null && column.identity === null
    if (extra === 'all' || blocks) report.add('column-extra', `${name}.${column.name}`, null, typeOf(column))
  }
}

const typeOf = ({ type, collation, generated }: Column): string =>
  [
    type.sql,
    ...(collation === null ? [] : [`collate ${collation}`]),
    ...(generated === null ? [] : [`generated ${generated}`]),
  ].join(' ')

const nullability = ({ notNull }: Column): string => (notNull ? 'not null' : 'null allowed')

const compareKey = (made: Relation, live: Relation, report: Differences): void => {
  const describe = ({ primaryKey }: Relation): string | null =>
    primaryKey === null ? null : `(${primaryKey.columns.join(', ')})${primaryKey.deferrable ? ' deferrable' : ''}`
  const [expected, actual] = [describe(made), describe(live)]
  if (expected !== actual) report.add('primary-key', `${qualify(made)}`, expected ?? 'no key', actual ?? 'no key')
}

const compareRowSecurity = (made: Relation, live: Relation, report: Differences): void => {
  const describe = ({ rowSecurity }: Relation): string =>
    rowSecurity.enabled ? (rowSecurity.forced ? 'enabled and forced' : 'enabled') : 'disabled'
  if (describe(made) !== describe(live)) report.add('row-security', qualify(made), describe(made), describe(live))
}

const comparePersistence = (made: Relation, live: Relation, report: Differences): void => {
  if (live.unlogged && !made.unlogged) report.add('unlogged', qualify(made), 'logged', 'unlogged')
}

const compareIndexes = (made: Relation, live: Relation, report: Differences): void => {
  for (const index of made.indexes) {
    if (index.primary) continue
    const alike = live.indexes.some(
      ({ columns, valid, partial, unique }) =>
        valid &&
        partial === index.partial &&
        unique === index.unique &&
        columns.join('\0') === index.columns.join('\0'),
    )
    if (!alike) report.add('index-missing', `${made.schema}.${index.name}`, index.definition, null)
  }
}

const compareGrants = (
  made: Relation,
  live: Relation,
  recordings: readonly Recording[],
  report: Differences,
  severity?: Finding['severity'],
): void => {
  const allowed = new Map(made.grants.map(({ grantee, privileges }) => [grantee, privileges]))
  for (const { grantee, privileges } of writesOf(
    live,
    recordings.map(({ recorder }) => recorder),
  )) {
    const excess = privileges.filter((each) => allowed.get(grantee)?.includes(each) !== true)
    if (excess.length === 0) continue
    report.add(
      'grant',
      qualify(made),
      'nobody but the owner writes history',
      `${grantee}: ${excess.join(', ')}`,
      severity,
    )
  }
}

const compareTriggers = (made: Relation, live: Relation, recorder: QualifiedName, report: Differences): void => {
  const records = ({ function: called, inherited }: Trigger): boolean =>
    !inherited && called.schema === recorder.schema && called.name === recorder.name
  const found = new Map(live.triggers.filter(({ inherited }) => !inherited).map((trigger) => [trigger.name, trigger]))
  for (const trigger of made.triggers.filter(records)) {
    const object = `${qualify(made)}.${trigger.name}`
    const other = found.get(trigger.name)
    found.delete(trigger.name)
    if (other === undefined) {
      report.add('trigger-missing', object, trigger.definition, null)
      continue
    }
    if (describeTrigger(other) !== describeTrigger(trigger)) {
      report.add('trigger-outdated', object, trigger.definition, other.definition)
    }
    if (isOn(other) !== isOn(trigger)) {
      report.add('trigger-disabled', object, isOn(trigger) ? 'enabled' : trigger.enabled, other.enabled)
    }
  }
  for (const trigger of found.values()) {
    if (records(trigger)) report.add('trigger-outdated', `${qualify(made)}.${trigger.name}`, null, trigger.definition)
  }
}

const isOn = ({ enabled }: Trigger): boolean => enabled === 'origin' || enabled === 'always'

/** Without the definition, whose text may differ between versions of Postgres. */
const describeTrigger = ({
  timing,
  level,
  events,
  columns,
  oldTable,
  newTable,
  when,
  function: called,
}: Trigger): string =>
  JSON.stringify([timing, level, events.toSorted(), columns, oldTable, newTable, when, called.schema, called.name])

const compareHelper = (helper: HelperFunction, made: Catalog, live: Catalog, report: Differences): void => {
  const [expected, found] = [findHelperFunction(made, helper), findHelperFunction(live, helper)]
  if (expected === undefined) return
  if (found === undefined) report.add('function-outdated', `${qualify(helper)}(${helper.takes})`, 'a function', null)
  else compareFunction(expected, found, report, helper.takes)
}

/** Only functions that some trigger runs are known: one that no trigger runs any more shows in its triggers. */
const compareFunction = (
  made: StoredFunction | undefined,
  live: StoredFunction | undefined,
  report: Differences,
  takes = '',
): void => {
  if (made === undefined || live === undefined) return
  const object = `${qualify(made)}(${takes})`
  if (made.bodyHash !== live.bodyHash)
    report.add('function-outdated', object, `md5 ${made.bodyHash}`, `md5 ${live.bodyHash}`)
  if (made.securityDefiner !== live.securityDefiner) {
    const describe = ({ securityDefiner }: StoredFunction): string =>
      `security ${securityDefiner ? 'definer' : 'invoker'}`
    report.add('function-outdated', object, describe(made), describe(live))
  }
  if (made.behaviour !== live.behaviour) report.add('function-outdated', object, made.behaviour, live.behaviour)
  const settings = ({ settings: all }: StoredFunction, isPath: boolean): string =>
    all
      .map((each) => each.replaceAll('"', ''))
      .filter((each) => each.startsWith('search_path=') === isPath)
      .join('; ') || 'not set'
  for (const isPath of [true, false]) {
    const [expected, actual] = [settings(made, isPath), settings(live, isPath)]
    if (expected !== actual) report.add(isPath ? 'search-path' : 'function-outdated', object, expected, actual)
  }
  const isPublic = ({ grants }: StoredFunction): boolean => grants.some(({ grantee }) => grantee === 'PUBLIC')
  if (isPublic(live) && !isPublic(made))
    report.add('grant', object, 'nobody but the owner executes it', 'PUBLIC: EXECUTE')
}
