import type { TextRow } from './executor.ts'
import type { Moment } from './moment.ts'
import { createParameters, type Parameters } from './sql.ts'
import { selectedLength, type Table } from './table.ts'
import { belongsTo, isPlain, momentIds } from './transaction-at.ts'

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

/** `v`, or another alias, is a version of the record. */
export const isRecord = (table: Table, key: readonly string[], parameters: Parameters, alias = 'v'): string =>
  table.key
    .map(({ quoted, cast }, i) => `${alias}.${quoted} = ${parameters.add(key[i] ?? '')}::${cast ?? 'text'}`)
    .join(' and ')

/**
 * The id of the record's version that held at a moment. An instant is looked up among the record's own versions from the
 * newest back: ids rise along a chain, but two transactions may have taken their ids and their time in different order.
 * A version that nobody dated belongs with the dated one before it; with none before it, it was there before everything.
 */
const idAt = (
  table: Table,
  record: string,
  moment: Moment,
  inclusive: boolean,
  parameters: Parameters,
): { readonly id: string; readonly comparison: '<=' | '<' } => {
  if (moment.kind === 'transaction' && !isPlain(moment.id)) {
    const seen = belongsTo(`v.${table.transactionId}`, parameters.add(moment.id), false)
    const id = `(select max(v.${table.transactionId}) from ${table.versions} as v where ${record} and ${seen})`
    return { id, comparison: '<=' }
  }
  if (moment.kind === 'transaction') {
    return { id: `${parameters.add(moment.id)}::bigint`, comparison: inclusive ? '<=' : '<' }
  }
  const { transactionId, joined, dated, seen } = table
  const instant = `${parameters.add(inclusive ? moment.last : moment.first)}::timestamptz`
  const before =
    dated &&
    `(select ${seen} from ${joined} where ${record} and v.${transactionId} < w.id and ${dated} is not null ` +
      `order by v.${transactionId} desc limit 1)`
  const own = `select v.${transactionId} as id, ${seen ?? 'null::timestamptz'} as seen from ${joined} where ${record} order by v.${transactionId} desc`
  const id =
    `(select w.id from (${own}) as w where coalesce(w.seen, ${before ?? 'null'}, '-infinity') ${inclusive ? '<=' : '<'} ${instant} ` +
    `order by w.id desc limit 1)`
  return { id, comparison: '<=' }
}

/**
 * The record's last versions among those dated by an instant or not at all. After each row: how many versions there are up
 * to it; '0'; whether nobody dated it; whether the server may know better when others saw it. Where neither is so, and the
 * rows follow upon each other, the first is what {@link selectWindow} would find, for half the time.
 *
 * @param options.withId after that, the ids that the instant stands for in the table, in text
 */
export const selectLatest = (
  table: Table,
  key: readonly string[],
  moment: Moment & { readonly kind: 'instant' },
  { limit, withId = false }: { readonly limit: 1 | 2; readonly withId?: boolean },
): Statement => {
  const parameters = createParameters()
  const record = isRecord(table, key, parameters)
  const v = `v.${table.transactionId}`
  const dated = table.dated ?? 'null::timestamptz'
  const upTo = () => {
    const same = isRecord(table, key, parameters, 'c')
    return `(select count(*)::text from ${table.versions} as c where ${same} and c.${table.transactionId} <= ${v})`
  }
  const sql =
    `select ${table.selected}, ${limit === 1 ? `'0'` : upTo()}, '0', (${dated} is null)::text, current_setting('track_commit_timestamp')${withId ? `, array_to_string(${momentIds(table, moment, parameters)}, ',')` : ''} ` +
    `from ${table.looked} where ${record} and (${dated} <= ${parameters.add(moment.last)}::timestamptz or ${dated} is null) ` +
    `order by ${v} desc limit ${limit}`
  return [sql, parameters.values]
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
  const sql = `select ${table.selected}, ${counts} from ${table.looked} where ${where} order by ${v} ${order}${limited}`
  return [sql, parameters.values]
}

/** The record as it was at a moment, if it was there. */
export const selectState = (table: Table, key: readonly string[], moment: Moment): Statement => {
  const parameters = createParameters()
  const record = isRecord(table, key, parameters)
  const { id } = idAt(table, record, moment, true, parameters)
  const v = `v.${table.transactionId}`
  const last = `select v.* from ${table.versions} as v where ${record} and ${v} <= ${id} order by ${v} desc limit 1`
  const sql =
    `select ${table.selected} from (${last}) as v ` +
    `left join ${table.transactions} as t on t."id" = ${v} where v.${table.operation} <> 2`
  return [sql, parameters.values]
}

/** Whether rows of {@link selectLatest} tell which version held. */
export const isLatest = (table: Table, rows: readonly TextRow[]): boolean => {
  const [last, before] = rows.map((row) => row.slice(selectedLength(table)))
  if (!last) return true
  const [upTo, , undated, tracking] = last
  return undated === 'false' && tracking !== 'on' && Number(upTo) - 1 <= Number(before?.[0] ?? 0)
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
    return `(select ${table.selected}, '${i}' from ${table.looked} where ${record} and ${v} ${comparison} ${id} order by ${v} desc limit 1)`
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
