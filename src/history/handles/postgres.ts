import type { Connection } from '../connection.ts'
import { readCursor, type Session } from '../cursor.ts'
import { cancelOnAbort, leaveLoopOnAbort, leaveOnAbort, soon } from './abort.ts'
import { has } from './shape.ts'
import { readInSnapshot } from './snapshot.ts'
import { isInTransaction, transactBySql } from './transact.ts'
import type { DriverExecutor, TextRow } from './types.ts'

interface PostgresQuery extends PromiseLike<readonly TextRow[]> {
  /** Whether the server is at it. */
  readonly active: boolean
  /** What {@link cancel} calls, once. */
  canceller: unknown
  /** Asks the server to stop; resolves when that is done. */
  cancel(): PromiseLike<unknown> | null
}

interface PostgresSql {
  unsafe(
    sql: string,
    parameters?: readonly string[],
    options?: { prepare: boolean },
  ): PromiseLike<unknown> & { values(): PostgresQuery }
  begin?<T>(work: (tx: PostgresSql) => Promise<T>): Promise<T>
  savepoint?<T>(work: (tx: PostgresSql) => Promise<T>): Promise<T>
  reserve?(): Promise<PostgresReserved>
}

interface PostgresReserved extends PostgresSql {
  release(): void
}

export const isPostgres = (handle: unknown): handle is PostgresSql =>
  typeof handle === 'function' && has(handle, 'unsafe')

const postgresQuery = async (query: PostgresQuery, signal: AbortSignal | undefined): Promise<readonly TextRow[]> => {
  if (!signal) return query
  const statement = Promise.resolve(query)
  const { canceller } = query
  return cancelOnAbort(signal, statement, async (isOver) => {
    while (!isOver()) {
      // One that waits behind others cannot be cancelled without harm to those.
      if (query.active) {
        // Asked again where that came too early, before the server had begun; by itself it asks only once.
        query.canceller = canceller
        await query.cancel()
      }
      await soon(statement)
    }
  })
}

const postgresSession = (sql: PostgresSql): Session => ({
  query: async (text, parameters, signal) => {
    signal?.throwIfAborted()
    return postgresQuery(sql.unsafe(text, parameters).values(), signal)
  },
  fetch: async (text, signal) => {
    signal?.throwIfAborted()
    return postgresQuery(sql.unsafe(text).values(), signal)
  },
})

export const postgresExecutor = (sql: PostgresSql): DriverExecutor => {
  const run = async (text: string) => await sql.unsafe(text)
  const query = async (on: PostgresSql, text: string, parameters: readonly string[], signal?: AbortSignal) => {
    signal?.throwIfAborted()
    // Unprepared, postgres.js takes two round trips for a statement with parameters; `prepare: false` of the connection wins.
    return postgresQuery(on.unsafe(text, parameters, { prepare: true }).values(), signal)
  }
  return {
    query: (text, parameters, signal) =>
      signal && sql.begin && sql.reserve
        ? // On a connection of its own: others send their statements ahead of the answers to those before.
          leaveOnAbort(signal, () => reserve(sql, (reserved) => query(reserved, text, parameters, signal)))
        : query(sql, text, parameters, signal),
    stream: async function* (text, parameters, signal) {
      signal?.throwIfAborted()
      if (sql.begin && sql.reserve) {
        yield* leaveLoopOnAbort(signal, streamFrom(sql, text, parameters, signal))
        return
      }
      const hold = !sql.savepoint && !(await isInTransaction({}, run))
      yield* readCursor(postgresSession(sql), hold, text, parameters, signal)
    },
    transact: (work) => {
      const within = (tx: PostgresSql) => work(tx as unknown as Connection, postgresExecutor(tx))
      if (sql.begin) return sql.begin(within)
      if (sql.savepoint) return sql.savepoint(within)
      return transactBySql(sql, run, postgresExecutor, work)
    },
    isOpen: async () => !sql.begin && (sql.savepoint !== undefined || (await isInTransaction({}, run))),
  }
}

async function* streamFrom(
  sql: PostgresSql,
  text: string,
  parameters: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly TextRow[], void, undefined> {
  const reserved = await sql.reserve?.()
  if (!reserved) return
  try {
    yield* readInSnapshot(postgresSession(reserved), text, parameters, signal)
  } finally {
    reserved.release()
  }
}

const reserve = async <T>(sql: PostgresSql, work: (reserved: PostgresSql) => Promise<T>): Promise<T> => {
  const reserved = await sql.reserve?.()
  if (!reserved) return work(sql)
  try {
    return await work(reserved)
  } finally {
    reserved.release()
  }
}
