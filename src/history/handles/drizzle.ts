import type { Connection } from '../connection.ts'
import { toDriverExecutor } from './driver.ts'
import { ignore } from './pg.ts'
import { describe, has } from './shape.ts'
import type { Executor } from './types.ts'

/** What every Drizzle database for Postgres has, and every transaction of one. */
interface DrizzleDatabase {
  transaction<T>(work: (tx: DrizzleDatabase) => Promise<T>): Promise<T>
}

/** What it runs its queries through. */
interface DrizzleSession {
  readonly client: unknown
  readonly logger?: { logQuery?(sql: string, parameters: readonly unknown[]): void }
}

const sessionOf = (db: unknown): DrizzleSession | undefined => {
  const { session, _ } = db as { readonly session?: unknown; readonly _?: { readonly session?: unknown } }
  const found = session ?? _?.session
  return typeof found === 'object' && found !== null ? (found as DrizzleSession) : undefined
}

/** Only its databases for Postgres refresh materialized views. */
export const isDrizzle = (handle: unknown): handle is DrizzleDatabase =>
  has(handle, 'transaction', 'execute', 'refreshMaterializedView') && sessionOf(handle) !== undefined

/**
 * Asks the driver under Drizzle, so that values do not pass through Drizzle's parsers; statements show in its log.
 *
 * @throws TypeError when the driver is not supported.
 */
export const drizzleExecutor = (db: DrizzleDatabase): Executor => {
  const session = sessionOf(db)
  const driver = toDriverExecutor(session?.client)
  if (!driver) {
    throw new TypeError(
      'not a database connection: expected Drizzle over pg, postgres.js or PGlite, ' +
        `got Drizzle over ${describe(session?.client)}`,
    )
  }
  const log = (sql: string, parameters: readonly string[]) => session?.logger?.logQuery?.(sql, [...parameters])
  return {
    query: async (sql, parameters, signal) => {
      signal?.throwIfAborted()
      log(sql, parameters)
      return driver.query(sql, parameters, signal)
    },
    stream: async function* (sql, parameters, signal) {
      signal?.throwIfAborted()
      log(sql, parameters)
      yield* driver.stream(sql, parameters, signal)
    },
    transact: async (work) => {
      if (!isTransaction(db) && (await driver.isOpen())) {
        // Begun by hand, which Drizzle does not know: it would commit what is not its own.
        return driver.transact((_, executor) => work(db as unknown as Connection, executor))
      }
      let deafen = ignore
      try {
        return await db.transaction(async (tx) => {
          deafen = listen(sessionOf(tx)?.client)
          const executor = drizzleExecutor(tx)
          const result = await work(tx as unknown as Connection, executor)
          await executor.query('select', []) // fails when `work` hid an error: a commit would then silently roll back
          return result
        })
      } finally {
        deafen()
      }
    },
  }
}

const isTransaction = (db: unknown): boolean => has(db, 'rollback', 'setTransaction')

interface Emitter {
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
}

/**
 * Drizzle does not listen for a connection that breaks, and one that nobody listens to ends the process. What runs on it
 * fails and tells it all.
 */
const listen = (client: unknown): (() => void) => {
  if (!has(client, 'on', 'off')) return ignore
  const emitter = client as Emitter
  emitter.on('error', ignore)
  return () => void emitter.off('error', ignore)
}
