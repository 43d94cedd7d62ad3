import type { ColumnType } from '../catalog/types.ts'
import { isNull } from '../history/sql.ts'
import type { Change } from '../plan/changes.ts'
import type { VersionedTable } from '../plan/types.ts'
import { identifier, literal, ownRows, qualified } from './quote.ts'
import { dollarQuote, wrap } from './text.ts'
import { modifiedColumns } from './version-table.ts'

/**
 * Gives a version table the key that its base table has now. Where the columns of the new key changed along a chain, it
 * becomes two, as a change of key always does: the first ends with a delete, the second begins with an insert. Refuses,
 * and leaves everything as it was, where rows that lived at the same time would become one, or where nobody can tell
 * which of several rows a version belongs to.
 */
export const rekey = (table: VersionedTable, change: Extract<Change, { kind: 'rekey' }>): string => {
  const version = qualified(table.version)
  const base = qualified(table.base)
  const rows = ownRows(table.base)
  const tx = identifier(table.transactionColumn)
  const op = identifier(table.operationColumn)
  const end = table.endTransactionColumn === null ? null : identifier(table.endTransactionColumn)
  const before = change.from.map(identifier)
  const now = table.key.map(({ name }) => identifier(name))
  const added = now.filter((column) => !before.includes(column))
  const inBase = new Set(table.base.columns.map(({ name }) => identifier(name)))
  const list = (columns: readonly string[], alias = ''): string => columns.map((column) => alias + column).join(', ')
  const flags = table.trackModified ? modifiedColumns(table).map(({ flag }) => identifier(flag)) : []
  const kept = [...new Set([...before, ...table.columns.map(({ name }) => identifier(name))])]
  const isSame = before.length === now.length && before.every((column) => now.includes(column))
  if (change.constraint === '' && isSame) return `alter table ${version} add primary key (${list([...now, tx])});`
  const isInBase = before.every((column) => inBase.has(column))
  const sharedKeys = `select ${list(before)} from ${rows} group by ${list(before)} having count(*) > 1`
  const composites = new Set(table.key.filter(({ type }) => isComposite(type)).map(({ name }) => identifier(name)))
  const lacks = (column: string, alias = ''): string =>
    composites.has(column) ? isNull(alias + column) : `${alias}${column} is null`
  const isMissing = (alias: string): string => added.map((column) => lacks(column, alias)).join(' or ')
  const parts: string[] = []
  if (added.length > 0 && isInBase) {
    const held = list(added)
    parts.push(`-- Where rows share an old key by now, nobody can tell whose its versions are.
set local row_security = off;  -- fail rather than leave out rows
do ${dollarQuote(`
declare
  shared bigint;
begin
  select count(*) into shared
    from (${sharedKeys}) b
   where exists (select from ${version} v where ${before.map((column) => `v.${column} = b.${column}`).join(' and ')} and (${isMissing('v.')}));
  if shared > 0 then
    raise exception '%: %', ${literal(`which row the versions without ${held} belong to cannot be told: old keys (${list(before)}) that several rows of ${base} share now`)}, shared
      using hint = ${literal(`Take this file back. In a migration of your own, either add ${held} to ${version} and give each version the value that its row had, or move ${version} out of the way to start a new history. Then run versiongen again.`)};
  end if;
end
`)};`)
  }
  if (change.constraint !== '') parts.push(`alter table ${version} drop constraint ${identifier(change.constraint)};`)
  if (added.length > 0 && isInBase) {
    parts.push(`-- Versions that never held the new key get the one their row has.
update ${version} v
   set ${added.map((column) => `${column} = b.${column}`).join(', ')}
  from ${rows} b
 where ${before.map((column) => `v.${column} = b.${column}`).join(' and ')} and (${isMissing('v.')});`)
  }
  if (added.length > 0) {
    const defaults = table.key.flatMap(({ name, default: value }) =>
      added.includes(identifier(name)) && value !== null && isConstant(value)
        ? [[identifier(name), value] as const]
        : [],
    )
    for (const [column, value] of defaults) {
      parts.push(`-- Rows deleted before the column came would have got its default.
update ${version} set ${column} = ${value} where ${lacks(column)};`)
    }
    parts.push(
      `do ${dollarQuote(`
begin
  if exists (select from ${version} where ${isMissing('')}) then
    raise exception '%', ${literal(`versions of rows of ${base} that were deleted have no value for ${list(added)}, part of the key now`)}
      using hint = ${literal(`In a migration of your own before this one, add the column to ${version} and give it values.`)};
  end if;
end
`)};`,
    )
  }
  parts.push(`-- Where the new key changed along a chain, that row went and another came.
insert into ${version} (${wrap([...kept, tx, op, ...flags], version.length + 14)})
select ${wrap([...kept.map((column) => `p.${column}`), `s.${tx}`, '2', ...flags.map(() => 'true')], 7)}
  from (select ${tx}, row(${list(now)}) as key, lag(row(${list(now)})) over chain as key_before,
               lag(${op}) over chain as ${op}, lag(ctid) over chain as id
          from ${version} window chain as (partition by ${list(before)} order by ${tx})) s
       join ${version} p on p.ctid = s.id
 where s.key <> s.key_before and s.${op} <> 2${
   isInBase
     ? `
   -- but not for rows that live beside another with their old key
   and not ((${list(before, 'p.')}) in (${sharedKeys})
            and (${list(now, 'p.')}) in (select ${list(now)} from ${rows}))`
     : ''
 };`)
  parts.push(
    `do ${dollarQuote(`
begin
  if exists (select from (select row(${list(before)}) as key, lag(row(${list(before)})) over chain as key_before,
                                 lag(${op}) over chain as before, ${op} = 2 as gone
                            from ${version}
                          window chain as (partition by ${list(now)} order by ${tx}, (${op} = 2) desc)) s
              where s.key <> s.key_before and s.before <> 2 and not s.gone) then
    raise exception '%', ${literal(`rows of ${base} that lived at the same time would share one history under the key (${list(now)})`)}
      using hint = ${literal(`Move ${version} out of the way in a migration of your own before this one, and start a new history.`)};
  end if;
end
`)};`,
  )
  parts.push(`-- A row that went and came again under one key in one transaction was there all along.
delete from ${version} v
 where v.${op} = 2 and exists (select from ${version} o
        where ${now.map((column) => `o.${column} = v.${column}`).join(' and ')} and o.${tx} = v.${tx} and o.${op} <> 2);`)
  parts.push(`update ${version} v
   set ${op} = s.${op}${end === null ? '' : `, ${end} = s.${end}`}
  from (select ctid, case when ${op} = 2 then 2 when coalesce(lag(${op}) over chain, 2) = 2 then 0 else 1 end as ${op}${end === null ? '' : `,\n               lead(${tx}) over chain as ${end}`}
          from ${version} window chain as (partition by ${list(now)} order by ${tx})) s
 where v.ctid = s.ctid${end === null ? '' : ` and (v.${op}, v.${end}) is distinct from (s.${op}, s.${end})`};
alter table ${version} ${['', ...before.filter((column) => !now.includes(column)).map((column) => `alter column ${column} drop not null, `)].join('')}add primary key (${list([...now, tx])});`)
  return parts.join('\n\n')
}

const isComposite = ({ kind, of }: ColumnType): boolean =>
  kind === 'composite' || (kind === 'domain' && of !== null && isComposite(of))

/** A default that is the same for every row. */
const isConstant = (expression: string): boolean =>
  /^(-?[\d.]+|true|false|'(?:[^']|'')*'(::[\w ."()]+)?)$/.test(expression)
