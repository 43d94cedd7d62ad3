import type { VersionedTable } from '../plan/types.ts'
import { compareTypes } from '../plan/type-change.ts'
import { castType, versionType } from '../sql/column-type.ts'
import { isVersionOf } from '../sql/held-key.ts'
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
    const key = isSameRow(table)
    return `select ${i} as number, (select count(*)::int4 from (select from ${ownRows(table.base)} b
      where not exists (select from ${qualified(table.version)} v where ${key}) limit ${limit}) r) as count`
  })
  const rows = await db.query<{ number: number; count: number }>(parts.join('\nunion all\n'))
  for (const { number, count } of rows) {
    const table = tables[number]
    if (table !== undefined) counts.set(table, count)
  }
  return counts
}

/** By the type that a key column is about to get in history, if its own does not hold the live values. */
const isSameRow = (table: VersionedTable): string => {
  const held = new Map(table.history?.relation.columns.map((column) => [column.name, column.type]))
  return table.key
    .map((column) => {
      const name = identifier(column.name)
      const before = held.get(column.name)
      const live = table.base.columns.find((other) => other.name === column.name)
      const change = before === undefined || live === undefined ? undefined : compareTypes(before, versionType(live))
      if (change?.kind === 'refuse') return `v.${name}::text = b.${name}::text`
      const changes = change !== undefined && change.kind !== 'none' && before?.oid !== change.to.oid
      const casts = !changes ? [] : change.using.length === 0 ? [castType(change.to)] : change.using
      return isVersionOf({ ...table, key: [column] }, 'v', 'b', casts.map((cast) => `::${cast}`).join(''))
    })
    .join(' and ')
}
