import type { VersionedTable } from '../plan/types.ts'
import { typeWithoutModifier } from './column-type.ts'
import { identifier, qualified } from './quote.ts'
import { wrap } from './text.ts'

/**
 * Gives the open version of every live row the values the row has in `columns`, which were not recorded before, or not
 * under this type. Older versions stay as they are: nobody knows what the row held then.
 */
export const fillOpenVersions = (table: VersionedTable, columns: readonly string[]): string => {
  const version = qualified(table.version)
  const tx = identifier(table.transactionColumn)
  const kept = table.columns.filter(({ name }) => columns.includes(name))
  const live = kept.map(({ name, type }) => `b.${identifier(name)}::${typeWithoutModifier(type)}`)
  const key = table.key.map(({ name }) => `v.${identifier(name)} = b.${identifier(name)}`).join(' and ')
  const later = table.key.map(({ name }) => `l.${identifier(name)} = v.${identifier(name)}`).join(' and ')
  const isOpen =
    table.endTransactionColumn === null
      ? `not exists (select from ${version} l where ${later} and l.${tx} > v.${tx})`
      : `v.${identifier(table.endTransactionColumn)} is null`
  return `update ${version} v
   set ${kept.map(({ name }) => `${identifier(name)} = b.${identifier(name)}`).join(',\n       ')}
  from ${qualified(table.base)} b
 where ${key} and ${isOpen} and v.${identifier(table.operationColumn)} <> 2
   and record_image_ne(row(${wrap(
     kept.map(({ name }) => `v.${identifier(name)}`),
     27,
   )}),
                       row(${wrap(live, 27)}));`
}
