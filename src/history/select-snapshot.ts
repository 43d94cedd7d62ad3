import type { Moment } from './moment.ts'
import { isRecord, type Statement } from './select.ts'
import { createParameters, isNull, type Parameters } from './sql.ts'
import { storedKey, type StoredVersion, type Table, type TableColumn } from './table.ts'
import { lookUpMoment } from './transaction-at.ts'
import { writeWhere } from './where.ts'

/** Some rows of a table as it was. */
export interface Slice {
  readonly moment: Moment
  readonly where: unknown
  readonly order: readonly Ordered[]
  readonly after: StoredVersion | undefined
  readonly limit: string | undefined
  readonly offset: string | undefined
}

/** A column to order by. Ends with the key, so that no two rows are equal. */
export interface Ordered {
  readonly column: TableColumn
  readonly descending: boolean
}

/** The rows, and after each the ids that the moment stands for, in text. */
export const selectSlice = (table: Table, slice: Slice): Statement => {
  const { order, limit, offset } = slice
  const parameters = createParameters()
  const { moment, states } = statesAt(table, slice.moment, parameters)
  const conditions = [states.condition, whereOf(table, slice.where, parameters)]
  let from = states.from
  if (slice.after) {
    const cursor = pageAfter(table, order, slice.after, parameters)
    from += cursor.from
    conditions.push(cursor.condition)
  }
  const sql =
    `with ${moment.cte} select ${table.selected}, ${moment.text} from ${from} where ${conditions.join(' and ')} ` +
    `order by ${order.map(({ column, descending }) => `v.${column.quoted}${descending ? ' desc' : ''}`).join(', ')}` +
    (limit === undefined ? '' : ` limit ${parameters.add(limit)}::bigint`) +
    (offset === undefined ? '' : ` offset ${parameters.add(offset)}::bigint`)
  return [sql, parameters.values]
}

export const countStates = (table: Table, when: Moment, where: unknown): Statement => {
  const parameters = createParameters()
  const { moment, states } = statesAt(table, when, parameters)
  const sql = `with ${moment.cte} select count(*)::text from ${states.versions} where ${states.condition} and ${whereOf(table, where, parameters)}`
  return [sql, parameters.values]
}

const whereOf = (table: Table, where: unknown, parameters: Parameters): string =>
  where === undefined ? 'true' : writeWhere(table, where, parameters)

/** The states that held at a moment, whose ids are looked up once: the versions `v` that were not yet replaced by then. */
const statesAt = (table: Table, when: Moment, parameters: Parameters) => {
  const moment = lookUpMoment(table, when, parameters)
  const alive = `v.${table.operation} <> 2`
  const v = `v.${table.transactionId}`
  const end = table.endTransactionId
  // Backwards, as the primary key can be read: it has the key and the id, both ascending.
  const backwards = [...table.key.map(({ quoted }) => `v.${quoted}`), v]
  const last =
    `(select distinct on (${backwards.slice(0, -1).join(', ')}) v.* from ${table.versions} as v where ${moment.belongs(v)} ` +
    `order by ${backwards.map((name) => `${name} desc`).join(', ')})`
  const versions = end === null ? `${last} as v` : `${table.versions} as v`
  const condition =
    end === null ? alive : `${moment.belongs(v)} and (v.${end} is null or ${moment.follows(`v.${end}`)}) and ${alive}`
  return { moment, states: { versions, from: `${versions} ${joinTransactions(table)}`, condition } }
}

const joinTransactions = (table: Table): string =>
  `left join ${table.transactions} as t on t."id" = v.${table.transactionId}`

/** What comes after a row, told by its values in the database: nothing is lost on the way. */
const pageAfter = (table: Table, order: readonly Ordered[], after: StoredVersion, parameters: Parameters) => {
  const key = storedKey(table, after.texts)
  const byKey =
    order.length === table.key.length &&
    order.every(({ column, descending }, i) => column === table.key[i] && !descending)
  if (byKey) {
    const values = table.key.map(({ cast }, i) => `${parameters.add(key[i] ?? '')}::${cast ?? 'text'}`)
    return {
      from: '',
      condition: `(${table.key.map(({ quoted }) => `v.${quoted}`).join(', ')}) > (${values.join(', ')})`,
    }
  }
  const record = isRecord(table, key, parameters)
  const from =
    ` cross join (select v.* from ${table.versions} as v where ${record} ` +
    `and v.${table.transactionId} = ${parameters.add(after.transaction.id)}::bigint) as c`
  const alternatives = order.map((last, i) => {
    const same = order.slice(0, i).map(({ column }) => `v.${column.quoted} is not distinct from c.${column.quoted}`)
    return [...same, isAfter(last)].join(' and ')
  })
  return { from, condition: `(${alternatives.join(' or ')})` }
}

/** Nulls are the greatest. */
const isAfter = ({ column, descending }: Ordered): string => {
  const [v, c] = [`v.${column.quoted}`, `c.${column.quoted}`]
  const [greater, less] = descending ? [c, v] : [v, c]
  return `(${greater} > ${less} or (${isNull(greater)} and ${isNull(less, false)}))`
}
