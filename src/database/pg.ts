import type { Socket } from 'node:net'
import type { ClientConfig, QueryConfig } from 'pg'
import type { Login } from './connection-settings.ts'
import type { Database } from './types.ts'
import { toQueryError } from './query-error.ts'
import { parserOf, writeParameter } from './values.ts'

/** What pg reads from the process environment when it is not told; see `forgetEnvironment`. */
interface ConnectionParameters {
  options: string | undefined
  replication: string | undefined
}

/** Logs in over an open socket with pg. Rejects with whatever pg says. */
export const openPg = async (socket: Socket, login: Login): Promise<Database> => {
  const { Client } = (await import('pg')).default
  const config: ClientConfig = {
    host: login.host,
    port: login.port,
    user: login.user,
    database: login.database,
    password: login.password,
    application_name: login.applicationName,
    ssl: false,
    pipeline: true,
    stream: () => alreadyConnected(socket),
    types: { getTypeParser: (oid: number) => parserOf(oid) },
  }
  const client = new Client(config)
  forgetEnvironment(client, login.options)
  client.on('error', () => {}) // a server that dies between two queries is reported by the next one
  await client.connect()

  const { label } = login
  return {
    driver: 'pg',
    pipelines: true,
    label,
    query: async <Row extends object>(sql: string, parameters: readonly unknown[] = []) => {
      try {
        const values = parameters.map(writeParameter)
        return ((await client.query(extended(sql, values))) as { rows: Row[] }).rows
      } catch (error) {
        throw toQueryError(error, label)
      }
    },
    script: async (sql) => {
      try {
        await client.query(sql)
      } catch (error) {
        throw toQueryError(error, label)
      }
    },
    close: () => client.end(),
  }
}

/** Without this, a query without parameters goes by the simple protocol, which takes several statements. */
const extended = (text: string, values: (string | null)[]): QueryConfig & { readonly queryMode: 'extended' } => ({
  text,
  values,
  queryMode: 'extended',
})

/** pg always calls `connect` on its stream; this one has been connected, and perhaps encrypted, before. */
const alreadyConnected = (socket: Socket): Socket =>
  Object.assign(socket, {
    connect: () => {
      queueMicrotask(() => socket.emit('connect'))
      return socket
    },
  })

/** The environment came in as a value and has been read; pg must not read the process's own as well. */
const forgetEnvironment = (client: object, options: string | undefined): void => {
  const { connectionParameters } = client as { connectionParameters: ConnectionParameters }
  connectionParameters.options = options
  connectionParameters.replication = undefined
  Object.assign(client, { binary: false })
}
