import type { Relation } from '../catalog/types.ts'
import type { Database } from './types.ts'

/**
 * The tables that may hold rows: all but those without a single page. One query, whatever their number, so that hundreds
 * of empty tables need not be asked one by one.
 */
export const findFilled = async (db: Database, relations: readonly Relation[]): Promise<ReadonlySet<number>> => {
  if (relations.length === 0) return new Set()
  const oids = relations.map(({ oid }) => oid)
  const rows = await db.query<{ readonly oid: string }>(`
    select oid::text as oid from pg_catalog.pg_class
     where oid in (${oids.join(', ')}) and (relkind <> 'r' or relhassubclass or pg_catalog.pg_relation_size(oid) > 0)`)
  return new Set(rows.map(({ oid }) => Number(oid)))
}
