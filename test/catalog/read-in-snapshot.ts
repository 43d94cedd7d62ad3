import { readCatalog } from '../../src/catalog/read.ts'
import type { Catalog } from '../../src/catalog/types.ts'
import { inSnapshot } from '../../src/database/snapshot.ts'
import type { Database } from '../../src/database/types.ts'

/** Reads the catalog as the pipeline does; by default with the connection's own search path. */
export const readInSnapshot = (db: Database, searchPath?: readonly string[]): Promise<Catalog> =>
  inSnapshot(db, (session) => readCatalog(db, { searchPath: searchPath ?? session.searchPath }))
