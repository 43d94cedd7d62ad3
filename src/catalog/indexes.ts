import type { ColumnNames } from './columns.ts'
import { buildByRelation } from './group.ts'
import type { ByRelation } from './group.ts'
import { isPresent } from './present.ts'
import type { Present } from './present.ts'
import { hasColumns, inUserSchema, parseNumbers } from './scope.ts'
import type { Index } from './types.ts'

export interface IndexRow {
  readonly relation: number
  readonly name: string
  readonly method: string
  readonly unique: boolean
  readonly primary: boolean
  readonly valid: boolean
  /** Of the columns, the first so many are key columns; `INCLUDE` ones follow. */
  readonly keyColumns: number
  /** Attribute numbers, separated by spaces; 0 for an expression. */
  readonly columns: string
  /** A bit field for each key column, separated by spaces; bit 0 is `DESC`. */
  readonly options: string
  readonly partial: boolean
  /** Null for one that was dropped since the snapshot was taken: `pg_get_indexdef` looks at the present. */
  readonly definition: string | null
}

export const indexesSql: string = `
select
  i.indrelid as relation,
  index.relname as name,
  method.amname as method,
  i.indisunique as unique,
  i.indisprimary as primary,
  i.indisvalid as valid,
  i.indnkeyatts as "keyColumns",
  i.indkey::text as columns,
  i.indoption::text as options,
  i.indpred is not null as partial,
  pg_get_indexdef(i.indexrelid) as definition
from pg_index i
join pg_class index on index.oid = i.indexrelid
join pg_am method on method.oid = index.relam
join pg_class c on c.oid = i.indrelid
join pg_namespace n on n.oid = c.relnamespace
where ${hasColumns} and ${inUserSchema}`

export const buildIndexes = (rows: readonly IndexRow[], columnNames: ColumnNames): ByRelation<Index> =>
  buildByRelation(rows.filter(isPresent), (row) => buildIndex(row, columnNames))

const buildIndex = (row: Present<IndexRow>, columnNames: ColumnNames): Index => ({
  name: row.name,
  method: row.method,
  unique: row.unique,
  primary: row.primary,
  valid: row.valid,
  columns: parseNumbers(row.columns)
    .slice(0, row.keyColumns)
    .map((number) => (number === 0 ? null : (columnNames(row.relation, [number])[0] ?? null))),
  descending: parseNumbers(row.options).map((option) => (option & 1) === 1),
  definition: row.definition,
  partial: row.partial,
})
