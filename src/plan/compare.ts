import { createHash } from 'node:crypto'
import { matchLayout } from '../catalog/layout.ts'
import { findRelation } from '../catalog/lookup.ts'
import type { Catalog, Column, QualifiedName, Relation, Trigger } from '../catalog/types.ts'
import { recordFunctionName } from '../sql/names.ts'
import { recordFunction } from '../sql/record-function.ts'
import { recordTriggers, type RecordTrigger } from '../sql/triggers.ts'
import {
  versionColumns,
  versionIndexes,
  versionKey,
  type VersionColumn,
  type VersionIndex,
} from '../sql/version-table.ts'
import { versionCommand } from './command.ts'
import { qualify } from './resolve.ts'
import type { DriftCode, Finding, Severity, VersionedTable } from './types.ts'

/** One step that brings a version table and its triggers in line. The order of the union is the order they are taken in. */
export type Change =
  | { readonly kind: 'create' }
  | { readonly kind: 'add-column'; readonly column: VersionColumn }
  | { readonly kind: 'drop-not-null'; readonly column: string }
  | { readonly kind: 'widen-column'; readonly column: VersionColumn }
  | { readonly kind: 'create-index'; readonly index: VersionIndex }
  | { readonly kind: 'secure' }
  | { readonly kind: 'replace-function' }
  | { readonly kind: 'replace-trigger'; readonly trigger: RecordTrigger }
  | { readonly kind: 'enable-trigger'; readonly trigger: RecordTrigger }
  | { readonly kind: 'backfill' }

export interface Comparison {
  readonly table: VersionedTable
  readonly changes: readonly Change[]
  readonly findings: readonly Finding[]
}

/** Sets what a table's history has to be against what is there. Pure; the rows themselves are looked at elsewhere. */
export const compareTable = (table: VersionedTable, catalog: Catalog): Comparison => {
  const report = new Report(table)
  const version = findRelation(catalog, table.version.schema, table.version.name)
  if (version === undefined) {
    report.drift('version-table-missing', qualify(table.version), {
      expected: 'a version table',
      message: `${qualify(table.base)} has no version table`,
      change: { kind: 'create' },
    })
    return report.comparison()
  }
  const layout = {
    transactionColumn: table.transactionColumn,
    endTransactionColumn: table.endTransactionColumn ?? 'end_transaction_id',
    operationColumn: table.operationColumn,
  }
  if (
    (version.kind !== 'table' && version.kind !== 'partitioned table') ||
    matchLayout(version, layout) === undefined
  ) {
    report.drift('version-table-foreign', qualify(version), {
      expected: `key ${versionKey(table).join(', ')} and columns ${Object.values(layout).join(', ')}`,
      message: `${qualify(version)} has the name of a version table, but not its layout: see the option versionTable`,
      fix: null,
    })
    return report.comparison()
  }
  compareColumns(table, version, report)
  compareKey(table, version, report)
  compareIndexes(table, version, report)
  compareRights(table, version, catalog, report)
  if (table.writer === 'trigger') compareRecording(table, catalog, report)
  return report.comparison()
}

class Report {
  readonly #table: VersionedTable
  readonly #changes: Change[] = []
  readonly #findings: Finding[] = []

  constructor(table: VersionedTable) {
    this.#table = table
  }

  drift(
    code: DriftCode,
    object: string,
    found: {
      readonly message: string
      readonly expected?: string | null
      readonly actual?: string | null
      readonly severity?: Severity
      readonly fix?: string | null
      readonly change?: Change
    },
  ): void {
    const { file, line, column } = this.#table.model
    this.#findings.push({
      code,
      severity: found.severity ?? 'error',
      object,
      expected: found.expected ?? null,
      actual: found.actual ?? null,
      message: found.message,
      fix: found.fix === undefined ? versionCommand(this.#table.base) : found.fix,
      where: { file, line, column },
    })
    const { change } = found
    if (change !== undefined && !this.#changes.some((known) => JSON.stringify(known) === JSON.stringify(change))) {
      this.#changes.push(change)
    }
  }

  comparison(): Comparison {
    return { table: this.#table, changes: this.#changes, findings: this.#findings }
  }
}

const compareColumns = (table: VersionedTable, version: Relation, report: Report): void => {
  const expected = versionColumns(table)
  const actual = new Map(version.columns.map((column) => [column.name, column]))
  const key = new Set(versionKey(table))
  for (const column of expected) {
    const object = `${qualify(version)}.${column.name}`
    const found = actual.get(column.name)
    if (found === undefined) {
      report.drift('column-missing', object, {
        expected: column.type,
        message: `${qualify(table.base)} has a column ${column.name} that its version table lacks`,
        ...(key.has(column.name)
          ? { fix: null }
          : { change: { kind: 'add-column', column: { ...column, notNull: column.default !== null } } }),
      })
      continue
    }
    if (column.of !== null) compareType(column, found, object, report)
    if (found.notNull && !key.has(found.name) && column.of !== null) {
      report.drift('column-nullability', object, {
        expected: 'null allowed',
        actual: 'not null',
        message: `${object} forbids null, but versions of old rows may hold it`,
        change: { kind: 'drop-not-null', column: found.name },
      })
    }
  }
  const known = new Set(expected.map(({ name }) => name))
  for (const found of version.columns) {
    if (known.has(found.name) || !found.notNull || found.default !== null || key.has(found.name)) continue
    report.drift('column-extra', `${qualify(version)}.${found.name}`, {
      expected: 'null allowed',
      actual: 'not null',
      message: `${qualify(table.base)} has no column ${found.name} any more, and its version table demands a value: nothing can be recorded`,
      change: { kind: 'drop-not-null', column: found.name },
    })
  }
}

const compareType = (column: VersionColumn, found: Column, object: string, report: Report): void => {
  if (found.type.sql === column.type || column.of === null) return
  const widening = isWidening(found, column.of)
  if (widening === 'already wider') return
  report.drift('column-type', object, {
    expected: column.type,
    actual: found.type.sql,
    message: `${object} is ${found.type.sql}, its base column ${column.type}`,
    ...(widening === 'in place' ? { change: { kind: 'widen-column', column } } : { fix: null }),
  })
}

/** Whether the version column can be given the base column's type without a rewrite; or holds all its values as it is. */
const isWidening = (version: Column, base: Column): 'in place' | 'already wider' | 'no' => {
  const [from, to] = [version.type, base.type]
  const isText = (type: Column['type']): boolean =>
    type.schema === 'pg_catalog' && ['varchar', 'text'].includes(type.name)
  if (isText(from) && isText(to)) {
    const length = (type: Column['type']): number =>
      type.name === 'text' || type.modifier < 0 ? Infinity : type.modifier
    return length(from) <= length(to) ? 'in place' : 'already wider'
  }
  if (from.name === 'numeric' && to.name === 'numeric' && from.schema === 'pg_catalog' && to.schema === 'pg_catalog') {
    const digits = ({ modifier }: Column['type']): { precision: number; scale: number } =>
      modifier < 0
        ? { precision: Infinity, scale: Infinity }
        : { precision: ((modifier - 4) >> 16) & 0xffff, scale: (modifier - 4) & 0x7ff }
    const [a, b] = [digits(from), digits(to)]
    if (b.precision === Infinity || (a.scale === b.scale && a.precision <= b.precision)) return 'in place'
    return a.precision === Infinity || (a.scale === b.scale && a.precision >= b.precision) ? 'already wider' : 'no'
  }
  return 'no'
}

const compareKey = (table: VersionedTable, version: Relation, report: Report): void => {
  const expected = versionKey(table).join(', ')
  const actual = version.primaryKey?.columns.join(', ') ?? null
  if (actual === expected) return
  report.drift('primary-key', qualify(version), {
    expected,
    actual,
    message: `the key of ${qualify(version)} is (${actual ?? 'none'}), not (${expected})`,
    fix: null,
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

const writes = new Set(['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'])

const compareRights = (table: VersionedTable, version: Relation, catalog: Catalog, report: Report): void => {
  const recorder = findFunction(table, catalog)
  for (const { grantee, privileges } of version.grants) {
    const excess = privileges.filter((privilege) => writes.has(privilege))
    if (excess.length === 0 || table.writer === 'orm' || grantee === recorder?.owner) continue
    report.drift('grant', qualify(version), {
      expected: 'nobody but the owner writes history',
      actual: `${grantee}: ${excess.join(', ')}`,
      message: `${grantee} may change history: ${excess.join(', ')} on ${qualify(version)}`,
      change: { kind: 'secure' },
    })
  }
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

const findFunction = (table: VersionedTable, catalog: Catalog): Catalog['functions'][number] | undefined => {
  const name = recordFunctionName(table.version)
  return catalog.functions.find((candidate) => isNamed(candidate, name))
}

const compareRecording = (table: VersionedTable, catalog: Catalog, report: Report): void => {
  const expected = recordFunction(table)
  const actual = findFunction(table, catalog)
  const name = `${qualify(expected)}()`
  if (actual === undefined) {
    // No trigger runs it, so the catalog does not tell whether it exists; replacing it is right either way.
    report.drift('function-outdated', name, {
      expected: name,
      message: `no trigger runs ${name}`,
      change: { kind: 'replace-function' },
    })
  } else {
    if (actual.bodyHash !== createHash('md5').update(expected.body).digest('hex') || !actual.securityDefiner) {
      report.drift('function-outdated', name, {
        expected: actual.securityDefiner ? 'the body versiongen writes' : 'security definer',
        actual: actual.securityDefiner ? 'another body' : 'security invoker',
        message: `${name} is not what versiongen writes for this table: it was edited, or the table or the tool has changed`,
        change: { kind: 'replace-function' },
      })
    }
    compareSettings(expected.settings, actual.settings, name, report)
  }
  for (const trigger of recordTriggers(table)) compareTrigger(table, trigger, report)
}

const compareSettings = (
  expected: readonly string[],
  actual: readonly string[],
  name: string,
  report: Report,
): void => {
  if (expected.join('\0') === actual.map(normalizeSetting).sort().join('\0')) return
  const path = (settings: readonly string[]): string =>
    settings.map(normalizeSetting).find((setting) => setting.startsWith('search_path=')) ?? 'search_path not set'
  const isPath = path(expected) !== path(actual)
  report.drift(isPath ? 'search-path' : 'function-outdated', name, {
    expected: isPath ? path(expected) : expected.join('; '),
    actual: isPath ? path(actual) : actual.join('; '),
    message: `${name} runs with other settings than versiongen gives it`,
    change: { kind: 'replace-function' },
  })
}

const normalizeSetting = (setting: string): string => setting.replaceAll('"', '')

const compareTrigger = (table: VersionedTable, expected: RecordTrigger, report: Report): void => {
  const object = `${qualify(table.base)}.${expected.name}`
  const actual = table.base.triggers.find(({ name }) => name === expected.name)
  if (actual === undefined) {
    report.drift('trigger-missing', object, {
      expected: describeTrigger(expected),
      message: `${qualify(table.base)} has no trigger ${expected.name}: ${expected.events.join(', ')} is not recorded`,
      change: { kind: 'replace-trigger', trigger: expected },
    })
    return
  }
  if (!isSameTrigger(table, expected, actual)) {
    report.drift('trigger-outdated', object, {
      expected: describeTrigger(expected),
      actual: actual.definition,
      message: `the trigger ${expected.name} is not what versiongen writes`,
      change: { kind: 'replace-trigger', trigger: expected },
    })
  }
  if (actual.enabled === 'disabled' || actual.enabled === 'replica') {
    report.drift('trigger-disabled', object, {
      expected: 'enabled',
      actual: actual.enabled,
      message: `the trigger ${expected.name} is ${actual.enabled === 'disabled' ? 'disabled' : 'enabled for replication only'}: ${expected.events.join(', ')} is not recorded`,
      change: { kind: 'enable-trigger', trigger: expected },
    })
  }
}

const isSameTrigger = (table: VersionedTable, expected: RecordTrigger, actual: Trigger): boolean =>
  expected.timing === actual.timing &&
  expected.level === actual.level &&
  expected.events.toSorted().join() === actual.events.toSorted().join() &&
  expected.oldTable === actual.oldTable &&
  expected.newTable === actual.newTable &&
  actual.when === null &&
  actual.columns.length === 0 &&
  isNamed(actual.function, recordFunctionName(table.version))

const describeTrigger = ({ timing, events, level }: RecordTrigger): string =>
  `${timing} ${events.join(' or ')} for each ${level}`

const isNamed = (a: QualifiedName, b: QualifiedName): boolean => a.schema === b.schema && a.name === b.name
