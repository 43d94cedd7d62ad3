import type { Column } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { castType } from './column-type.ts'
import { isLastVersion } from './fill.ts'
import { isLiveRowOf } from './held-key.ts'
import { identifier, ownRows, qualified } from './quote.ts'
import { wrap } from './text.ts'
import { insertTransaction } from './transaction-table.ts'
import { modifiedColumns } from './version-table.ts'

/**
 * Records what is not recorded yet, such as what was written past the triggers by detaching a partition, as if it happened
 * now and in one transaction: rows that are gone, rows that differ from their last version, rows that are back. Nobody may
 * write the table meanwhile.
 *
 * @param filled columns that open versions get afterwards: that a version lacks the value is no difference
 * @param retyped those of them whose type followed: a value is another only if it is not equal, however it is written
 */
export const catchUp = (
  table: VersionedTable,
  filled: readonly string[] = [],
  retyped: readonly string[] = [],
): string => {
  const base = ownRows(table.base)
  const version = qualified(table.version)
  const [tx, op] = [identifier(table.transactionColumn), identifier(table.operationColumn)]
  const columns = table.columns.map(({ name }) => identifier(name))
  const types = new Map(table.base.columns.map(({ name, type }) => [name, type.oid]))
  const live = ({ name, type }: Column): string => `b.${identifier(name)}::${castType(type)}`
  /** Neither UNION nor a comparison of records takes one type for another. */
  const asHeld = (column: Column): string =>
    types.get(column.name) === column.type.oid ? `b.${identifier(column.name)}` : live(column)
  const flags = table.trackModified
    ? modifiedColumns(table).map(({ name, flag }) => ({ name, flag: identifier(flag) }))
    : []
  const list = (alias: string, indent: number): string =>
    wrap(
      columns.map((column) => `${alias}.${column}`),
      indent,
    )
  const hasEquality = ({ type, collation }: Column): boolean =>
    type.comparable && type.schema === 'pg_catalog' && collation === null
  const isEqual = (column: Column): boolean => filled.includes(column.name) && hasEquality(column)
  const compared = table.columns.filter((column) => !filled.includes(column.name) || retyped.includes(column.name))
  const exact = compared.filter((column) => !isEqual(column))
  const differs = [
    `v.${op} = 2`,
    ...(exact.length === 0
      ? []
      : [
          `record_image_ne(row(${wrap(
            exact.map(({ name }) => `v.${identifier(name)}`),
            30,
          )}),
                         row(${wrap(exact.map(live), 30)}))`,
        ]),
    ...compared.filter(isEqual).map((column) => `v.${identifier(column.name)} is distinct from ${live(column)}`),
  ].join('\n          or ')
  const isLast = isLastVersion(table)
  const closed =
    table.endTransactionColumn === null
      ? ''
      : `, closed as (
  update ${version} v set ${identifier(table.endTransactionColumn)} = t.id from stale s, t where v.ctid = s.version
)`
  return `-- What is not recorded yet, as if it happened now: rows that are gone, that differ, or that are back.
with stale as materialized (
  select v.ctid as version, 2 as operation
    from ${version} v
   where ${isLast} and v.${op} <> 2 and not exists (select from ${base} b where ${isLiveRowOf(table, 'b', 'v')})
   union all
  select v.ctid, case v.${op} when 2 then 0 else 1 end
    from ${version} v join ${base} b on ${isLiveRowOf(table, 'b', 'v')}
   where ${isLast}
     and (${differs})
), t as (
  ${insertTransaction(table.transaction, 2, 'where exists (select from stale)')}
)${closed}
insert into ${version} (
  ${wrap([...columns, tx, op, ...flags.map(({ flag }) => flag)], 2)})
select ${list('v', 7)}, t.id, 2${flags.map(() => ', true').join('')}
  from t cross join stale s join ${version} v on v.ctid = s.version
 where s.operation = 2
 union all
select ${wrap(table.columns.map(asHeld), 7)}, t.id, s.operation${table.columns
    .filter((column) => flags.some(({ name }) => name === column.name))
    .map(
      (column) =>
        `,\n       s.operation = 0 or not record_image_eq(row(${asHeld(column)}), row(v.${identifier(column.name)}))`,
    )
    .join('')}
  from t cross join stale s join ${version} v on v.ctid = s.version join ${base} b on ${isLiveRowOf(table, 'b', 'v')}
 where s.operation <> 2;`
}
