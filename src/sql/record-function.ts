import type { QualifiedName } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { recordFunctionName, transactionSetting, variableNames } from './names.ts'
import { typeWithoutModifier, versionType } from './column-type.ts'
import { identifier, qualified } from './quote.ts'
import { dollarQuote, wrap } from './text.ts'
import { insertTransaction } from './transaction-table.ts'
import { modifiedColumns } from './version-table.ts'

/** A recording function, taken apart so that it can be compared with the one in the catalog. */
export interface RecordFunction extends QualifiedName {
  /** What stands between the dollar quotes. */
  readonly body: string
  /** As in `pg_proc.proconfig`, sorted. */
  readonly settings: readonly string[]
}

/**
 * No name is looked up along the caller's path. Row security may not hide rows from the recorder: it would take them
 * for deleted. Without hash and merge joins the one cached plan of the set-based statement stays with index look-ups,
 * whatever the number of rows it was first planned for.
 */
const settings: readonly string[] = [
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'enable_seqscan=off',
  'row_security=off',
  'search_path=pg_catalog, pg_temp',
]

/**
 * The function behind all recording triggers of one table.
 *
 * Statement triggers hand it the touched rows in the transition tables `touched` (new rows, or the old ones of a DELETE)
 * and `replaced` (the old rows of an UPDATE). A partitioned table gets row triggers instead, because only those follow
 * to partitions attached later; then each row comes in `NEW` and `OLD`.
 */
export const recordFunction = (table: VersionedTable): RecordFunction => ({
  ...recordFunctionName(table.version),
  body: functionBody(table),
  settings,
})

/** The statement that creates or replaces {@link recordFunction}; the body is exactly what stands in the dollar quotes. */
export const createRecordFunction = (table: VersionedTable): string => {
  const { body, ...name } = recordFunction(table)
  return `create or replace function ${qualified(name)}() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set row_security = off
set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as ${dollarQuote(body)};
revoke all on function ${qualified(name)}() from public;`
}

const functionBody = (table: VersionedTable): string => {
  const byRow = table.base.kind === 'partitioned table'
  const base = qualified(table.base)
  const version = qualified(table.version)
  const tx = identifier(table.transactionColumn)
  const end = table.endTransactionColumn === null ? null : identifier(table.endTransactionColumn)
  const op = identifier(table.operationColumn)
  const setting = transactionSetting(table.transaction)
  const columns = table.columns.map(({ name }) => identifier(name))
  const key = table.key.map(({ name }) => identifier(name))
  const taken = new Set(table.columns.map(({ name }) => name))
  const own = variableNames(['own', 'tx', 'new_id', 'done', 'stale', 'touched_rows', 'touch', 'state'] as const, taken)
  const last = variableNames(['last_row', 'last_tx', 'last_end', 'last_op', 'live', 'op'] as const, taken)

  const list = (indent: number, alias = ''): string =>
    wrap(
      columns.map((column) => alias + column),
      indent,
    )
  /** The columns under their types here: the base table's may have changed since. Without modifiers, which would cut. */
  const typedList = (indent: number): string =>
    wrap(
      table.columns.map((column) => `${identifier(column.name)}::${typeWithoutModifier(versionType(column))}`),
      indent,
    )
  const keyEquals = (a: string, b: string): string =>
    key.map((column) => `${a}.${column} = ${b}.${column}`).join(' and ')
  const keyOf = (alias: string): string => {
    const parts = key.map((column) => `${alias}.${column}`).join(', ')
    return key.length === 1 ? parts : `(${parts})`
  }
  const modified = table.trackModified ? modifiedColumns(table) : []
  const modNames = modified.map(({ flag }) => `, ${identifier(flag)}`).join('')
  const modValues = (alias: string): string =>
    modified.map(({ flag }) => `,\n             ${alias}.${last.op} <> 1 or ${alias}.${identifier(flag)}`).join('')
  /** The rows of `source` with the last version of each, and what is to be recorded: `op`, null for nothing. */
  const withLast = (source: string, live: string, unless: string, indent: number): string =>
    `select n.*, l.*, case when ${live} and coalesce(l.${last.last_op}, 2) = 2 then 0
                 when ${live} and not l.same then 1
                 when not ${live} and l.${last.last_op} <> 2 then 2 end as ${last.op}
  from (select) one left join ${version} missing on false  -- stands in for columns that were dropped since
       cross join lateral (select ${typedList(indent + 34)}
                             from ${source}) n
       left join lateral (
         select v.ctid as ${last.last_row}, v.${tx} as ${last.last_tx}, v.${op} as ${last.last_op},
                ${end === null ? '' : `v.${end} as ${last.last_end}, `}record_image_eq(n, x) as same${modified.map(({ name, flag }) => `,\n                not record_image_eq(row(n.${identifier(name)}), row(v.${identifier(name)})) as ${identifier(flag)}`).join('')}
           from ${version} v
                cross join lateral (select ${list(indent + 43, 'v.')}) x
          where ${keyEquals('v', 'n')}${unless} order by v.${tx} desc limit 1) l on true`.replaceAll(
      '\n',
      `\n${' '.repeat(indent)}`,
    )

  const refuse = table.context === 'refuse'
  const contextCheck = `
  if coalesce(current_setting('versiongen.user_id', true), '') = '' then
    raise ${refuse ? 'exception' : 'warning'} 'no actor is set for a change of %.%', tg_table_schema, tg_table_name
      using hint = 'Set versiongen.user_id in the transaction: set_config(''versiongen.user_id'', …, true).'${refuse ? ",\n            errcode = 'insufficient_privilege'" : ''};
  end if;`

  const statementStart = `
  -- Statements run by triggers are recorded before the one that fired the trigger: its rows may be out of date by then.
  ${own.stale} := coalesce(strpos(current_setting('versiongen.nested', true), format(',%s,', tg_relid)) > 0, false);
  if pg_trigger_depth() > 1 and not ${own.stale} then
    perform set_config('versiongen.nested', format('%s,%s,', current_setting('versiongen.nested', true), tg_relid), true);
  end if;

  -- Nearly always: rows not yet touched by this transaction, in step with their history. All of them in one statement;
  -- if there is another kind of row among them, it does nothing.
  ${own.done} := tg_op = 'TRUNCATE' or ${own.stale} or ${own.tx} is not null;
  if ${own.done} and tg_op <> 'TRUNCATE' and not ${own.stale} then
    ${own.done} := not exists (select from touched offset 1);
  end if;
  if not ${own.done} then
    with w as materialized (
      ${withLast('touched', "(tg_op <> 'DELETE')", '', 6)}
    ), g as (
      select not exists (select from w where w.${last.last_tx} > ${own.tx} or w.${last.last_tx} = any (${own.own})
               or (coalesce(w.${last.last_op}, 2) = 2) <> (tg_op = 'INSERT')) as simple
    ), t as (
      ${insertTransaction(table.transaction, 6, `from g where g.simple and ${own.tx} is null and exists (select from w where w.${last.op} is not null)`)}
    ), i as (
      select t.id from t union all select ${own.tx} from g where g.simple and ${own.tx} is not null
    ), ${
      end === null
        ? ''
        : `closed as (
      update ${version} v set ${end} = i.id from w, i where v.ctid = w.${last.last_row} and w.${last.op} is not null
    ), `
    }recorded as (
      insert into ${version} (${list(19)},
                   ${tx}, ${op}${modNames})
      select ${list(13, 'w.')},
             i.id, w.${last.op}${modValues('w')}
        from w, i where w.${last.op} is not null
    )
    select g.simple, t.id into ${own.done}, ${own.new_id} from g left join t on true;
    if ${own.new_id} is not null then
      perform set_config('${setting}', ${own.new_id}::text, true);
    end if;
    if ${own.done} then
      return null;
    end if;
  end if;
`
  const touchedRows = byRow ? rowSource() : statementSource()
  function statementSource(): string {
    const records = (source: string, live: string, where = ''): string =>
      `select r::${base} as image, ${live} as live from ${source} r${where}`
    const unrecorded = `\n       where not exists (select from ${version} v where ${keyEquals('v', 'r')})`
    const rekeyed = `\n       where ${keyOf('r')} not in (select ${key.map((column) => `n.${column}`).join(', ')} from touched n)`
    const union = '\n      union all\n      '
    return `  if tg_op = 'INSERT' then
    open ${own.touched_rows} for
      ${records('touched', 'true')};
  elsif tg_op = 'UPDATE' then
    open ${own.touched_rows} for
      ${records('replaced', 'null::boolean', unrecorded)}${union}${records('replaced', 'false', rekeyed)}${union}${records('touched', 'true')};
  elsif tg_op = 'DELETE' then
    open ${own.touched_rows} for
      ${records('touched', 'null::boolean', unrecorded)}${union}${records('touched', 'false')};
  else
    open ${own.touched_rows} for
      ${records(base, 'null::boolean', unrecorded)}${union}${records(base, 'false')};
  end if;`
  }
  /** Row triggers see rows of partitions, whose columns may stand in another order: everything goes by name. */
  function rowSource(): string {
    const records = (source: string, live: string, where = ''): string => `
      select r.*, ${live} as live
        from (select) one left join ${version} missing on false
             cross join lateral (select ${typedList(40)}
                                   from ${source}) r${where}`
    const unrecorded = `\n       where not exists (select from ${version} v where ${keyEquals('v', 'r')})`
    const rekeyed = `\n       where ${keyOf('r')} not in (select ${key.map((column) => `n.${column}`).join(', ')} from touched n)`
    return `  if tg_op = 'TRUNCATE' then
    open ${own.touched_rows} for${records(base, 'null::boolean', unrecorded)}
      union all${records(base, 'false')};
  else
    open ${own.touched_rows} for
      with touched as (select new.* where tg_op <> 'DELETE'), replaced as (select old.* where tg_op <> 'INSERT')
      select * from (${records('replaced', 'null::boolean', unrecorded)}
      union all${records('replaced', 'false', rekeyed)}
      union all${records('touched', 'true')}) u;
  end if;`
  }
  const touchedKey = (column: string): string => (byRow ? `${own.touch}.${column}` : `(${own.touch}.image).${column}`)
  const currentRow = `${base} b where ${key.map((column) => `b.${column} = ${touchedKey(column)}`).join(' and ')}`
  const reread = byRow
    ? `select r.*, true as live into ${own.touch}
        from (select) one left join ${version} missing on false
             cross join lateral (select ${typedList(40)}
                                   from ${currentRow}) r`
    : `select b as image, true as live into ${own.touch}
        from ${currentRow}`

  return `
declare
  ${own.own} bigint[];  -- the transaction rows that this database transaction has made so far
  ${own.tx} bigint;  -- the last of them
  ${own.new_id} bigint;
${byRow ? '' : `  ${own.done} boolean;\n  ${own.stale} boolean;\n`}  ${own.touched_rows} refcursor;
  ${own.touch} record;
  ${own.state} record;
begin${table.context === 'allow' ? '' : contextCheck}
  -- The setting can be forged; a row that is visible while its transaction is in progress cannot: it is our own.
  if current_setting('${setting}', true) <> '' then
    select array_agg(t.id), max(t.id) into ${own.own}, ${own.tx}
      from ${qualified(table.transaction)} t,
           lateral (select (t.xmin::text::bigint - pg_current_xact_id()::text::bigint) & 4294967295 as ahead) x
     where t.id = any (string_to_array(current_setting('${setting}', true), ',')::bigint[])
       and case when x.ahead < 2147483648 then
             pg_xact_status((pg_current_xact_id()::text::bigint + x.ahead)::text::xid8) = 'in progress' end;
  end if;
${byRow ? '' : statementStart}
  -- Row by row otherwise. What counts is the net effect of the transaction. "live": true for a row as it is now, false
  -- as it was before it went, null as it was before it had any version (changed before its backfill).
${touchedRows}
  loop
    fetch ${own.touched_rows} into ${own.touch};
    exit when not found;
    if ${byRow ? '' : `${own.stale} and `}${own.touch}.live then
      ${reread};
      continue when not found;  -- what deleted it has recorded that
    end if;
    ${withLast(byRow ? `(select ${list(44, `${own.touch}.`)}) r` : `(select (${own.touch}.image).*) r`, `coalesce(${own.touch}.live, true)`, ` and (${own.own} is null or v.${tx} <> all (${own.own}))`, 4).replace(/ as \S+\n/, (end) => `${end.trimEnd()}\n      into ${own.state}\n`)};
    delete from ${version} v where ${keyEquals('v', own.state)} and v.${tx} = any (${own.own});
    if ${own.state}.${last.op} is null then${
      end === null
        ? ''
        : `
      update ${version} v set ${end} = null where v.ctid = ${own.state}.${last.last_row} and v.${end} is not null;`
    }
      continue;
    end if;
    ${own.new_id} := ${own.tx};
    if ${own.touch}.live is null or ${own.tx} is null or ${own.state}.${last.last_tx} > ${own.tx} then  -- ids rise along a chain
      ${insertTransaction(table.transaction, 6, '')} into ${own.new_id};
      if ${own.touch}.live is not null then
        ${own.tx} := ${own.new_id};
        ${own.own} := ${own.own} || ${own.new_id};
        perform set_config('${setting}', array_to_string(${own.own}, ','), true);
      end if;
    end if;${
      end === null
        ? ''
        : `
    update ${version} v set ${end} = ${own.new_id} where v.ctid = ${own.state}.${last.last_row};`
    }
    insert into ${version} (${list(17)},
                 ${tx}, ${op}${modNames})
    values (${list(12, `${own.state}.`)},
            ${own.new_id}, ${own.state}.${last.op}${modValues(own.state)});
  end loop;
  close ${own.touched_rows};
  return null;
end
`
}
