import type { VersionedTable } from '../plan/types.ts'
import { addOwn, isChanged, markNested, mayFollowUnseen, operation, rewrites, setEnd } from './record-columns.ts'
import type { RecordColumns } from './record-columns.ts'
import { lastVersion } from './record-statement.ts'
import { ownRows } from './quote.ts'
import { insertTransaction } from './transaction-table.ts'

/**
 * Records row by row what a statement has done, whatever the transaction did before. What counts is the net effect: from
 * what a row was before the transaction to what it is now.
 */
export const recordRows = (table: VersionedTable, columns: RecordColumns, byRow: boolean): string => {
  const { base, version, txColumn, endColumn, modified, names } = columns
  const {
    own,
    tx,
    id,
    op,
    live,
    before,
    again,
    older,
    stale,
    moved,
    touched_rows,
    touch,
    doubtful,
    reread,
    kind,
    fits,
  } = names
  const { row, last_row, last_tx, last_op, last_end, same, b, r, n, l, passed } = names
  const rewritten = rewrites(table)
  const touched = byRow ? touch : `(${touch}.image)`
  const rereads = byRow || rewritten ? `tg_op <> 'TRUNCATE'` : stale
  const readAgain = byRow
    ? `select ${r}.*, 'now' as ${kind} into ${reread}
        from ${columns.rowsOf(`${ownRows(table.base)} ${b}`, r, 13, columns.isFoundBy(b, touched))}`
    : `select (${b}.*)::${base} as image, 'now' as ${kind} into ${reread}
        from ${base} ${b} where ${columns.keyEquals(b, touched)}`
  const image = byRow
    ? `(select ${columns.list(21, touch)}) ${n}`
    : columns.rowsOf(`(select (${touch}.image).*) ${r}`, n, 8)
  const planAnew = byRow
    ? ''
    : `with planned as (select from ${base} where false)  -- has this planned anew when the table is altered
      `
  const flags = modified.map(({ column, flag }) => `,\n                 ${isChanged(column, n, 'v')} as ${flag}`)
  const flagValues = modified.map(({ flag }) => `, ${op} <> 1 or ${row}.${flag}`)

  return `
  -- Asked along with the table, and so anew when that is altered.
  ${fits} := ${columns.fits}
    and not exists (select from ${base} where false);
${
  rewritten
    ? `  ${passed} := coalesce(nullif(current_setting('versiongen.passed', true), ''), '{}');
`
    : ''
}
  -- A row without versions is from before its history, but for one whose INSERT is recorded after what its triggers do.
  ${older} := tg_op <> 'UPDATE' or pg_trigger_depth() = 1 or pg_stat_get_xact_tuples_inserted(tg_relid) = 0;

  -- Everything else row by row. What counts is the net effect: from what a row was before the transaction to what it
  -- is now.
  -- ${kind}: a row as it is "now", as it was before it was "gone" or had its "first" version, and, if a trigger's
  -- statement took it for older than its history while in truth it had just been made or changed, "doubtful"
${byRow ? leaveOutRow(columns) : ''}  ${byRow ? rowSource(table, columns) : statementSource(columns, rewritten)}
  loop
    fetch ${touched_rows} into ${touch};
    exit when not found;
    if ${rereads} and ${touch}.${kind} in ('now', 'gone') then
      ${readAgain};
      if found then
        ${touch} := ${reread};
      elsif ${touch}.${kind} = 'now' then
${
  rewritten
    ? `        if 0 > any (${own}) is not true then  -- what deleted it has recorded that; what changed its key may have yet to
          ${passed} := ${passed} || ${columns.keyHash(touched)};
          continue;
        end if;`
    : `        continue when 0 > any (${own}) is not true;  -- what deleted it has recorded that`
}
        ${touch}.${kind} := 'gone';
      end if;
    end if;
${byRow ? '' : leaveOut(columns, `not ${fits}`, `${touch}.image`, `${warnOfOutgrown}\ncontinue;`, 4)}    ${before} := ${touch}.${kind} = 'first';
    ${doubtful} := ${touch}.${kind} = 'doubtful';
    ${live} := ${touch}.${kind} <> 'gone';
    ${byRow ? '' : `${again} := false;\n    `}loop
      ${planAnew}select ${n}.*, ${l}.* into ${row}
        from ${image}
        ${lastVersion(columns, 8, flags.join(''))};
      exit when ${before} or ${row}.${last_tx} = any (${own}) is not true or ${doubtful} and not exists (
        select from ${version} v where ${columns.keyEquals('v', row)} and -v.${txColumn} = any (${own}));
      delete from ${version} v where ${columns.keyEquals('v', row)} and v.${txColumn} = any (${own});${byRow ? '' : `\n      ${again} := true;`}
    end loop;
    continue when ${before} and ${
      rewritten
        ? `(${row}.${last_tx} is not null or ${columns.keyHash(touched)} = any (${passed}))`
        : `${row}.${last_tx} is not null`
    };
    if ${doubtful} then
      delete from ${version} v where v.ctid = ${row}.${last_row} and ${row}.${same} and -${row}.${last_tx} = any (${own});
      continue;
    end if;
    ${op} := ${operation(live, `${row}.${last_op}`, `${row}.${same}`, 10)};
    if ${live} and ${row}.${last_op} <> 2 and (tg_op = 'INSERT' or ${byRow ? `not (${columns.keyEquals('old', 'new')})` : moved}) then
      -- An older snapshot shows what is out of date: let it fail.
      perform from ${version} v where v.ctid = ${row}.${last_row} for no key update;${
        byRow
          ? ''
          : `
      if not ${again} and not ${stale} and not ${moved} then  -- deleted by the same statement, whose DELETE is recorded after its INSERT
        ${markNested(columns)}
      end if;`
      }
    end if;
    if ${op} is not null then
      ${id} := ${tx};
      if ${before} or ${tx} is null or ${row}.${last_tx} > ${tx}  -- ids rise along the versions of a row, even unseen ones
         or ${mayFollowUnseen(columns, `${row}.${last_tx}`, 12)} then
        ${insertTransaction(table.transaction, 8, '')} into ${id};
        if not ${before} then
          ${tx} := ${id};
          ${addOwn(columns, id)}
        elsif pg_trigger_depth() > 1 then
          ${addOwn(columns, `-${id}`)}
        end if;
      end if;
      if ${row}.${last_row} is not null then
        update ${version} v set ${setEnd(columns, id)} where v.ctid = ${row}.${last_row};
      end if;
      insert into ${version} (
        ${columns.target(8)})
      values (
        ${columns.list(8, row)}, ${id}, ${op}${flagValues.join('')});
    ${
      endColumn === null
        ? ''
        : `elsif ${row}.${last_end} is not null then
      update ${version} v set ${endColumn} = null where v.ctid = ${row}.${last_row};
    `
    }end if;
  end loop;
  close ${touched_rows};${
    rewritten
      ? `
  if ${passed} <> '{}' then
    perform set_config('versiongen.passed', ${passed}::text, true);
  end if;`
      : ''
  }
  return null;`
}

/**
 * A column that was widened meanwhile may hold more now than its history can hold as it is. Such a row is left out: that is
 * worth a warning, but no error. In JSON all types can be compared, and nothing depends on which columns there are.
 */
const leaveOut = (
  { version, names }: RecordColumns,
  when: string,
  image: string,
  then: string,
  indent: number,
): string => {
  const { held, i } = names
  return `if ${when} then
  begin
    select jsonb_strip_nulls(to_jsonb(jsonb_populate_record(null::${version}, ${i}))) <@ ${i} into ${held}
      from to_jsonb(${image}) ${i};
  exception when data_exception or integrity_constraint_violation then
    ${held} := false;
  end;
  if not ${held} then
    ${then.replaceAll('\n', '\n    ')}
  end if;
end if;
`.replaceAll(/^(?=.)/gm, ' '.repeat(indent))
}

/** A row that did not fit before and does now gets a version, but no older one. */
const leaveOutRow = (columns: RecordColumns): string => {
  const { fits, outgrown } = columns.names
  const warnOfDelete = `if tg_op = 'DELETE' then\n  ${warnOfOutgrown.replaceAll('\n', '\n  ')}\nend if;`
  return [
    leaveOut(
      columns,
      `not ${fits} and tg_op in ('UPDATE', 'DELETE')`,
      'old',
      `${outgrown} := true;\n${warnOfDelete}`,
      2,
    ),
    leaveOut(columns, `not ${fits} and tg_op in ('INSERT', 'UPDATE')`, 'new', `${warnOfOutgrown}\nreturn null;`, 2),
  ].join('')
}

/** Not the values: warnings are logged. */
const warnOfOutgrown = `raise warning 'a row of % is not recorded: its history cannot hold a value as it is', tg_relid::regclass
  using hint = 'Run versiongen to widen the history, and again to record what is missing.';`

const union = '\n        union all '

const statementSource = (columns: RecordColumns, rewritten: boolean): string => {
  const { base, version, names } = columns
  const { own, older, touched_rows, kind, r } = names
  const records = (source: string, rowKind: string, where = ''): string =>
    `select (${r}.*)::${base} as image, '${rowKind}' as ${kind} from ${source} ${r}${where}`
  const numbered = (source: string, rowKind: string, where = ''): string =>
    `select ${r}.image, '${rowKind}' as ${kind}, ${r}.nr
          from (select (${r}.*)::${base} as image, row_number() over () as nr from ${source} ${r}) ${r}${where}`
  const unrecorded = (alias: string): string =>
    `\n         where not exists (select from ${version} v where ${columns.isVersionOf('v', alias)})`
  const doubtful = `\n         where 0 > any (${own})`
  const keys = columns.key.map((column) => `(${r}.image).${column}`).join(', ')
  const number = rewritten ? ', row_number() over () as nr' : ''
  // Counted, since looking for each key among the new ones takes for ever where they exceed work_mem.
  const gone = `select ${r}.image, 'gone' as ${kind}${rewritten ? `, ${r}.nr` : ''}
          from (select ${r}.*, bool_or(made) over (partition by ${keys}) as kept
                  from (select (${r}.*)::${base} as image, false as made${number} from replaced ${r}
                        union all select (${r}.*)::${base}, true${number} from touched ${r}) ${r}) ${r}
         where not kept`
  const updated = (select: typeof records, alias: string): string =>
    [
      select('touched', 'doubtful', doubtful),
      select('replaced', 'first', `${unrecorded(alias)} and ${older} or 0 > any (${own})`),
      gone,
      select('touched', 'now'),
    ].join(union)
  return `if tg_op = 'INSERT' then
    open ${touched_rows} for ${records('touched', 'doubtful', doubtful)}${union}${records('touched', 'now')};
  elsif tg_op = 'UPDATE' then
    open ${touched_rows} for ${rewritten ? `${updated(numbered, `(${r}.image)`)}\n         order by nr, ${kind}` : updated(records, r)};
  elsif tg_op = 'DELETE' then
    open ${touched_rows} for ${records('touched', 'first', unrecorded(r))}${union}${records('touched', 'gone')};
  elsif current_setting('transaction_isolation') = 'read committed' then
    open ${touched_rows} for ${records(base, 'first', unrecorded(r))}${union}${records(base, 'gone')};
  ${refuseTruncate}`
}

/** Row triggers see rows of partitions, whose columns may stand in another order: everything goes by name. */
const rowSource = (table: VersionedTable, columns: RecordColumns): string => {
  const { base, version, names } = columns
  const rows = ownRows(table.base)
  const { own, older, touched_rows, kind, outgrown, r, n } = names
  const records = (source: string, rowKind: string, where = ''): string =>
    `select ${r}.*, '${rowKind}' as ${kind}
          from ${columns.rowsOf(source, r, 15)}${where}`
  const unrecorded = `\n         where not exists (select from ${version} v where ${columns.keyEquals('v', r)})`
  const sources = [
    records('touched', 'doubtful', `\n         where 0 > any (${own})`),
    records('replaced', 'first', `${unrecorded} and ${older} or 0 > any (${own})`),
    records(
      'replaced',
      'gone',
      `\n         where not exists (select from touched ${n} where ${columns.isFoundBy(n, r)})`,
    ),
    records('touched', 'now'),
  ]
  return `if tg_op <> 'TRUNCATE' then
    open ${touched_rows} for
    with touched as (select new.* where tg_op <> 'DELETE'), replaced as (
           select old.* where tg_op <> 'INSERT' and not ${outgrown}),
         planned as (select from ${base} where false)  -- has this planned anew when the table is altered
    select * from (
        ${sources.join(union)}) u;
  elsif current_setting('transaction_isolation') = 'read committed' then
    open ${touched_rows} for
        ${records(rows, 'first', unrecorded)}${union}${records(rows, 'gone')};
  ${refuseTruncate}`
}

const refuseTruncate = `else
    raise exception 'TRUNCATE of % at isolation level %',
                    tg_relid::regclass, current_setting('transaction_isolation')
      using errcode = 'feature_not_supported',
            hint = 'Rows that its snapshot does not see would go unrecorded: use read committed.';
  end if;`
