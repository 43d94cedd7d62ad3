import type { VersionedTable } from '../plan/types.ts'
import { equalityOperator, operatorSchema } from './equality-operator.ts'
import { fillColumns, isOpenVersion } from './fill.ts'
import { isVersionOf } from './held-key.ts'
import { variableNames } from './names.ts'
import { identifier, literal, ownRows, qualified } from './quote.ts'
import { dollarQuote, wrap } from './text.ts'
import { insertTransaction } from './transaction-table.ts'
import { modifiedColumns } from './version-table.ts'

/** How a backfill in batches goes about it. */
export interface Batches {
  /** Rows of the base table in each. */
  readonly size: number
  /** For the locks on whole tables; on a row it never waits. */
  readonly lockTimeout: string
}

/** As {@link backfill}, in batches: one transaction row for each. */
export const backfillInBatches = (table: VersionedTable, batches: Batches): string => {
  const version = qualified(table.version)
  const flags = table.trackModified ? modifiedColumns(table) : []
  const columns = table.columns.map(({ name }) => identifier(name))
  const target = [
    ...columns,
    ...[table.transactionColumn, table.operationColumn, ...flags.map(({ flag }) => flag)].map(identifier),
  ]
  return inBatches(table, batches, {
    columns,
    isDue: `not exists (select from ${version} v where ${isVersionOf(table, 'v', 'b')})`,
    did: 'rows have got their first version',
    act: (locked, isUnchanged, done) => `t as (
      ${insertTransaction(table.transaction, 6, `where exists (select from ${locked} r where ${isUnchanged})`, 'backfill')}
    ), ${done} as (
      insert into ${version} (
        ${wrap(target, 8)})
      select ${wrap([...columns.map((column) => `r.${column}`), 't.id', '0', ...flags.map(() => 'true')], 13)}
        from t cross join ${locked} r where ${isUnchanged} returning 1
    )`,
  })
}

/** As {@link fillOpenVersions}, in batches. */
export const fillInBatches = (table: VersionedTable, filled: readonly string[], batches: Batches): string => {
  const version = qualified(table.version)
  const { kept, differs } = fillColumns(table, filled)
  const inKey = new Set(table.key.map(({ name }) => name))
  const names = kept.map(({ name }) => identifier(name))
  const isDue = (alias: string): string =>
    `${isVersionOf(table, 'v', alias)} and ${isOpenVersion(table)}\n         and ${differs(alias, 30)}`
  return inBatches(table, batches, {
    columns: [
      ...table.key.map(({ name }) => identifier(name)),
      ...names.filter((_, i) => !inKey.has(kept[i]?.name ?? '')),
    ],
    isDue: `exists (select from ${version} v where ${isDue('b')})`,
    did: 'open versions are up to date',
    act: (locked, isUnchanged, done) => `${done} as (
      update ${version} v
         set ${names.map((name) => `${name} = r.${name}`).join(',\n             ')}
        from ${locked} r
       where ${isUnchanged} and ${isDue('r')}
      returning 1
    )`,
  })
}

interface Work {
  /** What is needed of each row of the base table, quoted; the key is among them. */
  readonly columns: readonly string[]
  /** Whether the row `b` of the base table is to be worked on. */
  readonly isDue: string
  /** For the progress notice. */
  readonly did: string
  /** Common table expressions that work on the rows of `locked`; the last is called `done`, and has a row for each done. */
  readonly act: (locked: string, isUnchanged: string, done: string) => string
}

/**
 * A block that commits after each batch, in the order of the key. Every batch is one statement: its snapshot says which
 * rows are due, and those among them are locked that nobody else holds and that are still what the snapshot shows. So
 * it never waits for a writer while a writer may wait for it, and whoever changes a row before has recorded it himself.
 */
const inBatches = (table: VersionedTable, { size, lockTimeout }: Batches, work: Work): string => {
  const name = qualified(table.base)
  const base = ownRows(table.base)
  const { batch, seen, found_at, nr, more, due, written, rest, total, idle, told } = variableNames(
    ['batch', 'seen', 'found_at', 'nr', 'more', 'due', 'written', 'rest', 'total', 'idle', 'told'] as const,
    new Set([...table.base.columns, ...(table.history?.relation.columns ?? [])].map((column) => column.name)),
  )
  const key = table.key.map((column) => identifier(column.name))
  const of = (alias: string): string => key.map((column) => `${alias}.${column}`).join(', ')
  const statement = `with w as materialized (
      select d.*, row_number() over (order by ${of('d')}) as ${nr}
        from (select ${of('b')}, b.ctid as ${seen}
                from ${base} b
               where ${fromHere(table, batch)}
                     and ${work.isDue}
               order by ${of('b')} limit ${size + 1}) d
    ), locked as materialized (
      select ${wrap(
        work.columns.map((column) => `b.${column}`),
        13,
      )},
             w.${seen}, b.ctid as ${found_at}
        from w join ${base} b on ${sameKey(table, 'b', 'w')}
       where w.${nr} <= ${size}
         for share of b skip locked
    ), ${work.act('locked', `r.${seen} = r.${found_at}`, 'done')}
    select ${of('n')}, n.${nr} is not null as ${more},
           (select count(*) from w where w.${nr} <= ${size}) as ${due}, (select count(*) from done) as ${written}
      into ${batch}
      from (select) one left join w n on n.${nr} > ${size};`
  return `do ${dollarQuote(`
declare
  ${batch} record;  -- the key that it begins with; then that of the next, and how it went
  ${more} boolean;
  ${rest} bigint;  -- rows that others were changing
  ${total} bigint := 0;
  ${idle} integer := 0;
  ${told} timestamptz := clock_timestamp();
begin
  loop
    commit;
    set transaction isolation level read committed;
    set local lock_timeout = ${literal(lockTimeout)};
    set local row_security = off;  -- fail rather than leave out rows
    -- Look rows up by their keys, whatever the size of the tables was when the first batch was planned.
    set local enable_seqscan = off; set local enable_bitmapscan = off;
    set local enable_hashjoin = off; set local enable_mergejoin = off;
    if ${more} is not true then  -- from the lowest key on
      exit when ${rest} = 0;
      if ${rest} > 0 then
        ${idle} := ${idle} + 1;
        if ${idle} > 60 then
          raise exception '% rows of % stay locked by other transactions', ${rest}, ${literal(name)}
            using errcode = 'lock_not_available', hint = 'What is done is kept: end those transactions, and run this again.';
        end if;
        perform pg_sleep(least(0.1 * ${idle}, 1));
      end if;
      ${rest} := 0;
      select ${of('b')} into ${batch} from ${base} b order by ${of('b')} limit 1;
      exit when not found;
    end if;
${
  table.base.kind === 'partitioned table'
    ? `    begin
      ${statement.replaceAll('\n', '\n  ')}
    exception when serialization_failure then  -- a row was moved to another partition: once more
      ${more} := true;
      continue;
    end;`
    : `    ${statement}`
}
    ${more} := ${batch}.${more};
    ${rest} := ${rest} + ${batch}.${due} - ${batch}.${written};
    ${total} := ${total} + ${batch}.${written};
    if ${batch}.${written} > 0 then
      ${idle} := 0;
    end if;
    if clock_timestamp() > ${told} + interval '5 seconds' then
      ${told} := clock_timestamp();
      raise notice '%: % ${work.did}', ${literal(name)}, ${total};
    end if;
  end loop;
  raise notice '%: % ${work.did}; done', ${literal(name)}, ${total};
end
`)};`
}

const sameKey = (table: VersionedTable, a: string, b: string): string =>
  table.key
    .map(({ name, type }) => `${a}.${identifier(name)} ${equalityOperator(type)} ${b}.${identifier(name)}`)
    .join(' and ')

/** Whether the row `b` is not before the key in the record `batch`: as the index of the primary key has it. */
const fromHere = (table: VersionedTable, batch: string): string => {
  const schemas = table.key.map(({ type }) => operatorSchema(type))
  const [schema = ''] = schemas
  const [column = '', ...others] = table.key.map(({ name }) => `b.${identifier(name)}`)
  const [value = ''] = table.key.map(({ name }) => `${batch}.${identifier(name)}`)
  const row = `row(${[column, ...others].join(', ')})`
  const values = `row(${table.key.map(({ name }) => `${batch}.${identifier(name)}`).join(', ')})`
  const atLeast = `operator(${identifier(schema)}.>=)`
  if (others.length === 0) return `${column} ${atLeast} ${value}`
  if (schemas.every((other) => other === schema)) return `${row} ${atLeast} ${values}`
  // One operator cannot stand for types of several schemas; whole records compare as their btree classes do.
  return `${column} ${atLeast} ${value} and ${row}::record operator(pg_catalog.>=) ${values}::record`
}
