import type { QualifiedName } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { recordFunctionName } from './names.ts'
import { qualified } from './quote.ts'
import { recordColumns, rewrites } from './record-columns.ts'
import { recordRows } from './record-rows.ts'
import { recordStatement } from './record-statement.ts'
import { dollarQuote } from './text.ts'
import { recordsRows } from './triggers.ts'

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
as ${dollarQuote(body)};`
}

const functionBody = (table: VersionedTable): string => {
  const byRow = recordsRows(table.base)
  const columns = recordColumns(table)
  const { names, setting, transaction } = columns
  const {
    own,
    tx,
    id,
    op,
    live,
    before,
    again,
    doubtful,
    older,
    touched_rows,
    touch,
    reread,
    row,
    nested,
    fits,
    held,
    outgrown,
    passed,
  } = names
  const { stale, moved, inserts, many, plain, changed, recorded } = names
  const { last_row, last_tx, last_op, last_end, same, flags } = names
  const lastVersion = [
    `${last_row} tid`,
    `${last_tx} bigint`,
    `${last_op} smallint`,
    ...(columns.endColumn === null ? [] : [`${last_end} bigint`]),
    `${same} boolean`,
    ...(columns.modified.length === 0 ? [] : [`${flags} boolean[]`]),
  ]
  const wholeStatements = `
  ${nested} text := current_setting('versiongen.nested', true);  -- tables that triggers have written to
  ${stale} boolean := false; ${moved} boolean := false; ${again} boolean := false;
  ${inserts} boolean; ${many} boolean; ${plain} boolean; ${changed} boolean; ${recorded} boolean;
  ${lastVersion.join('; ')};  -- of a single row`
  return `
#variable_conflict use_column
declare
  ${own} bigint[] := '{}';  -- the transaction rows of this database transaction; negative: for a first version
  ${tx} bigint;  -- the last of them
  ${id} bigint; ${op} smallint; ${live} boolean; ${before} boolean; ${doubtful} boolean; ${older} boolean;
  ${fits} boolean; ${held} boolean;${byRow ? `\n  ${outgrown} boolean := false;  -- the row as it was does not fit its history` : wholeStatements}
  ${touched_rows} refcursor; ${touch} record; ${reread} record; ${row} record;${
    rewrites(table)
      ? `
  ${passed} bigint[];  -- keys that rows had for a moment only`
      : ''
  }
begin${table.context === 'allow' ? '' : requireActor(table.context)}
  -- The setting can be forged; a row that is visible while its transaction is in progress cannot: it is our own.
  if current_setting('${setting}', true) <> '' then
    ${own} := string_to_array(current_setting('${setting}', true), ',');
    if cardinality(${own}) = 1 then  -- as nearly always
      select t.id into ${tx} from ${transaction} t where t.id = ${own}[1] and t.xmin = pg_current_xact_id()::xid;
    end if;
    if ${tx} is null then
      select coalesce(array_agg(s.id), '{}'), max(s.id) filter (where s.id > 0) into ${own}, ${tx}
        from unnest(string_to_array(current_setting('${setting}', true), ',')::bigint[]) s (id)
             join ${transaction} t on t.id = abs(s.id),
             lateral (select (t.xmin::text::bigint - pg_current_xact_id()::text::bigint) & 4294967295 as ahead) a
       where case when a.ahead < 2147483648 then
             pg_xact_status((pg_current_xact_id()::text::bigint + a.ahead)::text::xid8) = 'in progress' end;
    end if;
  end if;
${byRow ? '' : recordStatement(table, columns)}${recordRows(table, columns, byRow)}
end
`
}

const requireActor = (context: 'warn' | 'refuse'): string => `
  if coalesce(current_setting('versiongen.user_id', true), '') = '' then
    raise ${context === 'refuse' ? 'exception' : 'warning'} 'no actor is set for a change of %.%', tg_table_schema, tg_table_name
      using hint = 'Set versiongen.user_id in the transaction: set_config(''versiongen.user_id'', …, true).'${context === 'refuse' ? ",\n            errcode = 'insufficient_privilege'" : ''};
  end if;`
