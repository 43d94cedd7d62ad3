import type { Column, ColumnType } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { castType } from './column-type.ts'
import { equalityOperator } from './equality-operator.ts'
import { identifier } from './quote.ts'

/** Types of one group compare with each other, by index too. */
const groups: readonly (readonly string[])[] = [
  ['int2', 'int4', 'int8'],
  ['text', 'varchar'],
]

const compares = (a: ColumnType, b: ColumnType): boolean =>
  a.oid === b.oid ||
  (a.schema === 'pg_catalog' &&
    b.schema === 'pg_catalog' &&
    groups.some((group) => group.includes(a.name) && group.includes(b.name)))

const convert = (from: ColumnType, to: ColumnType): string =>
  compares(from, to) ? '' : from.kind === 'enum' && to.kind === 'enum' ? `::text::${castType(to)}` : `::${castType(to)}`

/** The type a column has in the base table. */
export const liveType = (table: VersionedTable, { name, type }: Column): ColumnType =>
  table.base.columns.find((column) => column.name === name)?.type ?? type

/**
 * Whether the row `live` of the base table is the one `held` is a version of: looked up among versions.
 *
 * @param castHeld brings what is held to the type it is about to get
 */
export const isVersionOf = (table: VersionedTable, held: string, live: string, castHeld = ''): string =>
  keys(table, (column, operator) => {
    const name = identifier(column.name)
    return `${held}.${name}${castHeld} ${operator} ${live}.${name}${convert(liveType(table, column), column.type)}`
  })

/** The same, with the row of the base table first. */
export const isLiveRowOf = (table: VersionedTable, live: string, held: string): string =>
  keys(table, (column, operator) => {
    const name = identifier(column.name)
    return `${live}.${name}${convert(liveType(table, column), column.type)} ${operator} ${held}.${name}`
  })

/** The same, looked up among the rows of the base table. */
export const isFoundBy = (table: VersionedTable, live: string, held: string): string =>
  keys(table, (column, operator) => {
    const name = identifier(column.name)
    return `${live}.${name} ${operator} ${held}.${name}${convert(column.type, liveType(table, column))}`
  })

const keys = (table: VersionedTable, compare: (column: Column, operator: string) => string): string =>
  table.key.map((column) => compare(column, equalityOperator(column.type))).join(' and ')

/** For a type that no assignment converts to: that of `column` in history, if the base column has another. */
export const explicitCast = (table: VersionedTable, column: Column): string =>
  ['array', 'enum'].includes(column.type.kind) ? convert(liveType(table, column), column.type) : ''
