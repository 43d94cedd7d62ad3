import { isPgClient, isPgPool, pgClientExecutor, pgPoolExecutor } from './pg.ts'
import { isPglite, pgliteExecutor } from './pglite.ts'
import { isPostgres, postgresExecutor } from './postgres.ts'
import type { DriverExecutor } from './types.ts'

/** Recognises a driver's handle by its shape; undefined when it is none. */
export const toDriverExecutor = (handle: unknown): DriverExecutor | undefined => {
  if (isPostgres(handle)) return postgresExecutor(handle)
  if (isPglite(handle)) return pgliteExecutor(handle)
  if (isPgPool(handle)) return pgPoolExecutor(handle)
  if (isPgClient(handle)) return pgClientExecutor(handle)
  return undefined
}
