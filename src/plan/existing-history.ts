import { continuumLayout, matchLayout } from '../catalog/layout.ts'
import { findRelation } from '../catalog/lookup.ts'
import type { Catalog, Column, QualifiedName, Relation } from '../catalog/types.ts'
import { deriveName, recordFunctionName } from '../sql/names.ts'
import { comment } from '../sql/text.ts'
import { matchColumns, type ColumnMatch } from './match-columns.ts'

/** The version table that a base table has already, perhaps under former names. */
export interface ExistingHistory {
  /** As it is. */
  readonly found: Relation
  /** As it is once {@link renames} are done: under the names it has to have. */
  readonly relation: Relation
  readonly renames: readonly ColumnRename[]
  readonly match: ColumnMatch
  /** Columns of {@link relation} whose base columns are gone. */
  readonly former: readonly Column[]
  /** Whether it has the columns and the key of a version table; nothing is done with one that has not. */
  readonly isHistory: boolean
  /** Another table whose triggers write it: it is that table's history. */
  readonly keptFor: Relation | undefined
}

export interface ColumnRename {
  readonly from: string
  readonly to: string
  /**
   * `base`: the base column was renamed. `own`: an option was changed. `aside`: its name is another column's now.
   * `between`: to make room for a rename that goes round in a circle.
   */
  readonly why: 'base' | 'own' | 'aside' | 'between'
  /** The name it had, when {@link from} is one between. */
  readonly was?: string
}

/** What a version table is looked for by. */
export interface HistoryNames {
  readonly base: Relation
  readonly version: QualifiedName
  /** The base columns to keep. */
  readonly columns: readonly Column[]
  readonly transactionColumn: string
  readonly endTransactionColumn: string | null
  readonly operationColumn: string
  /** Old name to new; undefined when the model says nothing about names. */
  readonly renamed: ReadonlyMap<string, string> | undefined
}

export const findHistory = (catalog: Catalog, names: HistoryNames): ExistingHistory | undefined => {
  const found = findRelation(catalog, names.version.schema, names.version.name) ?? findFormer(catalog, names)
  if (found === undefined) return undefined
  const own = findOwnColumns(found, names)
  const writers = findWriters(catalog, found)
  const keptFor = writers.includes(names.base) ? undefined : writers[0]
  // One without a primary key is a version table still if our triggers write it.
  const key = found.primaryKey ?? (writers.includes(names.base) ? namedKey(names) : null)
  const isHistory =
    isTable(found) &&
    keptFor === undefined &&
    own !== undefined &&
    matchLayout({ ...found, primaryKey: key }, own.layout) !== undefined
  const match = matchColumns(
    names.base,
    names.columns,
    found,
    new Set([...(own?.names ?? []), ...flagNames(found)]),
    names.renamed,
  )
  const renames = isHistory ? [...(own?.renames ?? []), ...columnRenames(found, match)] : []
  const relation = withNames(found, names.version, renames)
  const former = found.columns.flatMap((column, i) => (match.former.has(column) ? (relation.columns[i] ?? []) : []))
  return { found, relation, renames, match, former, isHistory, keptFor }
}

const isTable = ({ kind }: Relation): boolean => kind === 'table' || kind === 'partitioned table'

/**
 * A table that was renamed or moved takes its triggers along, and they still run the function of its former history. A
 * version table that was renamed or moved says in its comment whose it is, and the triggers still run the function it had.
 */
const findFormer = (catalog: Catalog, { base, version }: HistoryNames): Relation | undefined => {
  const functions = base.triggers.filter(({ inherited }) => !inherited).map((trigger) => trigger.function)
  const isRun = ({ schema, name }: QualifiedName): boolean =>
    functions.some((each) => each.schema === schema && each.name === name)
  if (functions.length === 0) return undefined
  const tables = catalog.relations.filter(isTable)
  const former = tables.find((relation) => isRun(recordFunctionName(relation)))
  if (former !== undefined || !isRun(recordFunctionName(version))) return former
  const described = `Versions of ${comment(`${base.schema}.${base.name}`)}, `
  return tables.find((relation) => relation.comment?.startsWith(described))
}

/** The tables with triggers that run the recording function of a version table. */
export const findWriters = (catalog: Catalog, version: Relation): readonly Relation[] => {
  const known = writers.get(catalog) ?? indexWriters(catalog)
  writers.set(catalog, known)
  const { schema, name } = recordFunctionName(version)
  return known.get(`${schema}\0${name}`) ?? []
}

const writers = new WeakMap<Catalog, ReadonlyMap<string, readonly Relation[]>>()

const indexWriters = (catalog: Catalog): ReadonlyMap<string, readonly Relation[]> => {
  const byFunction = new Map<string, Relation[]>()
  for (const relation of catalog.relations) {
    for (const { inherited, function: called } of relation.triggers) {
      const key = `${called.schema}\0${called.name}`
      const known = byFunction.get(key) ?? []
      if (!inherited && !known.includes(relation)) byFunction.set(key, [...known, relation])
    }
  }
  return byFunction
}

const namedKey = ({ base, transactionColumn }: HistoryNames): Relation['primaryKey'] => ({
  name: '',
  columns: [...(base.primaryKey?.columns ?? []), transactionColumn],
  deferrable: false,
})

interface OwnColumns {
  readonly layout: Parameters<typeof matchLayout>[1]
  readonly names: readonly string[]
  readonly renames: readonly ColumnRename[]
}

/** The columns that make it a version table: by the names they have to have, by Continuum's, or by what they are. */
const findOwnColumns = (
  version: Relation,
  { base, transactionColumn, endTransactionColumn, operationColumn }: HistoryNames,
): OwnColumns | undefined => {
  const inBase = new Set(base.columns.map(({ name }) => name))
  const key = new Set(version.primaryKey?.columns)
  const candidates = (names: readonly string[], isOne: (column: Column) => boolean): Column | undefined => {
    for (const name of names) {
      const column = version.columns.find((each) => each.name === name)
      if (column !== undefined) return column
    }
    const alike = version.columns.filter((column) => !inBase.has(column.name) && isOne(column))
    return alike.length === 1 ? alike[0] : undefined
  }
  const last = version.primaryKey?.columns.at(-1)
  const isInteger = ({ type }: Column): boolean => ['int2', 'int4', 'int8'].includes(type.name)
  const transaction = candidates([transactionColumn], ({ name }) => name === last)
  const operation = candidates(
    [operationColumn, continuumLayout.operationColumn],
    (column) => column.notNull && !key.has(column.name) && isInteger(column),
  )
  const end = candidates(
    [endTransactionColumn ?? continuumLayout.endTransactionColumn, continuumLayout.endTransactionColumn],
    (column) => !column.notNull && column.type.oid === transaction?.type.oid && column.number > transaction.number,
  )
  if (transaction === undefined || operation === undefined) return undefined
  const rename = (column: Column | undefined, to: string | null): readonly ColumnRename[] =>
    column === undefined || to === null || column.name === to ? [] : [{ from: column.name, to, why: 'own' }]
  return {
    layout: {
      transactionColumn: transaction.name,
      endTransactionColumn: end?.name ?? continuumLayout.endTransactionColumn,
      operationColumn: operation.name,
    },
    names: [transaction, operation, ...(end === undefined ? [] : [end])].map(({ name }) => name),
    renames: [
      ...rename(transaction, transactionColumn),
      ...rename(end, endTransactionColumn),
      ...rename(operation, operationColumn),
    ],
  }
}

/** The flags of `trackModified`, also where it has been switched off. */
const flagNames = (version: Relation): readonly string[] => {
  const names = new Set(version.columns.map(({ name }) => name))
  const isFlag = ({ name, type }: Column): boolean => type.name === 'bool' && name.endsWith('_mod')
  return version.columns
    .filter((column) => isFlag(column) && names.has(column.name.slice(0, -'_mod'.length)))
    .map(({ name }) => name)
}

const columnRenames = (version: Relation, { keeps, setAside }: ColumnMatch): readonly ColumnRename[] => {
  const taken = new Set([...version.columns.map(({ name }) => name), ...keeps.keys()])
  const aside = setAside.map(({ name }): ColumnRename => {
    let to = deriveName(name, '_dropped')
    for (let i = 2; taken.has(to); i++) to = deriveName(name, `_dropped${i}`)
    taken.add(to)
    return { from: name, to, why: 'aside' }
  })
  const renamed = [...keeps].flatMap(([name, column]): readonly ColumnRename[] => {
    if (column.name === name) return []
    const [flag, flagNow] = [deriveName(column.name, '_mod'), deriveName(name, '_mod')]
    const hasFlag = version.columns.some((each) => each.name === flag && each.type.name === 'bool')
    const base: ColumnRename = { from: column.name, to: name, why: 'base' }
    return hasFlag && !taken.has(flagNow) ? [base, { from: flag, to: flagNow, why: 'own' }] : [base]
  })
  return [...aside, ...inOrder(renamed)]
}

/** So that no column is renamed to a name that another still has; one of each circle goes by a name of its own first. */
const inOrder = (renames: readonly ColumnRename[]): readonly ColumnRename[] => {
  const waiting = [...renames]
  const ordered: ColumnRename[] = []
  while (waiting.length > 0) {
    const free = waiting.findIndex(({ to }) => !waiting.some(({ from }) => from === to))
    const [next] = waiting.splice(Math.max(free, 0), 1)
    if (next === undefined) break
    if (free >= 0) {
      ordered.push(next)
      continue
    }
    const between = deriveName(next.from, '_renamed')
    ordered.push({ ...next, to: between, why: 'between' })
    waiting.push({ ...next, from: between, was: next.from })
  }
  return ordered
}

const withNames = (found: Relation, name: QualifiedName, renames: readonly ColumnRename[]): Relation => {
  const names = new Map(found.columns.map((column) => [column.name, column.name]))
  for (const { from, to } of renames) {
    for (const [before, now] of names) if (now === from) names.set(before, to)
  }
  const rename = (column: string): string => names.get(column) ?? column
  return {
    ...found,
    ...name,
    columns: found.columns.map((column) => ({ ...column, name: rename(column.name) })),
    primaryKey: found.primaryKey && { ...found.primaryKey, columns: found.primaryKey.columns.map(rename) },
    indexes: found.indexes.map((index) => ({
      ...index,
      columns: index.columns.map((column) => (column === null ? null : rename(column))),
    })),
  }
}
