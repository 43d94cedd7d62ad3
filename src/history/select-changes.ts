import type { Moment } from './moment.ts'
import type { Statement } from './select.ts'
import { createParameters } from './sql.ts'
import type { Table } from './table.ts'
import { lookUpMoment } from './transaction-at.ts'
import { writeWhere } from './where.ts'

/** Some changes of a table. */
export interface ChangeFilter {
  /** Exclusive. */
  readonly since: Moment | undefined
  /** Inclusive. */
  readonly until: Moment | undefined
  readonly userId: string | undefined
  readonly where: unknown
}

/** Changes in the order of their transactions and keys. After each row: the operation and the columns of the version before. */
export const selectChanges = (table: Table, { since, until, userId, where }: ChangeFilter): Statement => {
  const parameters = createParameters()
  const v = `v.${table.transactionId}`
  const start = since && lookUpMoment(table, since, parameters, 'since')
  const end = until && lookUpMoment(table, until, parameters, 'until')
  const moments = [start, end].flatMap((moment) => moment?.cte ?? [])
  const conditions: string[] = []
  if (start) conditions.push(start.mayFollow(v), start.follows(v))
  if (end) conditions.push(end.belongs(v))
  if (where !== undefined) conditions.push(writeWhere(table, where, parameters))
  if (userId !== undefined) {
    if (!table.descriptor.transactionTable.userId) throw new TypeError('the transaction table keeps no users')
    const theirs = `select t."id" from ${table.transactions} as t where t."user_id"::text = ${parameters.add(userId)}`
    conditions.push(`${v} in (${theirs})`)
  }

  const order = [v, ...table.key.map(({ quoted }) => `v.${quoted}`)].join(', ')
  const filter = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const earlier = [
    ...table.key.map(({ quoted }) => `p.${quoted} = v.${quoted}`),
    `p.${table.transactionId} < ${v}`,
  ].join(' and ')
  const before = `select * from ${table.versions} as p where ${earlier} order by p.${table.transactionId} desc limit 1`
  // Sorted before the version before is looked up, so that only half is sorted.
  const sql =
    `${moments.length === 0 ? '' : `with ${moments.join(', ')} `}` +
    `select ${table.selected}, p.${table.operation}::text, ${table.texts('p')} ` +
    `from (select v.* from ${table.versions} as v${filter} order by ${order}) as v ` +
    `left join ${table.transactions} as t on t."id" = ${v} left join lateral (${before}) as p on true order by ${order}`
  return [sql, parameters.values]
}
