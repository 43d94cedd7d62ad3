import type { VersionedTable } from '../plan/types.ts'
import { castType } from './column-type.ts'
import { equalityOperator } from './equality-operator.ts'
import { identifier, ownRows, qualified } from './quote.ts'
import { wrap } from './text.ts'
import { insertTransaction } from './transaction-table.ts'
import { modifiedColumns } from './version-table.ts'

/**
 * Records what was written past the triggers, such as by detaching a partition, as if it happened now and in one
 * transaction: rows that are gone, rows that differ from their last version, rows that are back. Nobody may write the
 * table meanwhile.
 */
export const catchUp = (table: VersionedTable): string => {
  const base = ownRows(table.base)
  const version = qualified(table.version)
  const [tx, op] = [identifier(table.transactionColumn), identifier(table.operationColumn)]
  const columns = table.columns.map(({ name }) => identifier(name))
  const key = (a: string, b: string): string =>
    table.key
      .map(({ name, type }) => `${a}.${identifier(name)} ${equalityOperator(type)} ${b}.${identifier(name)}`)
      .join(' and ')
  const flags = (table.trackModified ? modifiedColumns(table) : []).map(({ name, flag }) => ({
    column: identifier(name),
    flag: identifier(flag),
  }))
  const list = (alias: string, indent: number): string =>
    wrap(
      columns.map((column) => `${alias}.${column}`),
      indent,
    )
  const live = wrap(
    table.columns.map(({ name, type }) => `b.${identifier(name)}::${castType(type)}`),
    30,
  )
  const isLast =
    table.endTransactionColumn === null
      ? `not exists (select from ${version} l where ${key('l', 'v')} and l.${tx} > v.${tx})`
      : `v.${identifier(table.endTransactionColumn)} is null`
  const closed =
    table.endTransactionColumn === null
      ? ''
      : `, closed as (
  update ${version} v set ${identifier(table.endTransactionColumn)} = t.id from stale s, t where v.ctid = s.version
)`
  return `-- What was written past the triggers, as if it happened now: rows that are gone, that differ, or that are back.
with stale as materialized (
  select v.ctid as version, 2 as operation
    from ${version} v
   where ${isLast} and v.${op} <> 2 and not exists (select from ${base} b where ${key('b', 'v')})
   union all
  select v.ctid, case v.${op} when 2 then 0 else 1 end
    from ${version} v join ${base} b on ${key('b', 'v')}
   where ${isLast}
     and (v.${op} = 2 or record_image_ne(row(${list('v', 44)}),
                         row(${live})))
), t as (
  ${insertTransaction(table.transaction, 2, 'where exists (select from stale)')}
)${closed}
insert into ${version} (
  ${wrap([...columns, tx, op, ...flags.map(({ flag }) => flag)], 2)})
select ${list('v', 7)}, t.id, 2${flags.map(() => ', true').join('')}
  from t cross join stale s join ${version} v on v.ctid = s.version
 where s.operation = 2
 union all
select ${list('b', 7)}, t.id, s.operation${flags
    .map(({ column }) => `,\n       s.operation = 0 or not record_image_eq(row(b.${column}), row(v.${column}))`)
    .join('')}
  from t cross join stale s join ${version} v on v.ctid = s.version join ${base} b on ${key('b', 'v')}
 where s.operation <> 2;`
}
