import process from 'node:process'
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import postgres from 'postgres'
import { DataSource, type Logger } from 'typeorm'
import type { Test } from 'uvu'
import type { Connection } from '../../src/history/mod.ts'
import { eachDatabase, majors, type TestDatabase } from '../support/databases.ts'

/** A fresh database through one driver or library, as an application would hold it. */
export interface Handle {
  /** Such as `postgres.js, Postgres 14`. */
  readonly name: string
  readonly connection: Connection
  /** The same database, to prepare it and to look at it. */
  readonly database: TestDatabase
  /** How many statements went through `connection` so far. */
  statements(): number
  /** Calls `work` with a connection made now, so that it has the database's settings of now. */
  fresh(work: (connection: Connection) => Promise<void>): Promise<void>
}

interface Connected {
  readonly connection: Connection
  statements(): number
  close(): Promise<void>
}

type Connect = (url: string) => Promise<Connected>

/** Counts the statements of a pool's connections. */
const countStatements = (pool: pg.Pool): (() => number) => {
  let count = 0
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...parameters: unknown[]) => unknown
    Object.assign(client, {
      query: (...parameters: unknown[]) => {
        count++
        return query(...parameters)
      },
    })
  })
  return () => count
}

const connectPg = (url: string) => {
  const pool = new pg.Pool({ connectionString: url, max: 3 })
  return { connection: pool, statements: countStatements(pool), close: () => pool.end() }
}

const connectPostgres = (url: string) => {
  let count = 0
  const sql = postgres(url, { max: 3, onnotice: () => {}, debug: () => void count++ })
  return { connection: sql, statements: () => count, close: () => sql.end() }
}

const drivers: ReadonlyMap<string, Connect> = new Map<string, Connect>([
  ['pg', async (url) => connectPg(url)],
  ['postgres.js', async (url) => connectPostgres(url)],
])

const libraries: ReadonlyMap<string, Connect> = new Map<string, Connect>([
  [
    'Drizzle over pg',
    async (url) => {
      const { connection, ...rest } = connectPg(url)
      return { connection: drizzlePg(connection), ...rest }
    },
  ],
  [
    'Drizzle over postgres.js',
    async (url) => {
      const { connection, ...rest } = connectPostgres(url)
      return { connection: drizzlePostgres(connection), ...rest }
    },
  ],
  [
    'Kysely',
    async (url) => {
      const { connection: pool, ...rest } = connectPg(url)
      const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin()] })
      return { connection: db, ...rest }
    },
  ],
  [
    'TypeORM',
    async (url) => {
      let count = 0
      const nothing = () => {}
      const logger: Logger = {
        logQuery: () => void count++,
        logQueryError: nothing,
        logQuerySlow: nothing,
        logSchemaBuild: nothing,
        logMigration: nothing,
        log: nothing,
      }
      const source = new DataSource({ type: 'postgres', url, logger, extra: { max: 3 } })
      await source.initialize()
      return { connection: source, statements: () => count, close: () => source.destroy() }
    },
  ],
])

const onServer = async (database: TestDatabase, url: string, name: string, body: (handle: Handle) => unknown) => {
  const connect = drivers.get(name) ?? libraries.get(name)
  if (!connect) throw new Error(`no handle ${name}`)
  const { close, connection, statements } = await connect(url)
  try {
    const fresh = async (work: (connection: Connection) => Promise<void>) => {
      const other = await connect(url)
      try {
        await work(other.connection)
      } finally {
        await other.close()
      }
    }
    await body({ name: `${name}, ${database.name}`, database, connection, statements, fresh })
  } finally {
    await close()
  }
}

const onPglite = async (database: TestDatabase, name: string, body: (handle: Handle) => unknown) => {
  const { pglite } = database
  if (!pglite) throw new Error('not PGlite')
  let count = 0
  const query = pglite.query.bind(pglite) as (...parameters: unknown[]) => unknown
  const counted = new Proxy(pglite, {
    get: (target, key) => {
      if (key !== 'query') {
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      }
      return (...parameters: unknown[]) => {
        count++
        return query(...parameters)
      }
    },
  })
  const connection = name === 'PGlite' ? counted : drizzlePglite(counted)
  await body({ name, connection, database, statements: () => count, fresh: (work) => work(connection) })
}

/** The oldest server meets pg; what differs between drivers does not differ between servers, but where all majors are asked for. */
const isForNewest = (name: string): boolean => libraries.has(name) || (name === 'postgres.js' && majors.length <= 2)

/** Registers a test once for each of PGlite, pg on each Postgres under test, and postgres.js on the newest. */
export const testOnEachHandle = (test: Test, title: string, body: (handle: Handle) => Promise<unknown>): void =>
  process.env['VERSIONGEN_TEST_HANDLES'] === 'all'
    ? testOnEveryHandle(test, title, body)
    : register(test, title, body, ['PGlite'], [...drivers.keys()])

/** As {@link testOnEachHandle}, and for the libraries on top of those, on the newest Postgres under test. */
export const testOnEveryHandle = (test: Test, title: string, body: (handle: Handle) => Promise<unknown>): void =>
  register(test, title, body, ['PGlite', 'Drizzle over PGlite'], [...drivers.keys(), ...libraries.keys()])

const register = (
  test: Test,
  title: string,
  body: (handle: Handle) => Promise<unknown>,
  onPgliteNames: readonly string[],
  onServerNames: readonly string[],
): void =>
  eachDatabase((databaseName, open) => {
    const embedded = databaseName === 'PGlite'
    for (const name of embedded ? onPgliteNames : onServerNames) {
      if (isForNewest(name) && databaseName !== `Postgres ${majors.at(-1)}`) continue
      test(`${title} (${embedded ? name : `${name}, ${databaseName}`})`, async () => {
        const database = await open()
        try {
          if (database.url === undefined) await onPglite(database, name, body)
          else await onServer(database, database.url, name, body)
        } finally {
          await database.close()
        }
      })
    }
  })
