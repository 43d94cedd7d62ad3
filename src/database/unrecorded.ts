import type { VersionedTable } from '../plan/types.ts'
import { equalityOperator } from '../sql/equality-operator.ts'
import { identifier, ownRows, qualified } from '../sql/quote.ts'
import type { Database } from './types.ts'

/**
 * How many rows of each table have no version, counted up to `limit` each: enough to say that there are some without
 * counting millions. One query for all tables.
 */
export const findUnrecorded = async (
  db: Database,
  tables: readonly VersionedTable[],
  limit: number,
): Promise<ReadonlyMap<VersionedTable, number>> => {
  const counts = new Map<VersionedTable, number>()
  if (tables.length === 0) return counts
  const parts = tables.map((table, i) => {
    const key = table.key.map(
      ({ name, type }) => `v.${identifier(name)} ${equalityOperator(type)} b.${identifier(name)}`,
    )
    return `select ${i} as number, (select count(*)::int4 from (select from ${ownRows(table.base)} b
      where not exists (select from ${qualified(table.version)} v where ${key.join(' and ')}) limit ${limit}) r) as count`
  })
  const rows = await db.query<{ number: number; count: number }>(parts.join('\nunion all\n'))
  for (const { number, count } of rows) {
    const table = tables[number]
    if (table !== undefined) counts.set(table, count)
  }
  return counts
}
