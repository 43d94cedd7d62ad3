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
      log(sql, parameters)
      return driver.query(sql, parameters, signal)
    },
    stream: async function* (sql, parameters, signal) {
      log(sql, parameters)
      yield* driver.stream(sql, parameters, signal)
    },
    transact: async (work) => {
      if (!isTransaction(db) && (await driver.isOpen())) {
        // Begun by hand, which Drizzle does not know: it would commit what is not its own.
        return driver.transact((_, executor) => work(db as unknown as Connection, executor))
      }
      return db.transaction((tx) => workIn(tx, work))
    },
  }
}

const isTransaction = (db: unknown): boolean => has(db, 'rollback', 'setTransaction')

const workIn = async <T>(tx: DrizzleDatabase, work: (tx: Connection, executor: Executor) => Promise<T>): Promise<T> => {
  const client = sessionOf(tx)?.client
  // Drizzle does not listen for a connection that breaks, and one that nobody listens for ends the process.
  const emitter = has(client, 'on', 'off') ? (client as Emitter) : undefined
  emitter?.on('error', ignore)
  try {
    const executor = drizzleExecutor(tx)
    const result = await work(tx as unknown as Connection, executor)
    await executor.query('select', []) // fails when `work` hid an error: a commit would then silently roll back
    return result
  } finally {
    emitter?.off('error', ignore)
  }
}

interface Emitter {
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
}
