import pg from 'pg'
import postgres from 'postgres'
import type { Test } from 'uvu'
import type { Connection } from '../../src/history/mod.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'

/** A fresh database through one driver, as an application would hold it. */
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

type Connect = (url: string) => { connection: Connection; statements: () => number; close: () => Promise<void> }

const drivers = new Map<string, Connect>([
  [
    'pg',
    (url) => {
      const pool = new pg.Pool({ connectionString: url, max: 3 })
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
      return { connection: pool, statements: () => count, close: () => pool.end() }
    },
  ],
  [
    'postgres.js',
    (url) => {
      let count = 0
      const sql = postgres(url, { max: 3, onnotice: () => {}, debug: () => void count++ })
      return { connection: sql, statements: () => count, close: () => sql.end() }
    },
  ],
])

const onServer = async (database: TestDatabase, url: string, driver: string, body: (handle: Handle) => unknown) => {
  const connect = drivers.get(driver)
  if (!connect) throw new Error(`no driver ${driver}`)
  const { close, ...rest } = connect(url)
  try {
    const fresh = async (work: (connection: Connection) => Promise<void>) => {
      const other = connect(url)
      try {
        await work(other.connection)
      } finally {
        await other.close()
      }
    }
    await body({ name: `${driver}, ${database.name}`, database, ...rest, fresh })
  } finally {
    await close()
  }
}

const onPglite = async (database: TestDatabase, body: (handle: Handle) => unknown) => {
  const { pglite } = database
  if (!pglite) throw new Error('not PGlite')
  let count = 0
  const query = pglite.query.bind(pglite) as (...parameters: unknown[]) => unknown
  const connection = new Proxy(pglite, {
    get: (target, name) => {
      if (name !== 'query') {
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      }
      return (...parameters: unknown[]) => {
        count++
        return query(...parameters)
      }
    },
  })
  await body({ name: 'PGlite', connection, database, statements: () => count, fresh: (work) => work(connection) })
}

/** Registers a test once for PGlite, and for pg and postgres.js on each Postgres under test. */
export const testOnEachHandle = (test: Test, title: string, body: (handle: Handle) => Promise<unknown>): void =>
  eachDatabase((name, open) => {
    for (const driver of name === 'PGlite' ? [name] : drivers.keys()) {
      test(`${title} (${driver === name ? name : `${driver}, ${name}`})`, async () => {
        const database = await open()
        try {
          if (database.url === undefined) await onPglite(database, body)
          else await onServer(database, database.url, driver, body)
        } finally {
          await database.close()
        }
      })
    }
  })
