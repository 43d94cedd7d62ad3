import type { Executor } from './executor.ts'
import type { Moment } from './moment.ts'
import { createParameters, type Parameters } from './sql.ts'
import type { Table } from './table.ts'

/**
 * The id that a moment stands for, as SQL: transactions up to it belong to the state of the tables at that moment, later
 * ones do not.
 *
 * Ids and times rise together but for a few microseconds, so that an instant is found by its bits, from the highest down,
 * in the primary key alone: the greatest id from which on the next dated transaction is not too late. Unlike a search
 * between the first and the last id this gives the same however many transactions come after. Where neighbours took
 * their ids and their times in different order, the last of them that is not too late counts.
 */
export const transactionAt = (table: Table, moment: Moment, parameters: Parameters): string => {
  if (moment.kind === 'transaction') return `${parameters.add(moment.id)}::bigint`
  const { dated, transactions } = table
  if (dated === null) return latest
  const instant = `${parameters.add(moment.last)}::timestamptz`
  const next = (id: string, comparison: '>' | '>=') =>
    `select t."id", ${dated} as at from ${transactions} as t where t."id" ${comparison} ${id} and t."issued_at" is not null order by t."id"`
  return (
    `(with recursive search (bit, id) as (select 62, 0::bigint union all ` +
    `select s.bit - 1, case when (select at from (${next('s.id + (1::bigint << s.bit)', '>=')} limit 1) as n) <= ${instant} ` +
    `then s.id + (1::bigint << s.bit) else s.id end from search as s where s.bit >= 0), ` +
    `found as (select id from search where bit = -1), ` +
    `last as (select coalesce((select max(id) from (${next('(select id from found)', '>')} limit ${neighbours}) as n ` +
    `where at <= ${instant}), (select id from found)) as id) ` +
    `select coalesce((select id - 1 from (${next('(select id from last)', '>')} limit 1) as n), ` +
    `(select max("id") from ${transactions}), ${latest}))`
  )
}

/** Asks for the id that a moment stands for. */
export const settleMoment = async (
  executor: Executor,
  table: Table,
  moment: Moment,
): Promise<Moment & { readonly kind: 'transaction' }> => {
  if (moment.kind === 'transaction') return moment
  const parameters = createParameters()
  const sql = `select (${transactionAt(table, moment, parameters)})::text`
  const [row] = await executor.query(sql, parameters.values)
  return { kind: 'transaction', id: row?.[0] ?? '' }
}

/** When nothing is dated, all of it was there before everything. */
const latest = `'9223372036854775807'::bigint`

const neighbours = 100
