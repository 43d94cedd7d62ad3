import type { Catalog, Relation } from '../catalog/types.ts'
import { findRelation } from '../catalog/lookup.ts'
import type { VersionedTable } from '../plan/types.ts'
import { qualified } from '../sql/quote.ts'
import type { Database } from './types.ts'

/**
 * About how many rows each base table has: the planner's estimate, or where there is none, because a table was never
 * analyzed, their number up to `limit`. At most one query for all tables.
 */
export const countRows = async (
  db: Database,
  tables: readonly VersionedTable[],
  catalog: Catalog,
  limit: number,
): Promise<ReadonlyMap<VersionedTable, number>> => {
  const counts = new Map(tables.map((table) => [table, estimateRows(table.base, catalog)]))
  const unknown = tables.filter((table) => (counts.get(table) ?? -1) < 0)
  if (unknown.length === 0) return counts
  const parts = unknown.map(
    ({ base }, i) =>
      `select ${i} as number, (select count(*)::int4 from (select from ${qualified(base)} limit ${limit}) r) as count`,
  )
  for (const { number, count } of await db.query<{ number: number; count: number }>(parts.join('\nunion all\n'))) {
    const table = unknown[number]
    if (table !== undefined) counts.set(table, count)
  }
  return counts
}

/** Of a partitioned table, the sum of its partitions; negative where one was never analyzed. */
const estimateRows = (relation: Relation, catalog: Catalog): number => {
  if (relation.kind !== 'partitioned table') return relation.estimatedRows
  const parts = relation.partitions.map(({ schema, name }) => {
    const partition = findRelation(catalog, schema, name)
    return partition === undefined ? -1 : estimateRows(partition, catalog)
  })
  return parts.some((rows) => rows < 0) ? -1 : parts.reduce((sum, rows) => sum + rows, 0)
}
