import type { Connection } from './connection.ts'
import { readCursor, type Session } from './cursor.ts'

/** A row as it travels: every column as Postgres text, or null. */
export type TextRow = readonly (string | null)[]

/** All that histories ask of a driver. */
export interface Executor {
  /** Runs one statement. Parameters go as text; the statement casts every column it returns to text. */
  query(sql: string, parameters: readonly string[]): Promise<readonly TextRow[]>
  /** Runs one statement like {@link query}, and gives its rows in batches: at no time are all of them in memory. */
  stream(sql: string, parameters: readonly string[]): AsyncGenerator<readonly TextRow[], void, undefined>
  /**
   * Runs `work` in a transaction on one connection; inside an open transaction, in a savepoint of it. Commits when `work`
   * resolves, rolls back when it rejects.
   */
  transact<T>(work: (tx: Connection, executor: Executor) => Promise<T>): Promise<T>
}

/**
 * Recognises a driver's handle by its shape.
 *
 * @throws TypeError when it is none of the supported ones.
 */
export const toExecutor = (handle: Connection): Executor => {
  if (isPostgres(handle)) return postgresExecutor(handle)
  if (isPglite(handle)) return pgliteExecutor(handle)
  if (isPgPool(handle)) return pgPoolExecutor(handle)
  if (isPgClient(handle)) return pgClientExecutor(handle)
  throw new TypeError(
    `not a database connection: expected a pg Client or Pool, a postgres.js sql or a PGlite, got ${describe(handle)}`,
  )
}

// pg

interface PgQuery {
  readonly text: string
  readonly values: readonly string[]
  readonly rowMode: 'array'
  readonly types: { getTypeParser(): (text: string) => string }
}

interface PgClient {
  query(query: PgQuery): Promise<{ readonly rows: readonly TextRow[] }>
  query(sql: string): Promise<{ readonly command: string }>
  getTransactionStatus?(): string | null
}

interface PgPoolClient extends PgClient {
  release(error?: boolean): void
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
}

interface PgPool extends PgClient {
  connect(): Promise<PgPoolClient>
}

/** Whatever parsers the application has registered, texts stay texts. */
const untouched = { getTypeParser: () => (text: string) => text }

const pgQuery = async (client: PgClient, text: string, values: readonly string[]): Promise<readonly TextRow[]> =>
  (await client.query({ text, values, rowMode: 'array', types: untouched })).rows

const pgSession = (client: PgClient): Session => ({
  query: (sql, parameters) => pgQuery(client, sql, parameters),
  fetch: (sql) => pgQuery(client, sql, []),
})

const pgClientExecutor = (client: PgClient): Executor => ({
  query: (sql, parameters) => pgQuery(client, sql, parameters),
  stream: async function* (sql, parameters) {
    const hold = !(await isInTransaction(client, (text) => client.query(text)))
    yield* readCursor(pgSession(client), hold, sql, parameters)
  },
  transact: (work) => transactBySql(client, (sql) => client.query(sql), pgClientExecutor, work),
})

const pgPoolExecutor = (pool: PgPool): Executor => ({
  query: (sql, parameters) => pgQuery(pool, sql, parameters),
  stream: async function* (sql, parameters) {
    const client = await pool.connect()
    client.on('error', ignore)
    let reusable = false
    try {
      yield* readInSnapshot(pgSession(client), sql, parameters)
      reusable = true
    } finally {
      client.off('error', ignore)
      client.release(!reusable && !(await isIdle(client)))
    }
  },
  transact: async (work) => {
    const client = await pool.connect()
    // A connection that breaks also says so in an event, which would end the process; its queries fail and tell it all.
    client.on('error', ignore)
    let reusable = true
    try {
      return await pgClientExecutor(client).transact(work)
    } catch (error) {
      reusable = await isIdle(client)
      throw error
    } finally {
      client.off('error', ignore)
      client.release(!reusable)
    }
  },
})

const ignore = (): void => {}

/** Whether a connection is usable and in no transaction: one that could not even roll back must not return to its pool. */
const isIdle = async (client: PgClient): Promise<boolean> => {
  try {
    return !(await isInTransaction(client, (sql) => client.query(sql)))
  } catch {
    return false
  }
}

// postgres.js

interface PostgresSql {
  unsafe(
    sql: string,
    parameters?: readonly string[],
    options?: { prepare: boolean },
  ): PromiseLike<unknown> & { values(): PromiseLike<readonly TextRow[]> }
  begin?<T>(work: (tx: PostgresSql) => Promise<T>): Promise<T>
  savepoint?<T>(work: (tx: PostgresSql) => Promise<T>): Promise<T>
  reserve?(): Promise<PostgresSql & { release(): void }>
}

const postgresSession = (sql: PostgresSql): Session => ({
  query: async (text, parameters) => await sql.unsafe(text, parameters).values(),
  fetch: async (text) => await sql.unsafe(text).values(),
})

const postgresExecutor = (sql: PostgresSql): Executor => ({
  // Unprepared, postgres.js takes two round trips for a statement with parameters; `prepare: false` of the connection wins.
  query: async (text, parameters) => await sql.unsafe(text, parameters, { prepare: true }).values(),
  stream: async function* (text, parameters) {
    if (sql.begin && sql.reserve) {
      const reserved = await sql.reserve()
      try {
        yield* readInSnapshot(postgresSession(reserved), text, parameters)
      } finally {
        reserved.release()
      }
      return
    }
    const hold = !sql.savepoint && !(await isInTransaction({}, async (statement) => await sql.unsafe(statement)))
    yield* readCursor(postgresSession(sql), hold, text, parameters)
  },
  transact: (work) => {
    const within = (tx: PostgresSql) => work(tx as unknown as Connection, postgresExecutor(tx))
    if (sql.begin) return sql.begin(within)
    if (sql.savepoint) return sql.savepoint(within)
    return transactBySql(sql, async (text) => await sql.unsafe(text), postgresExecutor, work)
  },
})

// PGlite

interface Pglite {
  query(
    sql: string,
    parameters: readonly string[],
    options: { rowMode: 'array'; parsers: Record<number, (text: string) => string> },
  ): Promise<{ readonly rows: readonly TextRow[] }>
  exec(sql: string): Promise<unknown>
  transaction?<T>(work: (tx: Pglite) => Promise<T>): Promise<T>
}

const textOid = 25

const pgliteQuery = async (db: Pglite, sql: string, parameters: readonly string[]): Promise<readonly TextRow[]> =>
  (await db.query(sql, parameters, { rowMode: 'array', parsers: { [textOid]: (text) => text } })).rows

const pgliteExecutor = (db: Pglite): Executor => ({
  query: (sql, parameters) => pgliteQuery(db, sql, parameters),
  stream: async function* (sql, parameters) {
    const hold = db.transaction !== undefined && !(await isInTransaction({}, (text) => db.exec(text)))
    const session = {
      query: (text: string, values: readonly string[]) => pgliteQuery(db, text, values),
      fetch: (text: string) => pgliteQuery(db, text, []),
    }
    yield* readCursor(session, hold, sql, parameters)
  },
  transact: async (work) => {
    const run = (sql: string) => db.exec(sql)
    if (!db.transaction || (await isInTransaction({}, run))) return transactBySql(db, run, pgliteExecutor, work)
    return db.transaction(async (tx) => {
      const result = await work(tx as unknown as Connection, pgliteExecutor(tx))
      await tx.exec('select') // fails when `work` hid an error: a commit would then silently roll back
      return result
    })
  },
})

// Cursors on a connection of their own

/** In a transaction, so that a pooler in between keeps the connection, and everything is read as of one moment. */
async function* readInSnapshot(
  session: Session,
  sql: string,
  parameters: readonly string[],
): AsyncGenerator<readonly TextRow[], void, undefined> {
  await session.fetch('begin isolation level repeatable read read only')
  try {
    yield* readCursor(session, false, sql, parameters)
  } finally {
    await session.fetch('rollback')
  }
}

// Transactions on a connection that has no call for them

type Run = (sql: string) => Promise<unknown>

const transactBySql = async <Handle, T>(
  handle: Handle,
  run: Run,
  executorOf: (handle: Handle) => Executor,
  work: (tx: Connection, executor: Executor) => Promise<T>,
): Promise<T> => {
  const nested = await isInTransaction(handle as PgClient, run)
  await run(nested ? `savepoint ${savepoint}` : 'begin')
  try {
    const result = await work(handle as Connection, executorOf(handle))
    // Both fail when `work` hid an error; a commit alone would then silently roll back.
    await run(nested ? `release savepoint ${savepoint}` : 'select; commit')
    return result
  } catch (error) {
    try {
      await run(nested ? `rollback to savepoint ${savepoint}; release savepoint ${savepoint}` : 'rollback')
    } catch (rollbackError) {
      throw new AggregateError([error, rollbackError], 'a transaction failed and could not be rolled back', {
        cause: rollbackError,
      })
    }
    throw error
  }
}

const savepoint = 'versiongen'

/** Asks the driver where it knows, else the server: a savepoint exists only inside a transaction. */
const isInTransaction = async (client: Pick<PgClient, 'getTransactionStatus'>, run: Run): Promise<boolean> => {
  const status = typeof client.getTransactionStatus === 'function' ? client.getTransactionStatus() : null
  if (status !== null && status !== undefined) return status !== 'I'
  try {
    await run(`savepoint ${savepoint}`)
  } catch (error) {
    if ((error as { code?: unknown }).code === noActiveTransaction) return false
    throw error
  }
  await run(`release savepoint ${savepoint}`)
  return true
}

const noActiveTransaction = '25P01'

// Shapes

const has = (value: unknown, ...names: readonly string[]): boolean =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')

const isPostgres = (handle: unknown): handle is PostgresSql => typeof handle === 'function' && has(handle, 'unsafe')
const isPglite = (handle: unknown): handle is Pglite => has(handle, 'query', 'exec') && !has(handle, 'connect')
const isPgClient = (handle: unknown): handle is PgClient => has(handle, 'query', 'connect')
const isPgPool = (handle: unknown): handle is PgPool =>
  isPgClient(handle) && typeof (handle as { totalCount?: unknown }).totalCount === 'number'

const describe = (value: unknown): string => {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object'
}
