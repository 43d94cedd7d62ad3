import { readCatalog } from '../../src/catalog/read.ts'
import type { Catalog } from '../../src/catalog/types.ts'
import type { Database } from '../../src/database/types.ts'

/** Reads the catalog as the pipeline does, with `public` to look unqualified names up in. */
export const readInSnapshot = async (db: Database, searchPath: readonly string[] = ['public']): Promise<Catalog> => {
  await db.script('begin isolation level repeatable read, read only; set local search_path = pg_catalog')
  try {
    return await readCatalog(db, { searchPath })
  } finally {
    await db.script('rollback')
  }
}
