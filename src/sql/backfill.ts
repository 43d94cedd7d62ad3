import type { VersionedTable } from '../plan/types.ts'
import { explicitCast, isVersionOf } from './held-key.ts'
import { identifier, ownRows, qualified } from './quote.ts'
import { wrap } from './text.ts'
import { insertTransaction } from './transaction-table.ts'
import { modifiedColumns } from './version-table.ts'

/** Gives every row that has no version yet its first one, all in one transaction row; nothing when there is no such row. */
export const backfill = (table: VersionedTable): string => {
  const base = ownRows(table.base)
  const version = qualified(table.version)
  const columns = table.columns.map(({ name }) => identifier(name))
  const key = isVersionOf(table, 'v', 'b')
  const flags = table.trackModified ? modifiedColumns(table) : []
  const unrecorded = (indent: number): string =>
    `not exists (\n${' '.repeat(indent)}select from ${version} v where ${key})`
  return `with t as (
  ${insertTransaction(table.transaction, 2, `where exists (select from ${base} b where ${unrecorded(10)})`, 'backfill')}
)
insert into ${version} (${wrap(columns, version.length + 14)},
${' '.repeat(version.length + 14)}${identifier(table.transactionColumn)}, ${identifier(table.operationColumn)}${flags.map(({ flag }) => `, ${identifier(flag)}`).join('')})
select ${wrap(
    table.columns.map((column) => `b.${identifier(column.name)}${explicitCast(table, column)}`),
    7,
  )},
       t.id, 0${flags.map(() => ', true').join('')}
  from t cross join ${base} b
 where ${unrecorded(9)};`
}
