import type { Database } from './types.ts'

/**
 * Reads the rows of a statement in batches, so that no more are in memory at a time. Only inside a transaction, such as
 * that of `inSnapshot`, and one at a time.
 */
export async function* readCursor<Row extends object>(db: Database, sql: string): AsyncGenerator<Row, void, undefined> {
  await db.script(`declare versiongen_rows no scroll cursor for ${sql}`)
  while (true) {
    const rows = await db.query<Row>(`fetch forward ${batchSize} from versiongen_rows`)
    yield* rows
    if (rows.length < batchSize) break
  }
  await db.script('close versiongen_rows')
}

const batchSize = 1000
