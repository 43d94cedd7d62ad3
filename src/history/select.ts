import type { Moment } from './moment.ts'
import { createParameters, type Parameters } from './sql.ts'
import type { Table } from './table.ts'

/** A statement and its parameters. */
export type Statement = readonly [sql: string, parameters: readonly string[]]

/**
 * Some versions of one record that lie next to each other, and the one before them, which their first changeset is told
 * against.
 */
export interface Window {
  readonly key: readonly string[]
  readonly order: 'asc' | 'desc'
  readonly limit: number | undefined
  /** Up to the state that held at this moment, or (`before`) just before it. */
  readonly until: { readonly moment: Moment; readonly inclusive: boolean } | undefined
  /** Only what came after the state that held at this moment. */
  readonly after: Moment | undefined
}

/** `v` is a version of the record. */
export const isRecord = (table: Table, key: readonly string[], parameters: Parameters): string =>
  table.key
    .map(({ quoted, cast }, i) => `v.${quoted} = ${parameters.add(key[i] ?? '')}::${cast ?? 'text'}`)
    .join(' and ')

/**
 * The id of the record's version that held at a moment. An instant is looked up among the record's own versions from the
 * newest back: ids rise along a chain, but two transactions may have taken their ids and their time in different order.
 */
const idAt = (
  table: Table,
  record: string,
  moment: Moment,
  inclusive: boolean,
  parameters: Parameters,
): { readonly id: string; readonly comparison: '<=' | '<' } => {
  if (moment.kind === 'transaction') {
    return { id: `${parameters.add(moment.id)}::bigint`, comparison: inclusive ? '<=' : '<' }
  }
  const instant = `${parameters.add(inclusive ? moment.last : moment.first)}::timestamptz`
  const id =
    `(select v.${table.transactionId} from ${table.joined} where ${record} ` +
    `and ${table.issuedAt} ${inclusive ? '<=' : '<'} ${instant} order by v.${table.transactionId} desc limit 1)`
  return { id, comparison: '<=' }
}

/**
 * Reads a window and, where it cannot be told from the rows, two counts of the record's versions: those up to the last of
 * the window (to number it from its end) and those up to `after` (to number it from its start).
 */
export const selectWindow = (table: Table, { key, order, limit, until, after }: Window): Statement => {
  const parameters = createParameters()
  const record = isRecord(table, key, parameters)
  const v = `v.${table.transactionId}`
  const count = (condition: string) => `(select count(*)::text from ${table.versions} as v where ${condition})`

  let upTo = record
  if (until) {
    const { id, comparison } = idAt(table, record, until.moment, until.inclusive, parameters)
    upTo += ` and ${v} ${comparison} ${id}`
  }

  let where = upTo
  let earlier = `'0'`
  if (after) {
    const bound = idAt(table, record, after, true, parameters)
    const last = `select ${v} from ${table.versions} as v where ${record} and ${v} ${bound.comparison} ${bound.id}`
    where += ` and ${v} >= coalesce((${last} order by ${v} desc limit 1), '-9223372036854775808')`
    earlier = count(`${record} and ${v} ${bound.comparison} ${bound.id}`)
  }

  const counts = `${order === 'desc' ? count(upTo) : `'0'`}, ${earlier}`
  const limited = limit === undefined ? '' : ` limit ${parameters.add(String(limit + 1))}::bigint`
  const sql = `select ${table.selected}, ${counts} from ${table.joined} where ${where} order by ${v} ${order}${limited}`
  return [sql, parameters.values]
}

export const countVersions = (table: Table, key: readonly string[]): Statement => {
  const parameters = createParameters()
  const sql = `select count(*)::text from ${table.versions} as v where ${isRecord(table, key, parameters)}`
  return [sql, parameters.values]
}

/** The record's states at some moments: the position of the moment after each row; nothing where it was not there. */
export const selectStates = (table: Table, key: readonly string[], moments: readonly Moment[]): Statement => {
  const parameters = createParameters()
  const record = isRecord(table, key, parameters)
  const states = moments.map((moment, i) => {
    const { id, comparison } = idAt(table, record, moment, true, parameters)
    const v = `v.${table.transactionId}`
    return `(select ${table.selected}, '${i}' from ${table.joined} where ${record} and ${v} ${comparison} ${id} order by ${v} desc limit 1)`
  })
  return [states.join(' union all '), parameters.values]
}

/**
 * One transaction's versions, in key order. After each row: the id again (alone, when the transaction did nothing here),
 * the number of earlier versions of the record, and the operation and columns of the one before.
 */
export const selectTransaction = (table: Table, id: string): Statement => {
  const parameters = createParameters()
  const tx = table.transactionId
  const earlier = [...table.key.map(({ quoted }) => `p.${quoted} = v.${quoted}`), `p.${tx} < v.${tx}`].join(' and ')
  const sql =
    `select ${table.selected}, x.id::text, ` +
    `(select count(*)::text from ${table.versions} as p where ${earlier}), ` +
    `p.${table.operation}::text, ${table.texts('p')} ` +
    `from (select ${parameters.add(id)}::bigint as id) as x ` +
    `left join ${table.transactions} as t on t."id" = x.id ` +
    `left join ${table.versions} as v on v.${tx} = x.id ` +
    `left join lateral (select * from ${table.versions} as p where ${earlier} order by p.${tx} desc limit 1) as p on true ` +
    `where t."id" is not null or v.${tx} is not null ` +
    `order by ${table.key.map(({ quoted }) => `v.${quoted}`).join(', ')}`
  return [sql, parameters.values]
}
