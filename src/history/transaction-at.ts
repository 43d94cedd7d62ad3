import type { Executor } from './executor.ts'
import type { Moment } from './moment.ts'
import { createParameters, type Parameters } from './sql.ts'
import type { Table } from './table.ts'

/**
 * The id of the last transaction that had written by an instant, as a query; `dated` is the time of a transaction `t`.
 * Functions in the database find it in the same way.
 *
 * Ids and times rise together but for a few microseconds, so that an instant is found by its bits, from the highest down,
 * in the primary key alone: the greatest id from which on the next dated transaction is not too late. Unlike a search
 * between the first and the last id this gives the same however many transactions come after. Where neighbours took
 * their ids and their times in different order, the last of them that is not too late counts.
 */
export const findTransaction = (transactions: string, dated: string, instant: string): string =>
  `with recursive dated as not materialized (
  select t.id, ${dated} as at from ${transactions} t where t.issued_at is not null
), search (bit, id) as (
  select least(62, 1 + ceil(log(2, greatest(max(id), 1)))::int), 0::bigint from ${transactions}
  union all
  select s.bit - 1, s.id + case when (
      select at from dated d where d.id >= s.id + (1::bigint << s.bit) order by d.id limit 1
    ) <= ${instant} then 1::bigint << s.bit else 0 end
    from search s where s.bit >= 0
), last as (
  select coalesce(max(id), 0) as id from (
    select * from dated where id >= (select id from search where bit < 0) order by id limit ${neighbours}
  ) n where at <= ${instant}
)
select coalesce((select id - 1 from dated where id > (select id from last) order by id limit 1),
                (select max(id) from ${transactions}), ${latest})`

/**
 * The ids that say what belongs to the state of the tables at a moment, as SQL, a `bigint[]`: transactions up to the first
 * id, but for the other ids. Those had written by an instant, and others could not see it yet: they were still to commit. Only
 * where the server knows when that was, and looked for among the transactions of the day before, as `Table.seen` believes
 * no other.
 */
export const momentIds = (table: Table, moment: Moment, parameters: Parameters): string => {
  if (moment.kind === 'transaction') return `string_to_array(${parameters.add(moment.id)}, ',')::bigint[]`
  const { dated, seen, transactions } = table
  if (dated === null || seen === null) return `array[${latest}]`
  const instant = `${parameters.add(moment.last)}::timestamptz`
  const last = findTransaction(transactions, dated, instant)
  const pending =
    `select t."id"::bigint from ${transactions} as t ` +
    `where t."id" > (${findTransaction(transactions, dated, `(${instant} - interval '1 day')`)}) ` +
    `and t."id" <= m.id and ${seen} > ${instant} order by 1`
  return (
    `(select array[m.id] || case when current_setting('track_commit_timestamp') = 'on' then array(${pending}) end ` +
    `from (select (${last}) as id) as m)`
  )
}

/** A moment whose ids a statement looks up once, whatever refers to it: conditions on ids of transactions. */
export interface LookedUpMoment {
  /** For the `with` of the statement. */
  readonly cte: string
  /** The ids that it stands for, in text. */
  readonly text: string
  /** Whether what a transaction wrote was there at the moment. */
  belongs(id: string): string
  /** Whether it came later. */
  follows(id: string): string
  /** What {@link follows} implies, as an index can tell it. */
  mayFollow(id: string): string
}

export const lookUpMoment = (table: Table, when: Moment, parameters: Parameters, name = 'moment'): LookedUpMoment => {
  const of = (column: string) => `(select ${column} from ${name})`
  const unseen = `(${of('unseen')}::bigint[])`
  // Each row is told by comparing numbers; lists are looked into only where there are any.
  return {
    cte:
      `${name} as materialized (select m.ids[1] as id, m.ids[2:] as unseen, cardinality(m.ids) = 1 as plain, ` +
      `coalesce(m.ids[2] - 1, m.ids[1]) as before, array_to_string(m.ids, ',') as text ` +
      `from (select ${momentIds(table, when, parameters)} as ids) as m)`,
    text: of('text'),
    belongs: (id) => `${id} <= ${of('id')} and (${of('plain')} or ${id} <> all${unseen})`,
    follows: (id) => `(${id} > ${of('id')} or (not ${of('plain')} and ${id} = any${unseen}))`,
    mayFollow: (id) => `${id} > ${of('before')}`,
  }
}

/** Whether a version's id belongs to a moment that is given as `momentIds` in text; `plain`, where that is but one id. */
export const belongsTo = (id: string, moment: string, plain: boolean): string => {
  if (plain) return `${id} <= ${moment}::bigint`
  const ids = `(string_to_array(${moment}, ',')::bigint[])`
  return `(${id} <= ${ids}[1] and ${id} <> all(${ids}[2:]))`
}

/** Whether a moment in text is but one id. */
export const isPlain = (moment: string): boolean => !moment.includes(',')

/** Asks for the ids that a moment stands for. */
export const settleMoment = async (
  executor: Executor,
  table: Table,
  moment: Moment,
): Promise<Moment & { readonly kind: 'transaction' }> => {
  if (moment.kind === 'transaction') return moment
  const parameters = createParameters()
  const sql = `select array_to_string(${momentIds(table, moment, parameters)}, ',')`
  const [row] = await executor.query(sql, parameters.values)
  return { kind: 'transaction', id: row?.[0] ?? '' }
}

/** When nothing is dated, all of it was there before everything. */
export const latest = `'9223372036854775807'::bigint`

const neighbours = 100
