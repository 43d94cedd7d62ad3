import type { Connection } from './connection.ts'
import { drizzleExecutor, isDrizzle } from './handles/drizzle.ts'
import { toDriverExecutor } from './handles/driver.ts'
import { isKysely, kyselyExecutor } from './handles/kysely.ts'
import { describe } from './handles/shape.ts'
import { isTypeorm, typeormExecutor } from './handles/typeorm.ts'
import type { Executor } from './handles/types.ts'

export type { Executor, TextRow } from './handles/types.ts'

/**
 * Recognises a handle by its shape.
 *
 * @throws TypeError when it is none of the supported ones.
 */
export const toExecutor = (handle: Connection): Executor => {
  // First the libraries: some of their handles look like those of drivers.
  const executor = isTypeorm(handle)
    ? typeormExecutor(handle)
    : isKysely(handle)
      ? kyselyExecutor(handle)
      : isDrizzle(handle)
        ? drizzleExecutor(handle)
        : toDriverExecutor(handle)
  if (executor) return executor
  throw new TypeError(
    'not a database connection: expected a pg Client or Pool, a postgres.js sql, a PGlite, ' +
      `or a Drizzle, Kysely or TypeORM handle, got ${describe(handle)}`,
  )
}
