import type { VersionedDefaults } from '../config/types.ts'
import { layoutFor, matchLayout, recogniseHistory } from '../catalog/layout.ts'
import { findRelation } from '../catalog/lookup.ts'
import { nearestNames } from '../nearest-names.ts'
import type { Catalog, Column, QualifiedName, Relation } from '../catalog/types.ts'
import type { Model } from '../models/types.ts'
import { transactionAtFunction } from '../sql/as-of-functions.ts'
import { fitsFunction } from '../sql/fits-function.ts'
import { deriveName } from '../sql/names.ts'
import { qualified } from '../sql/quote.ts'
import { versionType } from '../sql/column-type.ts'
import { findTaken, isAsWritten } from './helper-functions.ts'
import { findHistory, findWriters } from './existing-history.ts'
import type { ColumnMatch } from './match-columns.ts'
import { compareTypes } from './type-change.ts'
import { resolveTransactionTable } from './transaction-table.ts'
import type { Finding, VersionedTable } from './types.ts'

export interface Resolved {
  readonly model: Model
  /** Undefined when the findings say why there can be no history. */
  readonly table: VersionedTable | undefined
  readonly findings: readonly Finding[]
}

/** Everything besides model and catalog that decides what a history looks like. */
export interface PlanOptions {
  readonly versioned: VersionedDefaults
  /** Perhaps with a schema, split at the first dot. */
  readonly transactionTable: string
  /** Default true. */
  readonly asOfFunctions?: boolean
}

/**
 * Finds the model's base table and works out what its history has to be.
 *
 * @param models all models of the project
 */
export const resolveModel = (
  model: Model,
  catalog: Catalog,
  options: PlanOptions,
  models: readonly Model[] = [model],
): Resolved => {
  const base = findRelation(catalog, model.schema, model.table)
  const name = [model.schema, model.table].filter((part) => part !== undefined).join('.')
  const where = { file: model.file, line: model.line, column: model.column }
  const refuse = (code: Finding['code'], message: string, actual: string | null = null): Resolved => ({
    model,
    table: undefined,
    findings: [
      {
        code,
        severity: 'error',
        object: base ? qualify(base) : name,
        expected: code === 'table-no-key' ? 'a primary key' : 'a table',
        actual,
        message,
        fix: null,
        where,
      },
    ],
  })
  if (base === undefined) {
    const near = nearestNames(name, namesOf(catalog, model.schema))
    const hint = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`
    return refuse('table-missing', `model ${model.name} stands for ${name}, but there is no such table${hint}`)
  }
  if (base.kind !== 'table' && base.kind !== 'partitioned table') {
    return refuse('table-missing', `${qualify(base)} is a ${base.kind}; only tables have a history`, base.kind)
  }
  if (base.partitionOf !== null) {
    const parent = qualify(base.partitionOf)
    return refuse('table-missing', `${qualify(base)} is a partition; mark the model of ${parent} instead`, 'partition')
  }
  const part = whichPartOfHistory(base, catalog, options)
  if (part !== undefined) {
    return refuse(
      'table-missing',
      `${qualify(base)} is ${part} and can have none of its own: take the mark from the model ${model.name}`,
      part,
    )
  }
  if (base.primaryKey === null) {
    return refuse('table-no-key', `${qualify(base)} has no primary key, so its rows cannot be told apart in history`)
  }
  return resolveTable(model, base, base.primaryKey.columns, catalog, options, models)
}

/** What a table is to the history of others, which recording its changes would disturb. */
const whichPartOfHistory = (
  base: Relation,
  catalog: Catalog,
  { versioned, transactionTable }: PlanOptions,
): string | undefined => {
  const { table: transaction } = resolveTransactionTable(catalog, transactionTable, base)
  if (transaction?.exists === true && qualify(transaction) === qualify(base))
    return 'the transaction table of histories'
  const layout = layoutFor(versioned)
  const [writer] = findWriters(catalog, base)
  const of =
    writer ??
    (matchLayout(base, layout) && recogniseHistory(catalog, { layouts: [layout] }).versionTables.get(base.oid)?.base)
  return of == null ? undefined : `the history of ${qualify(of)}`
}

const resolveTable = (
  model: Model,
  base: Relation,
  keyNames: readonly string[],
  catalog: Catalog,
  { versioned: defaults, transactionTable, asOfFunctions = true }: PlanOptions,
  models: readonly Model[],
): Resolved => {
  const options = { ...defaults, ...model.options }
  const where = { file: model.file, line: model.line, column: model.column }
  const findings: Finding[] = []
  const fail = (code: Finding['code'], message: string): void => {
    findings.push({
      code,
      severity: 'error',
      object: qualify(base),
      expected: null,
      actual: null,
      message,
      fix: null,
      where,
    })
  }
  const columns = new Map(base.columns.map((column) => [column.name, column]))
  for (const name of [...(model.options.include ?? []), ...(model.options.exclude ?? [])]) {
    if (columns.has(name)) continue
    const [near] = nearestNames(name, columns.keys())
    fail('model-column', `${qualify(base)} has no column ${name}${near === undefined ? '' : `; did you mean ${near}?`}`)
  }
  const included = options.include === undefined ? undefined : new Set(options.include)
  const excluded = new Set(options.exclude ?? [])
  const key = keyNames.flatMap((name) => columns.get(name) ?? [])
  for (const { name } of key) {
    if (excluded.has(name))
      fail('model-column', `${name} is part of the key of ${qualify(base)} and cannot be excluded`)
  }
  const inKey = new Set(keyNames)
  const isKept = (column: Column): boolean =>
    inKey.has(column.name) ||
    // A virtual column holds nothing of its own, and triggers do not see its value.
    (column.generated !== 'virtual' &&
      !excluded.has(column.name) &&
      (included === undefined || included.has(column.name)))
  const kept = base.columns.filter(isKept)

  const transactionColumn = options.transactionColumn ?? 'transaction_id'
  const endTransactionColumn =
    options.strategy === 'subquery' ? null : (options.endTransactionColumn ?? 'end_transaction_id')
  const operationColumn = options.operationColumn ?? 'operation_type'
  for (const [option, name] of [
    ['transactionColumn', transactionColumn],
    ['endTransactionColumn', endTransactionColumn],
    ['operationColumn', operationColumn],
  ] as const) {
    if (name !== null && kept.some((column) => column.name === name)) {
      fail('model-column', `${qualify(base)} has a column ${name} of its own: name another one in the option ${option}`)
    }
  }
  if (options.trackModified === true) {
    const names = new Set(kept.map(({ name }) => name))
    for (const name of names) {
      if (names.has(`${name}_mod`))
        fail('model-column', `trackModified needs the name ${name}_mod, which ${qualify(base)} has already`)
    }
  }
  const version = versionTableName(base, options.versionTable ?? '%s_version')
  if (version.schema === base.schema && version.name === base.name) {
    fail(
      'version-table-foreign',
      `the version table of ${qualify(base)} cannot be the table itself: see the option versionTable`,
    )
  }
  const transaction = resolveTransactionTable(catalog, transactionTable, base)
  if (transaction.problem !== undefined) {
    const taken = catalog.relations.find((relation) => qualify(relation) === transaction.object)
    findings.push({
      code: 'transaction-table',
      severity: 'error',
      object: transaction.object,
      expected: 'columns id, issued_at, remote_addr, user_id',
      actual: taken === undefined ? null : `columns ${taken.columns.map((column) => column.name).join(', ')}`,
      message: transaction.problem,
      fix: null,
      where: null,
    })
  }
  if (transaction.table === undefined || findings.some(({ severity }) => severity === 'error')) {
    return { model, table: undefined, findings }
  }
  const history = findHistory(catalog, {
    base,
    version,
    columns: kept,
    transactionColumn,
    endTransactionColumn,
    operationColumn,
    renamed: options.renamed === undefined ? undefined : new Map(Object.entries(options.renamed)),
  })
  const mirrored = history?.isHistory === true ? mirrorColumns(kept, history.match) : kept
  const table: VersionedTable = {
    model,
    base,
    key: key.map((column) => mirrored.find(({ name }) => name === column.name) ?? column),
    columns: mirrored,
    version,
    transaction: transaction.table,
    transactionColumn,
    endTransactionColumn,
    operationColumn,
    trackModified: options.trackModified ?? false,
    writer: options.writer ?? 'trigger',
    context: options.context ?? 'allow',
    replication: options.replication ?? 'ignore',
    indexes: options.indexes ?? 'minimal',
    asOf: asOfFunctions,
    ...(history === undefined ? {} : { history }),
  }
  const taken = findTaken(table, catalog)
  if (taken.length > 0) return { model, table: undefined, findings: [...findings, ...taken] }
  const findsInstants = isAsWritten(transactionAtFunction(transaction.table), catalog)
  const knowsFits = isAsWritten(fitsFunction(transaction.table), catalog)
  return {
    model,
    table: { ...table, transaction: { ...transaction.table, findsInstants, knowsFits } },
    findings: [...findings, ...unsupported(table, catalog, models), ...losesActor(table)],
  }
}

/** The columns under the types they have, or are about to have, in history; without those nobody is sure about. */
const mirrorColumns = (columns: readonly Column[], { keeps, doubts }: ColumnMatch): readonly Column[] => {
  const doubtful = new Set(doubts.map(({ column }) => column.name))
  return columns
    .filter(({ name }) => !doubtful.has(name))
    .map((column) => {
      const version = keeps.get(column.name)
      if (version === undefined || version.type.sql === versionType(column).sql) return column
      const change = compareTypes(version.type, versionType(column))
      const type = change.kind === 'convert' ? change.to : version.type
      const collation = type.oid === column.type.oid ? column.collation : version.collation
      return { ...column, type, collation }
    })
}

/** What would be recorded wrongly or not at all; better said than found out. */
const unsupported = (
  { base, model }: VersionedTable,
  catalog: Catalog,
  models: readonly Model[],
): readonly Finding[] => {
  const warn = (code: Finding['code'], message: string): Finding => ({
    code,
    severity: 'warning',
    object: qualify(base),
    expected: null,
    actual: null,
    message,
    fix: null,
    where: { file: model.file, line: model.line, column: model.column },
  })
  const findings: Finding[] = []
  if (base.primaryKey?.deferrable === true) {
    findings.push(
      warn(
        'primary-key',
        `the primary key of ${qualify(base)} is deferrable: a key that two rows share between two statements cannot be recorded`,
      ),
    )
  }
  const bare = base.inheritedBy.filter((child) => {
    const relation = findRelation(catalog, child.schema, child.name)
    const hasModel = models.some(({ schema, table }) => findRelation(catalog, schema, table) === relation)
    return relation?.triggers.length === 0 && !hasModel
  })
  if (bare.length > 0) {
    findings.push(
      warn(
        'trigger-missing',
        `rows of ${bare.map(qualify).join(', ')} are not in the history of ${qualify(base)}, which they inherit from: give them models`,
      ),
    )
  }
  return findings
}

/** A demand for an actor that is kept nowhere. */
const losesActor = ({ transaction, context, writer }: VersionedTable): readonly Finding[] => {
  if (transaction.userId !== null || context === 'allow' || writer === 'orm') return []
  const object = qualify(transaction)
  return [
    {
      code: 'transaction-table',
      severity: context === 'refuse' ? 'error' : 'warning',
      object,
      expected: 'a column user_id',
      actual: null,
      message: `context: '${context}' demands an actor, and ${object} has no column user_id to keep one. Add it in a migration of your own: alter table ${qualified(transaction)} add column user_id text`,
      fix: null,
      where: null,
    },
  ]
}

/** The version table's name from a pattern such as `%s_version` or `audit.%s_version`. */
export const versionTableName = (base: QualifiedName, pattern: string): QualifiedName => {
  const dot = pattern.indexOf('.')
  const schema = dot < 0 ? base.schema : pattern.slice(0, dot)
  const name = dot < 0 ? pattern : pattern.slice(dot + 1)
  const [before = '', ...after] = name.split('%s')
  return after.length === 0 ? { schema, name } : { schema, name: deriveName(before + base.name, after.join(base.name)) }
}

export const qualify = ({ schema, name }: QualifiedName): string => `${schema}.${name}`

const namesOf = (catalog: Catalog, schema: string | undefined): readonly string[] =>
  catalog.relations
    .filter(({ kind }) => kind === 'table' || kind === 'partitioned table')
    .map((relation) =>
      schema === undefined && catalog.searchPath.includes(relation.schema) ? relation.name : qualify(relation),
    )
