import type { VersionedTable } from '../plan/types.ts'
import {
  addOwn,
  isChanged,
  isLatest,
  markNested,
  mayFollowUnseen,
  operation,
  rewrites,
  setEnd,
} from './record-columns.ts'
import type { RecordColumns } from './record-columns.ts'
import { insertTransaction } from './transaction-table.ts'

/**
 * Records what a statement has done from its transition table: a single row with look-ups by key, many rows with two
 * statements. What is out of step with its history is left to be recorded row by row.
 */
export const recordStatement = (table: VersionedTable, columns: RecordColumns): string =>
  [nested(columns), moved(columns), recordOne(table, columns), recordMany(table, columns)].join('\n')

const nested = (columns: RecordColumns): string => {
  const { nested, stale } = columns.names
  return `
  -- Statements run by triggers are recorded before the one that fired the trigger: its rows may be out of date by then.
  if ${nested} <> '' then
    ${stale} := strpos(${nested}, format(',%s,', tg_relid)) > 0;
  end if;
  if pg_trigger_depth() > 1 and not ${stale} then
    ${markNested(columns)}
  end if;`
}

/** The function can be planned for triggers without `replaced`, since the statement that reads it is not reached. */
const moved = ({ key, names }: RecordColumns): string => {
  const { moved, made, r } = names
  const columns = key.join(', ')
  return `
  -- To an older snapshot, a key is taken that was free to move to by now.
  if tg_op = 'UPDATE' and current_setting('transaction_isolation') <> 'read committed' then
    ${moved} := exists (
      select from (select ${columns}, true as ${made} from touched union all select ${columns}, false from replaced) ${r}
       group by ${columns} having bool_and(${made}));
  end if;`
}

/** The last version of the row `n`. */
export const lastVersion = (columns: RecordColumns, indent: number, flags = ''): string => {
  const { version, txColumn, endColumn, opColumn, names } = columns
  const { n, x, l, last_row, last_tx, last_op, last_end, same } = names
  const pad = ' '.repeat(indent)
  const end = endColumn === null ? '' : `v.${endColumn} as ${last_end}, `
  return `left join lateral (
${pad}  select v.ctid as ${last_row}, v.${txColumn} as ${last_tx}, v.${opColumn} as ${last_op},
${pad}         ${end}record_image_eq(${n}, ${x}) as ${same}${flags}
${pad}    from ${version} v cross join lateral (
${pad}           select ${columns.list(indent + 18, 'v')}) ${x}
${pad}   where ${columns.keyEquals('v', n)} order by v.${txColumn} desc limit 1) ${l} on true`
}

const recordOne = (table: VersionedTable, columns: RecordColumns): string => {
  const { version, endColumn, modified, names } = columns
  const { own, tx, id, op, live, inserts, again, many, stale, moved, n, l } = names
  const { last_row, last_tx, last_op, last_end, same, flags } = names
  const found = [
    ...[last_row, last_tx, last_op],
    ...(endColumn === null ? [] : [last_end]),
    same,
    ...(modified.length === 0 ? [] : [flags]),
    many,
  ]
  const changes = modified.map(({ column }) => isChanged(column, n, 'v'))
  const flagged =
    changes.length === 0 ? '' : `,\n               array[${changes.join(`,\n${' '.repeat(21)}`)}] as ${flags}`
  return `
  -- A single row: if it is in step with its history, its new version replaces the one this transaction may have made.
  ${live} := tg_op <> 'DELETE';
  ${inserts} := tg_op = 'INSERT';
  while not ${stale} and not ${moved} and tg_op <> 'TRUNCATE' loop
    select ${l}.*, exists (select from touched offset 1)
      into ${found.join(', ')}
      from ${columns.rowsOf('touched', n, 6, columns.fits)}
      ${lastVersion(columns, 6, flagged)}
     limit 1;
    if not found then
      exit when exists (select from touched where not ${columns.fits});
      return null;
    end if;
    exit when ${many} or not ${again} and (coalesce(${last_op}, 2) = 2) <> ${inserts};
    if ${last_tx} = any (${own}) then
      delete from ${version} v where v.ctid = ${last_row};
      ${again} := true;
      continue;
    end if;
    ${op} := ${operation(live, last_op, same, 10)};
    if ${op} is null then${
      endColumn === null
        ? ''
        : `
      if ${last_end} is not null then
        update ${version} v set ${endColumn} = null where v.ctid = ${last_row};
      end if;`
    }
      return null;
    end if;
    ${id} := ${tx};
    if ${tx} is null or ${last_tx} > ${tx}  -- ids rise along the versions of a row, even unseen ones
       or ${mayFollowUnseen(columns, last_tx, 10)} then
      ${insertTransaction(table.transaction, 6, '')} into ${id};
      ${addOwn(columns, id)}
    end if;
    if ${last_row} is not null then
      update ${version} v set ${setEnd(columns, id)} where v.ctid = ${last_row};
    end if;
    insert into ${version} (
      ${columns.target(6)})
    select ${n}.*, ${id}, ${op}${modified.map((_, i) => `, ${op} <> 1 or ${flags}[${i + 1}]`).join('')}
      from ${columns.storedRowsOf('touched', n, 6)};
    return null;
  end loop;`
}

const recordMany = (table: VersionedTable, columns: RecordColumns): string => {
  const { version, txColumn, endColumn, modified, names } = columns
  const { own, tx, id, op, live, inserts, many, plain, changed, recorded, n, w, l, r } = names
  const { last_row, last_tx, last_op, same } = names
  const last = (select: string, indent: number): string => `(
${' '.repeat(indent)}select ${select} from ${version} v
${' '.repeat(indent)} where ${columns.keyEquals('v', n)} order by v.${txColumn} desc limit 1)`
  const flags = modified.map(({ column }) => `,\n             ${op} <> 1 or ${isChanged(column, n, r)}`)
  const differs =
    endColumn === null
      ? `${op} <> 1 or record_image_ne(row(
               ${columns.list(15, n)}), ${last(`row(\n               ${columns.list(15, 'v')})`, 13)})`
      : `${last(`v.${endColumn}`, 13)} = ${id}`
  return `
  -- Many rows: set by set, if this transaction has touched none of them before and each is in step with its history.
  if ${many} then
    with ${w} as materialized (
      select ${l}.*, ${inserts} or not ${live} or not ${l}.${same} as ${changed}
        from ${columns.rowsOf('touched', n, 8, columns.fits)}
        ${lastVersion(columns, 8)}
    ), t as (
      ${insertTransaction(table.transaction, 6, `where ${tx} is null and exists (select from ${w} where ${w}.${changed})`)}
    ), closed as (
      update ${version} v set ${setEnd(columns, `coalesce(${tx}, (select t.id from t))`)}
        from ${w} where v.ctid = ${w}.${last_row} and ${w}.${changed}
    )
    select coalesce(bool_and((coalesce(${w}.${last_op}, 2) = 2) = ${inserts}
             and coalesce(${w}.${last_tx} < coalesce(${tx}, ${w}.${last_tx} + 1) and ${w}.${last_tx} <> all (${own}),
                          ${tx} is null or current_setting('transaction_isolation') = 'read committed'
                          or ${isLatest(columns)}))${
                            rewrites(table)
                              ? `
             and (tg_op <> 'UPDATE' or count(*) = count(distinct ${w}.${last_row}))`
                              : ''
                          }, false),
           bool_and(${w}.${changed}), bool_or(${w}.${changed}), (select t.id from t)
      into ${plain}, ${changed}, ${recorded}, ${id} from ${w};
    if ${id} is not null then
      ${tx} := ${id};
      ${addOwn(columns, id)}
    end if;
    if ${plain} and ${recorded} then
      ${id} := ${tx};
      ${op} := case tg_op when 'INSERT' then 0 when 'UPDATE' then 1 else 2 end;
      insert into ${version} (
        ${columns.target(8)})
      select ${n}.*, ${id}, ${op}${flags.join('')}
        from ${columns.storedRowsOf('touched', n, 8)}${modified.length === 0 ? '' : `\n        left join lateral ${last('v.*', 10)} ${r} on true`}
       where ${changed} or ${differs};
    end if;
    if ${plain} then
      return null;
    end if;
  end if;
`
}
