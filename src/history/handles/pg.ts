import { readCursor, type Session } from '../cursor.ts'
import { cancelOnAbort, leaveLoopOnAbort, leaveOnAbort, soon } from './abort.ts'
import { has } from './shape.ts'
import { readInSnapshot } from './snapshot.ts'
import { isInTransaction, transactBySql } from './transact.ts'
import type { DriverExecutor, TextRow } from './types.ts'

interface PgQuery {
  readonly text: string
  readonly values: readonly string[]
  readonly rowMode: 'array'
  readonly types: { getTypeParser(): (text: string) => string }
}

export interface PgClient {
  query(query: PgQuery): Promise<{ readonly rows: readonly TextRow[] }>
  query(sql: string): Promise<unknown>
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

export const isPgClient = (handle: unknown): handle is PgClient => has(handle, 'query', 'connect')
export const isPgPool = (handle: unknown): handle is PgPool =>
  isPgClient(handle) && typeof (handle as { totalCount?: unknown }).totalCount === 'number'

/** Whatever parsers the application has registered, texts stay texts. */
const untouched = { getTypeParser: () => (text: string) => text }

const send = async (client: PgClient, text: string, values: readonly string[]): Promise<readonly TextRow[]> =>
  (await client.query({ text, values, rowMode: 'array', types: untouched })).rows

const pgQuery = async (
  client: PgClient,
  sql: string,
  parameters: readonly string[],
  signal?: AbortSignal,
): Promise<readonly TextRow[]> => {
  if (!signal) return send(client, sql, parameters)
  signal.throwIfAborted()
  // A statement that still waits for its turn must not be cancelled: that would stop another.
  const turn = isFree(client) ? undefined : client.query('select')
  turn?.catch(ignore) // what fails it fails the statement behind it, too
  const statement = send(client, sql, parameters)
  return cancelOnAbort(signal, statement, async (isOver) => {
    await turn
    while (!isOver()) {
      await requestCancel(client)
      // Asked again where that came too early, before the server had begun.
      await soon(statement)
    }
  })
}

/** Whether nothing is running on it. */
const isFree = (client: PgClient): boolean => (client as { readyForQuery?: unknown }).readyForQuery === true

/** What pg's `Client` and the `Connection` under it have; pg-native has not. */
interface Cancellable {
  readonly processID: number
  readonly secretKey: number
  readonly host: string
  readonly port: number
  readonly ssl?: unknown
  readonly sslNegotiation?: string
  readonly connection: { readonly constructor: new (options: object) => PgSocket }
}

interface PgSocket {
  connect(portOrPath: number | string, host?: string): void
  requestSsl(): void
  cancel(processId: number, secretKey: number): void
  on(event: 'connect' | 'sslconnect' | 'end', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

const isCancellable = (client: unknown): client is Cancellable => {
  const { processID, secretKey, connection } = client as Partial<Cancellable>
  return (
    typeof processID === 'number' &&
    secretKey !== null &&
    secretKey !== undefined &&
    has(connection, 'connect', 'requestSsl', 'cancel', 'on')
  )
}

/**
 * Sends a cancel request, as `psql` does at Ctrl-C: a socket that is no session, and that the server closes when it has
 * passed the request on. It goes the way the client went, through TLS and poolers.
 */
const requestCancel = (client: PgClient): Promise<void> =>
  new Promise((resolve, reject) => {
    if (!isCancellable(client)) throw new TypeError('this client cannot cancel')
    const { processID, secretKey, host, port, ssl, sslNegotiation } = client
    const socket = new client.connection.constructor({ ssl, sslNegotiation })
    const cancel = () => socket.cancel(processID, secretKey)
    socket.on('error', reject)
    socket.on('end', resolve)
    socket.on('sslconnect', cancel)
    socket.on('connect', () => {
      if (!ssl) cancel()
      else if (sslNegotiation !== 'direct') socket.requestSsl()
    })
    if (host.startsWith('/')) socket.connect(`${host}/.s.PGSQL.${port}`)
    else socket.connect(port, host)
  })

const pgSession = (client: PgClient): Session => ({
  query: (sql, parameters, signal) => pgQuery(client, sql, parameters, signal),
  fetch: (sql, signal) => pgQuery(client, sql, [], signal),
})

export const pgClientExecutor = (client: PgClient): DriverExecutor => ({
  query: (sql, parameters, signal) => pgQuery(client, sql, parameters, signal),
  stream: async function* (sql, parameters, signal) {
    signal?.throwIfAborted()
    const hold = !(await isInTransaction(client, (text) => client.query(text)))
    yield* readCursor(pgSession(client), hold, sql, parameters, signal)
  },
  transact: (work) => transactBySql(client, (sql) => client.query(sql), pgClientExecutor, work),
  isOpen: () => isInTransaction(client, (sql) => client.query(sql)),
})

export const pgPoolExecutor = (pool: PgPool): DriverExecutor => ({
  query: (sql, parameters, signal) =>
    signal
      ? leaveOnAbort(signal, () => lend(pool, (client) => pgQuery(client, sql, parameters, signal)))
      : send(pool, sql, parameters),
  stream: (sql, parameters, signal) => leaveLoopOnAbort(signal, streamFrom(pool, sql, parameters, signal)),
  transact: (work) => lend(pool, (client) => pgClientExecutor(client).transact(work)),
  isOpen: async () => false,
})

async function* streamFrom(
  pool: PgPool,
  sql: string,
  parameters: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly TextRow[], void, undefined> {
  signal?.throwIfAborted()
  const client = await pool.connect()
  client.on('error', ignore)
  let reusable = false
  try {
    yield* readInSnapshot(pgSession(client), sql, parameters, signal)
    reusable = true
  } finally {
    await giveBack(client, reusable)
  }
}

const lend = async <T>(pool: PgPool, work: (client: PgPoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect()
  // A connection that breaks also says so in an event, which would end the process; its queries fail and tell it all.
  client.on('error', ignore)
  let reusable = false
  try {
    const result = await work(client)
    reusable = true
    return result
  } finally {
    await giveBack(client, reusable)
  }
}

/** A connection that could not even roll back must not return to its pool. */
const giveBack = async (client: PgPoolClient, reusable: boolean): Promise<void> => {
  const idle = reusable || (await isIdle(client))
  client.off('error', ignore)
  client.release(!idle)
}

/** Whether a connection is usable and in no transaction, once it has done with what it still had to do. */
const isIdle = async (client: PgClient): Promise<boolean> => {
  try {
    await client.query('select')
    return !(await isInTransaction(client, (sql) => client.query(sql)))
  } catch {
    return false
  }
}

export const ignore = (): void => {}
