import type { Column } from '../catalog/types.ts'
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
    of: null,
  })
  return [
    ...table.columns.map((column) => ({
      name: column.name,
      type: versionType(column).sql,
      collation: column.collation,
      notNull: key.has(column.name),
      of: column,
    })),
    own(table.transactionColumn, 'bigint', true),
    ...(table.endTransactionColumn === null ? [] : [own(table.endTransactionColumn, 'bigint', false)]),
    own(table.operationColumn, 'smallint', true),
  ]
}

/** Key of the version table: the base key, then the transaction. */
export const versionKey = (table: VersionedTable): readonly string[] => [
  ...table.key.map(({ name }) => name),
  table.transactionColumn,
]

export const columnDefinition = (column: VersionColumn): readonly string[] => [
  identifier(column.name),
  column.type + (column.collation === null ? '' : ` collate ${column.collation}`) + (column.notNull ? ' not null' : ''),
]

const operations = '0 insert, 1 update, 2 delete'

export const createVersionTable = (table: VersionedTable): string => {
  const columns = versionColumns(table)
  const lines = align(columns.map((column) => columnDefinition(column)))
  const ignored = (column: VersionColumn): string => {
    const rules = squawkRules(column)
    return rules.length === 0 ? '' : `  -- squawk-ignore ${rules.join(', ')}\n`
  }
  const version = qualified(table.version)
  const key = versionKey(table).map(identifier).join(', ')
  return `create table ${version} (
${lines.map((line, i) => `${ignored(columns[i] as VersionColumn)}  ${line}`).join(',\n')},
  primary key (${key})
) with (fillfactor = 90);  -- room to close a version where it stands
comment on table ${version} is ${literal(`Versions of ${comment(`${table.base.schema}.${table.base.name}`)}, one a transaction; ${table.operationColumn}: ${operations}.`)};`
}

/** A mirrored column has the type the base table has; what squawk would rather see does not matter there. */
const squawkRules = ({ type }: VersionColumn): readonly string[] => {
  const rules: string[] = []
  if (/^(integer|int4)\b/.test(type)) rules.push('prefer-bigint-over-int')
  if (/^(smallint|int2)\b/.test(type)) rules.push('prefer-bigint-over-smallint')
  if (/^character varying\(/.test(type)) rules.push('prefer-text-field')
  if (/^(character|bpchar|"char")(\(|\[|$)/.test(type)) rules.push('ban-char-field')
  if (/^timestamp(\(\d\))? without time zone/.test(type)) rules.push('prefer-timestamp-tz')
  return rules
}

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

export const createIndex = (table: VersionedTable, index: VersionIndex): string => {
  const columns = index.columns.map((column, i) => identifier(column) + (index.descending[i] === true ? ' desc' : ''))
  return `create index ${identifier(index.name)} on ${qualified(table.version)} (${columns.join(', ')});`
}
