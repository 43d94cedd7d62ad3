import type { Column } from '../catalog/types.ts'
import { byCodePoint } from '../order.ts'
import { formatNumbers } from '../plan/column-numbers.ts'
import type { VersionedTable } from '../plan/types.ts'
import { versionType } from './column-type.ts'
import { deriveName } from './names.ts'
import { identifier, literal, qualified } from './quote.ts'
import { align, comment } from './text.ts'

/** A column of a version table as it has to be. */
export interface VersionColumn {
  readonly name: string
  /** As SQL, schema-qualified, with modifier. */
  readonly type: string
  readonly collation: string | null
  readonly notNull: boolean
  readonly default: string | null
  /** The base column it mirrors; null for the columns that make it a version. */
  readonly of: Column | null
}

/** All columns in the order they are created in. */
export const versionColumns = (table: VersionedTable): readonly VersionColumn[] => {
  const key = new Set(table.key.map(({ name }) => name))
  const own = (name: string, type: string, notNull: boolean): VersionColumn => ({
    name,
    type,
    collation: null,
    notNull,
    default: null,
    of: null,
  })
  return [
    ...table.columns.map((column) => ({
      name: column.name,
      type: versionType(column).sql,
      collation: column.collation,
      notNull: key.has(column.name),
      default: null,
      of: column,
    })),
    own(table.transactionColumn, 'bigint', true),
    ...(table.endTransactionColumn === null ? [] : [own(table.endTransactionColumn, 'bigint', false)]),
    own(table.operationColumn, 'smallint', true),
    ...(table.trackModified ? modifiedColumns(table) : []).map(({ flag }) => ({
      ...own(flag, 'boolean', true),
      default: 'false',
    })),
  ]
}

/** With `trackModified`, as SQLAlchemy-Continuum's PropertyModTracker has it: a flag for each column outside the key. */
export const modifiedColumns = (table: VersionedTable): readonly { readonly name: string; readonly flag: string }[] => {
  const key = new Set(table.key.map(({ name }) => name))
  return table.columns
    .filter(({ name }) => !key.has(name))
    .map(({ name }) => ({ name, flag: deriveName(name, '_mod') }))
}

/** Key of the version table: the base key, then the transaction. */
export const versionKey = (table: VersionedTable): readonly string[] => [
  ...table.key.map(({ name }) => name),
  table.transactionColumn,
]

export const columnDefinition = (column: VersionColumn): readonly string[] => [
  identifier(column.name),
  [
    column.type,
    ...(column.collation === null ? [] : [`collate ${column.collation}`]),
    ...(column.notNull ? ['not null'] : []),
    ...(column.default === null ? [] : [`default ${column.default}`]),
  ].join(' '),
]

const operations = '0 insert, 1 update, 2 delete'

export const createVersionTable = (table: VersionedTable): string => {
  const columns = versionColumns(table)
  const lines = align(columns.map((column) => columnDefinition(column)))
  const version = qualified(table.version)
  const key = versionKey(table).map(identifier).join(', ')
  return `create table ${version} (
${lines.map((line) => `  ${line}`).join(',\n')},
  primary key (${key})
) with (fillfactor = 90);  -- room to close a version where it stands
${describeVersionTable(
  table,
  table.columns.map(({ number }) => number),
)}`
}

/**
 * The comment of a version table, which also notes which columns it keeps.
 *
 * @param numbers the attribute number of the base column that each of its columns keeps, in order; null for none
 */
export const describeVersionTable = (table: VersionedTable, numbers: readonly (number | null)[]): string =>
  `comment on table ${qualified(table.version)} is\n  ${literal(versionTableComment(table, numbers))};`

/** The text of {@link describeVersionTable}. */
export const versionTableComment = (table: VersionedTable, numbers: readonly (number | null)[]): string => {
  const base = comment(`${table.base.schema}.${table.base.name}`)
  const intervals = table.endTransactionColumn === null ? ', without intervals' : ''
  return `Versions of ${base}, one a transaction${intervals}; ${table.operationColumn}: ${operations}. ${formatNumbers(numbers)}`
}

/**
 * The rules of squawk that these columns would break: a mirrored column has the type its base column has, whatever type
 * would be better for a new one.
 */
export const squawkRules = (columns: readonly VersionColumn[]): readonly string[] => {
  const rules = columns.flatMap(({ type }) =>
    typeRules.flatMap(([pattern, rule]) => (pattern.test(type) ? [rule] : [])),
  )
  return [...new Set(rules)].sort(byCodePoint)
}

const typeRules: readonly (readonly [RegExp, string])[] = [
  [/^integer\b/, 'prefer-bigint-over-int'],
  [/^smallint\b/, 'prefer-bigint-over-smallint'],
  [/^character varying\(/, 'prefer-text-field'],
  [/^(character(\(|\[|$)|bpchar|"char")/, 'ban-char-field'],
  [/^timestamp(\(\d\))? without time zone/, 'prefer-timestamp-tz'],
]

export interface VersionIndex {
  readonly name: string
  readonly columns: readonly string[]
  readonly descending: readonly boolean[]
}

/** With `indexes: 'continuum'`: those SQLAlchemy-Continuum makes. The primary key alone serves everything else. */
export const versionIndexes = (table: VersionedTable): readonly VersionIndex[] => {
  if (table.indexes === 'minimal') return []
  const key = table.key.map(({ name }) => name)
  const index = (suffix: string, columns: readonly string[], descending = false): VersionIndex => ({
    name: deriveName(`ix_${table.version.name}`, `_${suffix}`),
    columns,
    descending: columns.map((_, i) => descending && i === columns.length - 1),
  })
  const end = table.endTransactionColumn
  return [
    index('transaction_id', [table.transactionColumn]),
    ...(end === null ? [] : [index('end_transaction_id', [end])]),
    index('operation_type', [table.operationColumn]),
    index('pk_transaction_id', [...key, table.transactionColumn], true),
    ...(end === null ? [] : [index('pk_validity', [...key, table.transactionColumn, end])]),
  ]
}

export const createIndex = (table: VersionedTable, index: VersionIndex, concurrently = false): string => {
  const columns = index.columns.map((column, i) => identifier(column) + (index.descending[i] === true ? ' desc' : ''))
  return `create index ${concurrently ? 'concurrently if not exists ' : ''}${identifier(index.name)} on ${qualified(table.version)} (${columns.join(', ')});`
}
