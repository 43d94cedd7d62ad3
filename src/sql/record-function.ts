import type { QualifiedName } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { recordFunctionName, transactionSetting, variableNames } from './names.ts'
import { typeWithoutModifier, versionType } from './column-type.ts'
import { equalityOperator } from './equality-operator.ts'
import { identifier, qualified } from './quote.ts'
import { revokeExecute } from './grants.ts'
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
${revokeExecute(name)}`
}

const functionBody = (table: VersionedTable): string => {
  const byRow = table.base.kind === 'partitioned table'
  /** Foreign keys may then update a row again whose statement is still to be recorded: its trigger sees both updates. */
  const rewritten = table.base.foreignKeys.some(
    ({ onDelete, onUpdate }) => onDelete.startsWith('set ') || onUpdate.startsWith('set ') || onUpdate === 'cascade',
  )
  const base = qualified(table.base)
  const version = qualified(table.version)
  const transaction = qualified(table.transaction)
  const txColumn = identifier(table.transactionColumn)
  const endColumn = table.endTransactionColumn === null ? null : identifier(table.endTransactionColumn)
  const opColumn = identifier(table.operationColumn)
  const setting = transactionSetting(table.transaction)
  const columns = table.columns.map(({ name }) => identifier(name))
  const key = table.key.map(({ name }) => identifier(name))
  const modified = (table.trackModified ? modifiedColumns(table) : []).map(({ name, flag }) => ({
    column: identifier(name),
    flag: identifier(flag),
  }))
  /** Variables, aliases and computed columns: none may be the name of a column. */
  const {
    own,
    tx,
    id,
    op,
    live,
    before,
    again,
    single,
    stale,
    touched_rows,
    touch,
    doubtful,
    reread,
    kind,
    inserts,
    row,
    last,
    b,
    n,
    x,
    r,
    many,
    last_row,
    last_tx,
    last_op,
    same,
  } = variableNames(
    [
      'own',
      'tx',
      'id',
      'op',
      'live',
      'before',
      'again',
      'single',
      'stale',
      'touched_rows',
      'touch',
      'doubtful',
      'reread',
      'kind',
      'inserts',
      'row',
      'last',
      'b',
      'n',
      'x',
      'r',
      'many',
      'last_row',
      'last_tx',
      'last_op',
      'same',
    ] as const,
    new Set([
      ...table.columns.map(({ name }) => name),
      ...(table.history?.relation.columns ?? []).map(({ name }) => name),
      ...[table.transactionColumn, table.endTransactionColumn, table.operationColumn].filter((name) => name !== null),
      ...(table.trackModified ? modifiedColumns(table) : []).map(({ flag }) => flag),
    ]),
  )

  const list = (indent: number, alias: string): string =>
    wrap(
      columns.map((column) => `${alias}.${column}`),
      indent,
    )
  const target = (indent: number): string =>
    wrap([...columns, txColumn, opColumn, ...modified.map(({ flag }) => flag)], indent)
  const equality = new Map(table.key.map(({ name, type }) => [identifier(name), equalityOperator(type)]))
  const keyEquals = (a: string, b: string): string =>
    key.map((column) => `${a}.${column} ${equality.get(column)} ${b}.${column}`).join(' and ')
  /** Whether the key of `alias` is none of those in `source`; looked up in a hash, whatever the planner may do. */
  const keyNotIn = (alias: string, source: string): string => {
    const keyOf = (of: string): string => key.map((column) => `${of}.${column}`).join(', ')
    if (key.every((column) => equality.get(column) === '=')) {
      return `${key.length === 1 ? keyOf(alias) : `(${keyOf(alias)})`} not in (select ${keyOf('n')} from ${source} n)`
    }
    return `row(${keyOf(alias)})::record not in (select row(${keyOf('n')}) from ${source} n)`
  }
  /**
   * Rows of `source` under the types they have in history; a column that is gone from the base table is null. Without its
   * key a row cannot be recorded.
   */
  const rowsOf = (source: string, alias: string, indent: number, where = ''): string => {
    const pad = ' '.repeat(indent)
    const typed = table.columns.map(
      (column) => `${identifier(column.name)}::${typeWithoutModifier(versionType(column))}`,
    )
    return `(select) one left join ${version} missing on false
${pad}cross join lateral (select ${wrap(typed, indent + 27)}
${pad}                    from ${source}
${pad}                   where ${where === '' ? '' : `${where} and `}num_nulls(${key.join(', ')}) = 0) ${alias}`
  }
  const flags = (a: string, b: string, indent: number): string =>
    modified
      .map(
        ({ column, flag }) =>
          `,\n${' '.repeat(indent)}not record_image_eq(row(${a}.${column}), row(${b}.${column})) as ${flag}`,
      )
      .join('')
  const flagValues = (operation: string, alias: string, indent: number): string =>
    modified.map(({ flag }) => `,\n${' '.repeat(indent)}${operation} <> 1 or ${alias}.${flag}`).join('')
  const operation = (isLive: string, lastOp: string, isSame: string): string =>
    `case when ${isLive} and coalesce(${lastOp}, 2) = 2 then 0 when ${isLive} and not ${isSame} then 1
                  when not ${isLive} and ${lastOp} <> 2 then 2 end`

  const actor = `
  if coalesce(current_setting('versiongen.user_id', true), '') = '' then
    raise ${table.context === 'refuse' ? 'exception' : 'warning'} 'no actor is set for a change of %.%', tg_table_schema, tg_table_name
      using hint = 'Set versiongen.user_id in the transaction: set_config(''versiongen.user_id'', …, true).'${table.context === 'refuse' ? ",\n            errcode = 'insufficient_privilege'" : ''};
  end if;`

  const atOnce = `
  -- Statements run by triggers are recorded before the one that fired the trigger: its rows may be out of date by then.
  ${stale} := coalesce(strpos(current_setting('versiongen.nested', true), format(',%s,', tg_relid)) > 0, false);
  if pg_trigger_depth() > 1 and not ${stale} then
    perform set_config('versiongen.nested',
                       format('%s,%s,', current_setting('versiongen.nested', true), tg_relid), true);
  end if;

  ${single} := false;
  if not ${stale} and tg_op <> 'TRUNCATE' then
    select ${n}.*, exists (select from touched offset 1) as ${many} into ${row}
      from ${rowsOf('touched', n, 11)} limit 1;
    if not found then return null; end if;
    ${single} := not ${row}.${many};
    ${live} := tg_op <> 'DELETE';
    ${inserts} := tg_op = 'INSERT';
  end if;

  -- Many rows: all in one statement, if this transaction has touched none of them before and each is in step with its
  -- history. Otherwise "${single}" comes back null, with nothing done.
  if not ${single} and not ${stale} and tg_op <> 'TRUNCATE' then
    with w as materialized (
      select ${n}.*, l.*, ${operation(live, `l.${last_op}`, `l.${same}`)} as ${op}
        from ${rowsOf('touched', n, 13)}
             left join lateral (
               select v.ctid as ${last_row}, v.${txColumn} as ${last_tx}, v.${opColumn} as ${last_op},
                      record_image_eq(${n}, ${x}) as ${same}${flags(n, 'v', 22)}
                 from ${version} v
                      cross join lateral (select ${list(49, 'v')}) ${x}
                where ${keyEquals('v', n)} order by v.${txColumn} desc limit 1) l on true
    ), g as (
      select not exists (select from w where w.${last_tx} > ${tx} or w.${last_tx} = any (${own})
               or (coalesce(w.${last_op}, 2) = 2) <> ${inserts}
               or w.${last_tx} is null and current_setting('transaction_isolation') <> 'read committed')${
                 rewritten
                   ? `
             and not exists (select from w group by ${key.map((column) => `w.${column}`).join(', ')} having count(*) > 1)`
                   : ''
               } as plain
    ), t as (
      ${insertTransaction(table.transaction, 6, `from g where g.plain and ${tx} is null and exists (select from w where w.${op} is not null)`)}
    ), i as (
      select t.id from t union all select ${tx} from g where g.plain and ${tx} is not null
    ), ${
      endColumn === null
        ? ''
        : `closed as (
      update ${version} v set ${endColumn} = i.id
        from w, i where v.ctid = w.${last_row} and w.${op} is not null
    ), `
    }recorded as (
      insert into ${version} (
        ${target(8)})
      select ${list(13, 'w')},
             i.id, w.${op}${flagValues(`w.${op}`, 'w', 13)}
        from w, i where w.${op} is not null
    )
    select g.plain, t.id into ${many}, ${id} from g left join t on true;
    if ${id} is not null then
      perform set_config('${setting}', array_to_string(${own} || ${id}, ','), true);
    end if;
    if ${many} then
      return null;
    end if;
  end if;
`
  const union = '\n          union all '
  const refuseTruncate = `else
          raise exception 'TRUNCATE of % at isolation level %',
                          tg_relid::regclass, current_setting('transaction_isolation')
            using errcode = 'feature_not_supported',
                  hint = 'Rows that its snapshot does not see would go unrecorded: use read committed.';
        end if;`
  const touchedRows = byRow ? rowSource() : statementSource()
  function statementSource(): string {
    const records = (source: string, rowKind: string, where = ''): string =>
      `select ${r}::${base} as image, '${rowKind}' as ${kind} from ${source} ${r}${where}`
    const numbered = (source: string, rowKind: string, where = ''): string =>
      `select ${r}.image, '${rowKind}' as ${kind}, ${r}.nr
            from (select ${r}::${base} as image, row_number() over () as nr from ${source} ${r}) ${r}${where}`
    const unrecorded = (alias: string): string =>
      `\n           where not exists (select from ${version} v where ${keyEquals('v', alias)})`
    const doubtful = `\n           where 0 > any (${own})`
    const rekeyed = (alias: string): string => `\n           where ${keyNotIn(alias, 'touched')}`
    const updated = (select: typeof records, alias: string): string =>
      [
        select('touched', 'doubtful', doubtful),
        select('replaced', 'first', `${unrecorded(alias)} or 0 > any (${own})`),
        select('replaced', 'gone', rekeyed(alias)),
        select('touched', 'now'),
      ].join(union)
    return `        if tg_op = 'INSERT' then
          open ${touched_rows} for ${records('touched', 'doubtful', doubtful)}${union}${records('touched', 'now')};
        elsif tg_op = 'UPDATE' then
          open ${touched_rows} for ${rewritten ? `${updated(numbered, `(${r}.image)`)}\n           order by nr, ${kind}` : updated(records, r)};
        elsif tg_op = 'DELETE' then
          open ${touched_rows} for ${records('touched', 'first', unrecorded(r))}${union}${records('touched', 'gone')};
        elsif current_setting('transaction_isolation') = 'read committed' then
          open ${touched_rows} for ${records(base, 'first', unrecorded(r))}${union}${records(base, 'gone')};
        ${refuseTruncate}`
  }
  /** Row triggers see rows of partitions, whose columns may stand in another order: everything goes by name. */
  function rowSource(): string {
    const records = (source: string, rowKind: string, where = ''): string =>
      `select ${r}.*, '${rowKind}' as ${kind}
            from ${rowsOf(source, r, 17)}${where}`
    const unrecorded = `\n           where not exists (select from ${version} v where ${keyEquals('v', r)})`
    const unrecordedThen = `${unrecorded} or 0 > any (${own})`
    const rekeyed = `\n           where ${keyNotIn(r, 'touched')}`
    return `        if tg_op <> 'TRUNCATE' then
          open ${touched_rows} for
          with touched as (select new.* where tg_op <> 'DELETE'), replaced as (select old.* where tg_op <> 'INSERT')
          select * from (
          ${records('touched', 'doubtful', `\n           where 0 > any (${own})`)}${union}${records('replaced', 'first', unrecordedThen)}${union}${records('replaced', 'gone', rekeyed)}${union}${records('touched', 'now')}) u;
        elsif current_setting('transaction_isolation') = 'read committed' then
          open ${touched_rows} for
          ${records(base, 'first', unrecorded)}${union}${records(base, 'gone')};
        ${refuseTruncate}`
  }
  const isTouched = keyEquals(b, byRow ? touch : `(${touch}.image)`)
  const readAgain = byRow
    ? `select ${r}.*, 'now' as ${kind} into ${reread}
          from ${rowsOf(`${base} ${b}`, r, 15, isTouched)}`
    : `select ${b}::${base} as image, 'now' as ${kind} into ${reread}
          from ${base} ${b} where ${isTouched}`
  const convert = byRow
    ? `${row} := ${touch};`
    : `select ${n}.* into ${row}
        from ${rowsOf(`(select (${touch}.image).*) r`, n, 13)};`

  return `
#variable_conflict use_column
declare
  ${own} bigint[];  -- the transaction rows that this database transaction has made; negative: for a row's first version
  ${tx} bigint;  -- the last of them
  ${id} bigint;
  ${op} smallint;
  ${live} boolean;
  ${before} boolean := false;
  ${doubtful} boolean := false;
${byRow ? '' : `  ${again} boolean;\n  ${inserts} boolean;\n`}${byRow ? '' : `  ${single} boolean;\n  ${many} boolean;\n  ${stale} boolean;\n`}  ${touched_rows} refcursor;
  ${touch} record;
  ${reread} record;
  ${row} record;
  ${last} record;
begin${table.context === 'allow' ? '' : actor}
  -- The setting can be forged; a row that is visible while its transaction is in progress cannot: it is our own.
  if current_setting('${setting}', true) <> '' then
    select array_agg(s.id), max(s.id) filter (where s.id > 0) into ${own}, ${tx}
      from unnest(string_to_array(current_setting('${setting}', true), ',')::bigint[]) s (id)
           join ${transaction} t on t.id = abs(s.id),
           lateral (select (t.xmin::text::bigint - pg_current_xact_id()::text::bigint) & 4294967295 as ahead) a
     where case when a.ahead < 2147483648 then
           pg_xact_status((pg_current_xact_id()::text::bigint + a.ahead)::text::xid8) = 'in progress' end;
  end if;
${byRow ? '' : atOnce}
  -- Row by row. What counts is the net effect of the transaction: from what the row was before it to what it is now.
  <<touched>>
  loop
    ${byRow ? '' : `if not ${single} then\n      `}${indented(
      byRow ? 0 : 2,
      `if ${touched_rows} is null then
        -- ${kind}: a row as it is "now", as it was before it was "gone" or had its "first" version, and, if a trigger's
        -- statement took it for older than its history while in truth it had just been made or changed, "doubtful"
${touchedRows}
      end if;
      fetch ${touched_rows} into ${touch};
      exit when not found;
      if ${byRow || rewritten ? '' : `${stale} and `}${touch}.${kind} in ('now', 'gone')${byRow || rewritten ? ` and tg_op <> 'TRUNCATE'` : ''} then
        ${readAgain};
        if found then
          ${touch} := ${reread};
        elsif ${touch}.${kind} = 'now' then
          continue when 0 > any (${own}) is not true;  -- what deleted it has recorded that
          ${touch}.${kind} := 'gone';
        end if;
      end if;
      ${convert}
      ${before} := ${touch}.${kind} = 'first';
      ${doubtful} := ${touch}.${kind} = 'doubtful';
      ${live} := ${touch}.${kind} <> 'gone';`,
    )}
    ${byRow ? '' : `end if;\n    ${again} := false;\n    `}loop
      select v.ctid as tid, v.${txColumn} as tx, ${endColumn === null ? 'null::bigint' : `v.${endColumn}`} as ended, v.${opColumn} as op,
             record_image_eq(row(${list(33, row)}),
                             row(${list(33, 'v')})) as same${flags(row, 'v', 13)}
        into ${last}
        from ${version} v where ${keyEquals('v', row)} order by v.${txColumn} desc limit 1;${
          byRow
            ? ''
            : `
      if ${single} and not ${again} and tg_op <> 'INSERT' and coalesce(${last}.op, 2) = 2 then
        ${single} := false;  -- it was never recorded, or the key was changed
        continue touched;
      end if;`
        }
      continue touched when ${before} and ${last}.tx is not null;
      exit when ${last}.tx = any (${own}) is not true;
      delete from ${version} v where ${keyEquals('v', row)} and v.${txColumn} = any (${own});${byRow ? '' : `\n      ${again} := true;`}
    end loop;
    if ${doubtful} then
      delete from ${version} v where v.ctid = ${last}.tid and ${last}.same and -${last}.tx = any (${own});
      continue;
    end if;
    ${op} := ${operation(live, `${last}.op`, `${last}.same`)};
    if tg_op = 'INSERT' and ${last}.op <> 2 then  -- an older snapshot shows what is out of date: let it fail
      perform from ${version} v where v.ctid = ${last}.tid for no key update;
${
  byRow
    ? ''
    : `      if not ${again} and not ${stale} then  -- deleted by the same statement, whose DELETE is recorded after its INSERT
        perform set_config('versiongen.nested',
                           format('%s,%s,', current_setting('versiongen.nested', true), tg_relid), true);
      end if;
`
}    end if;
    if ${op} is not null then
      ${id} := ${tx};
      if ${before} or ${tx} is null or ${last}.tx > ${tx}  -- ids rise along the versions of a row, even unseen ones
         or ${last}.tx is null and current_setting('transaction_isolation') <> 'read committed' then
        ${insertTransaction(table.transaction, 8, '')} into ${id};
        if not ${before} then
          ${tx} := ${id};
          ${own} := ${own} || ${id};
          perform set_config('${setting}', array_to_string(${own}, ','), true);
        elsif pg_trigger_depth() > 1 then
          ${own} := ${own} || -${id};
          perform set_config('${setting}', array_to_string(${own}, ','), true);
        end if;
      end if;${
        endColumn === null
          ? ''
          : `
      if ${last}.tid is not null then
        update ${version} v set ${endColumn} = ${id} where v.ctid = ${last}.tid;
      end if;`
      }
      insert into ${version} (
        ${target(8)})
      values (${list(14, row)},
              ${id}, ${op}${flagValues(op, last, 14)});
    ${
      endColumn === null
        ? ''
        : `elsif ${last}.ended is not null then
      update ${version} v set ${endColumn} = null where v.ctid = ${last}.tid;
    `
    }end if;
    ${byRow ? '' : `exit when ${single};\n  `}end loop;
  if ${touched_rows} is not null then close ${touched_rows}; end if;
  return null;
end
`
}

const indented = (by: number, text: string): string => (by === 0 ? text.replaceAll('\n  ', '\n') : text)
