import { PGlite } from '@electric-sql/pglite'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable, text, uuid, withReplicas } from 'drizzle-orm/pg-core'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import { drizzle as drizzleProxy } from 'drizzle-orm/pg-proxy'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import pg from 'pg'
import postgres from 'postgres'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withActor } from '../../src/history/mod.ts'
import { eachServer } from '../support/databases.ts'
import { alpha, mineHistory, minesSql } from './mines.ts'

const mine = pgTable('mine', { mine_guid: uuid().primaryKey(), name: text() })

/** One connection: whoever asks for a second one waits forever. */
const eachDriver = (
  title: string,
  body: (db: ReturnType<typeof drizzle> | ReturnType<typeof drizzlePostgres>, log: readonly string[]) => Promise<void>,
): void =>
  eachServer((name, open) => {
    test(`${title} (pg, ${name})`, async () => {
      const database = await open()
      const pool = new pg.Pool({ connectionString: database.url, max: 1 })
      const log: string[] = []
      try {
        await database.script(minesSql)
        await body(drizzle(pool, { logger: { logQuery: (query) => void log.push(query) } }), log)
        assert.is(pool.idleCount, pool.totalCount, 'every client came back')
      } finally {
        await pool.end()
        await database.close()
      }
    })
    test(`${title} (postgres.js, ${name})`, async () => {
      const database = await open()
      const connection = postgres(database.url, { max: 1, onnotice: () => {} })
      const log: string[] = []
      try {
        await database.script(minesSql)
        await body(drizzlePostgres(connection, { logger: { logQuery: (query) => void log.push(query) } }), log)
      } finally {
        await connection.end()
        await database.close()
      }
    })
  })

const nameOf = async (db: { select: ReturnType<typeof drizzle>['select'] }) =>
  (await db.select({ name: mine.name }).from(mine))[0]?.name

eachDriver("the caller's transaction is used, and undone with it", async (db, log) => {
  const message = await db
    .transaction(async (tx) => {
      await tx.update(mine).set({ name: 'mine alone' })
      const [first] = await mineHistory(tx).versions(alpha)
      await assertRejects(
        tx.transaction(async (nested) => {
          const [version] = await mineHistory(nested).versions(alpha)
          assert.is(await version?.revert(), 'update')
          assert.is(await nameOf(nested), 'Alpha')
          nested.rollback()
        }),
        /Rollback/,
      )
      assert.is(await nameOf(tx), 'mine alone')
      assert.is(await first?.revert(), 'update')
      let count = 0
      for await (const _ of mineHistory(tx).stream()) {
        assert.is(await nameOf(tx), 'Alpha')
        count++
      }
      assert.is(count, 7)
      throw new Error('changed my mind')
    })
    .catch((error: Error) => error.message)
  assert.is(message, 'changed my mind')
  assert.is(await nameOf(db), 'Again')
  assert.ok(
    log.some((query) => query.includes('"mine_version"')),
    'what we ask shows in the log',
  )
})

eachDriver('an actor for a transaction of Drizzle, and for one in it', async (db) => {
  const actor = async (tx: { execute: (query: ReturnType<typeof sql>) => PromiseLike<unknown> }) => {
    const result = (await tx.execute(sql`select current_setting('versiongen.user_id', true) as id`)) as
      { rows?: { id: string }[] } | { id: string }[]
    return (Array.isArray(result) ? result : (result.rows ?? []))[0]?.id
  }
  await withActor(db, { userId: 'ann' }, async (tx) => {
    await tx.update(mine).set({ name: 'by ann' })
    assert.is(await actor(tx), 'ann')
    await tx.transaction(async (nested) => {
      await withActor(nested, { userId: 'bob' }, async (inner) => assert.is(await actor(inner), 'bob'))
      assert.is(await actor(nested), 'ann')
    })
    await assertRejects(
      withActor(tx, { userId: 'eve' }, async (inner) => {
        await inner.update(mine).set({ name: 'by eve' })
        inner.rollback()
      }),
      /Rollback/,
    )
    assert.is(await actor(tx), 'ann')
  })
  assert.is(await nameOf(db), 'by ann')
})

eachServer((name, open) => {
  test(`a transaction begun by hand is left to its owner (${name})`, async () => {
    const database = await open()
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    try {
      await database.script(minesSql)
      const db = drizzle(client)
      await db.execute(sql`begin`)
      await withActor(db, { userId: 'ann' }, async (tx) => {
        await tx.update(mine).set({ name: 'by ann' })
      })
      await db.execute(sql`rollback`)
      assert.is(await nameOf(db), 'Again')
      await withActor(db, { userId: 'ann' }, (tx) => tx.update(mine).set({ name: 'by ann' }))
      assert.is(await nameOf(db), 'by ann')
    } finally {
      await client.end()
      await database.close()
    }
  })

  test(`behind replicas, a proxy, and a connection that dies (${name})`, async () => {
    const database = await open()
    const pool = new pg.Pool({ connectionString: database.url })
    pool.on('error', () => {})
    try {
      await database.script(minesSql)
      const db = drizzle(pool)
      const lazy = new Proxy({} as typeof db, { get: (_, key) => Reflect.get(db, key) })
      for (const handle of [withReplicas(db, [drizzle(pool)]), lazy]) {
        assert.is(await mineHistory(handle).count(alpha), 5)
        await withActor(handle, { userId: 'ann' }, async (tx) => assert.is(await mineHistory(tx).count(alpha), 5))
      }
      await assertRejects(
        withActor(db, {}, (tx) => tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`)),
        /./,
      )
      assert.is(await mineHistory(db).count(alpha), 5)
    } finally {
      await pool.end()
      await database.close()
    }
  })
})

test('Drizzle over PGlite, in a transaction and not', async () => {
  const pglite = await PGlite.create()
  try {
    await pglite.exec(minesSql)
    const db = drizzlePglite(pglite)
    await db.transaction(async (tx) => {
      const [first] = await mineHistory(tx).versions(alpha)
      await first?.revert()
      assert.is(await nameOf(tx), 'Alpha')
    })
    await db.execute(sql`begin`)
    await withActor(db, {}, (tx) => tx.update(mine).set({ name: 'lost' }))
    await db.execute(sql`rollback`)
    assert.is(await nameOf(db), 'Alpha')
  } finally {
    await pglite.close()
  }
})

test('Drizzle over something else is refused by name', () => {
  const proxied = drizzleProxy(async () => ({ rows: [] }))
  assert.throws(
    () => mineHistory(proxied),
    /expected Drizzle over pg, postgres\.js or PGlite, got Drizzle over function/,
  )
  assert.throws(() => mineHistory(drizzle.mock()), /got Drizzle over an instance of Object/)
})

const assertRejects = async (work: PromiseLike<unknown>, message: RegExp): Promise<void> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.instance(error, Error)
  assert.match((error as Error).message, message)
}

test.run()
