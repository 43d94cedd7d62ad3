import type { Column } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { castType } from './column-type.ts'
import { equalityOperator } from './equality-operator.ts'
import { isVersionOf } from './held-key.ts'
import { identifier, ownRows, qualified } from './quote.ts'
import { wrap } from './text.ts'

/**
 * Gives the open version of every live row the values the row has in `columns`, which were not recorded before, or not
 * under this type. Older versions stay as they are: nobody knows what the row held then.
 */
export const fillOpenVersions = (table: VersionedTable, columns: readonly string[]): string => {
  const { kept, differs } = fillColumns(table, columns)
  const key = isVersionOf(table, 'v', 'b')
  return `update ${qualified(table.version)} v
   set ${kept.map(({ name }) => `${identifier(name)} = b.${identifier(name)}`).join(',\n       ')}
  from ${ownRows(table.base)} b
 where ${key} and ${isOpenVersion(table)}
   and ${differs('b', 23)};`
}

/** The columns to fill, and whether the version `v` differs in them from the row `alias` of the base table. */
export const fillColumns = (
  table: VersionedTable,
  columns: readonly string[],
): { readonly kept: readonly Column[]; readonly differs: (alias: string, indent: number) => string } => {
  const kept = table.columns.filter(({ name }) => columns.includes(name))
  const cells = (indent: number, cell: (column: Column) => string): string => `row(${wrap(kept.map(cell), indent + 4)})`
  return {
    kept,
    differs: (alias, indent) =>
      `record_image_ne(${cells(indent, ({ name }) => `v.${identifier(name)}`)},
${' '.repeat(indent)}${cells(indent, ({ name, type }) => `${alias}.${identifier(name)}::${castType(type)}`)})`,
  }
}

/** Whether the version `v` is the last one, of a row that lives. */
export const isOpenVersion = (table: VersionedTable): string =>
  `${isLastVersion(table)} and v.${identifier(table.operationColumn)} <> 2`

/** Whether the version `v` is the last one of its row. */
export const isLastVersion = (table: VersionedTable): string => {
  if (table.endTransactionColumn !== null) return `v.${identifier(table.endTransactionColumn)} is null`
  const tx = identifier(table.transactionColumn)
  const later = table.key
    .map(({ name, type }) => `l.${identifier(name)} ${equalityOperator(type)} v.${identifier(name)}`)
    .join(' and ')
  return `not exists (select from ${qualified(table.version)} l where ${later} and l.${tx} > v.${tx})`
}
