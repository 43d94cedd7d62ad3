import type { Socket } from 'node:net'
import type { Options, PostgresType } from 'postgres'
import { VersiongenError } from '../errors.ts'
import type { Login } from './connection-settings.ts'
import type { Database } from './types.ts'
import { toQueryError } from './query-error.ts'
import { parserOf, parsers, writeParameter } from './values.ts'

/** Types for which postgres.js has ways of its own that have to be replaced: see its `types.js`. */
const ownTypes: readonly number[] = [17, 25, 700, 701, 1082, 1114, 1184]

/** Logs in over an open socket with postgres.js. Rejects with whatever postgres.js says. */
export const openPostgres = async (socket: Socket, login: Login): Promise<Database> => {
  const { default: connect } = await import('postgres')
  const { label } = login
  let sockets = [socket]
  let lost: VersiongenError | undefined

  const options: Options<Record<string, PostgresType>> & { socket: () => Socket } = {
    host: login.host,
    port: login.port,
    user: login.user,
    database: login.database,
    pass: login.password,
    max: 1,
    ssl: false,
    prepare: false,
    fetch_types: false,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 0,
    target_session_attrs: undefined as never,
    onnotice: () => {},
    connection: {
      application_name: login.applicationName,
      ...(login.options === undefined ? {} : { options: login.options }),
    },
    types: Object.fromEntries([...parsers.keys(), ...ownTypes].map((oid) => [oid, exchangeText(oid)])),
    // A second call would be a silent reconnection, into a session without our transaction and settings.
    socket: () => {
      const [first] = sockets
      sockets = []
      if (first !== undefined) return first
      lost = new VersiongenError('database-unreachable', `the connection to ${label} was lost`, {
        hint: 'run the command again once the server is back',
      })
      throw lost
    },
  }
  const sql = connect(options)

  try {
    await sql.unsafe('select 1').simple()
  } catch (error) {
    await sql.end({ timeout: 0 })
    throw error
  }

  return {
    driver: 'postgres',
    label,
    query: async <Row extends object>(text: string, parameters: readonly unknown[] = []) => {
      if (lost !== undefined) throw lost
      try {
        const values = parameters.map(writeParameter)
        return Array.from(await sql.unsafe<Row[]>(text, values, extended))
      } catch (error) {
        throw toQueryError(error, label)
      }
    },
    script: async (text) => {
      if (lost !== undefined) throw lost
      try {
        await sql.unsafe(text).simple()
      } catch (error) {
        throw toQueryError(error, label)
      }
    },
    close: () => sql.end({ timeout: lost === undefined ? 5 : 0 }),
  }
}

/** Without this, a query without parameters goes by the simple protocol, which takes several statements. */
const extended: object = { prepare: false, simple: false }

const exchangeText = (oid: number): PostgresType => ({
  to: oid,
  from: [oid],
  serialize: (text: unknown) => text,
  parse: parserOf(oid),
})
