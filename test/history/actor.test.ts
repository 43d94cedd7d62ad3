import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import postgres from 'postgres'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Actor, actorFrom, type Connection, withActor } from '../../src/history/mod.ts'
import { toExecutor } from '../../src/history/executor.ts'
import { eachServer, testOnEachDatabase } from '../support/databases.ts'
import { testOnEveryHandle } from './handles.ts'

const actorOf = async (db: Connection): Promise<string> => {
  const [row] = await toExecutor(db).query(
    `select concat_ws(' ', current_setting('versiongen.user_id', true), current_setting('versiongen.remote_addr', true))`,
    [],
  )
  return row?.[0] ?? ''
}
/** Ends in a select, as all that histories ask. */
const run = (db: Connection, sql: string) =>
  toExecutor(db).query(sql.startsWith('insert') ? `with done as (${sql} returning '1') select * from done` : sql, [])
const notes = async (db: Connection) =>
  (await run(db, 'select text from note order by text')).map(([text]) => text).join()
const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error as Error).message,
  )

testOnEveryHandle(test, 'the actor is set for the transaction and nobody else', async ({ connection, database }) => {
  await database.script('create table note (text text)')
  const result = await withActor(connection, { userId: 'eve "x"', remoteAddr: '::1' }, async (tx) => {
    await run(tx, `insert into note values ('kept')`)
    return actorOf(tx)
  })
  assert.is(result, 'eve "x" ::1')
  assert.is((await actorOf(connection)).trim(), '')
  assert.is(await notes(connection), 'kept')
  assert.is((await withActor(connection, { userId: 42n }, actorOf)).trim(), '42')
})

test('who is no actor is refused before anything begins', async () => {
  for (const [actor, got] of [
    [null, 'null'],
    [undefined, 'undefined'],
    ['eve', 'string'],
  ] as const) {
    const work = () => Promise.reject(new Error('began'))
    const error: unknown = await withActor({} as Connection, actor as unknown as Actor, work).catch(
      (thrown: unknown) => thrown,
    )
    assert.instance(error, TypeError)
    assert.is((error as Error).message, `an actor is an object such as { userId: 'eve' }, got ${got}`)
  }
})

testOnEveryHandle(test, 'actors nest and come back', async ({ connection }) => {
  const seen: string[] = []
  await withActor(connection, { userId: 'outer', remoteAddr: '::1' }, async (outer) => {
    await withActor(outer, { userId: 'inner' }, async (inner) => {
      seen.push(await actorOf(inner))
      await withActor(inner, { userId: null, remoteAddr: null }, async (nobody) =>
        seen.push(`[${(await actorOf(nobody)).trim()}]`),
      )
      seen.push(await actorOf(inner))
    })
    seen.push(await actorOf(outer))
    const error = await messageOf(
      withActor(outer, { userId: 'failing' }, async () => {
        throw new Error('no')
      }),
    )
    seen.push(error, await actorOf(outer))
  })
  assert.equal(seen, ['inner ::1', '[]', 'inner ::1', 'outer ::1', 'no', 'outer ::1'])
})

testOnEveryHandle(test, 'an error undoes its own part only', async ({ connection, database }) => {
  await database.script('create table note (text text)')
  await withActor(connection, { userId: 'a' }, async (outer) => {
    await run(outer, `insert into note values ('outer')`)
    const message = await messageOf(
      withActor(outer, { userId: 'b' }, async (inner) => {
        await run(inner, `insert into note values ('inner')`)
        await run(inner, 'select 1/0')
      }),
    )
    assert.is(message, 'division by zero')
  })
  assert.is(await notes(connection), 'outer')

  const message = await messageOf(
    withActor(connection, { userId: 'a' }, async (tx) => {
      await run(tx, `insert into note values ('lost')`)
      throw new Error('mine')
    }),
  )
  assert.is(message, 'mine')
  assert.is(await notes(connection), 'outer')
})

testOnEveryHandle(
  test,
  'a hidden error cannot turn a commit into a silent rollback',
  async ({ connection, database }) => {
    await database.script('create table note (text text)')
    const message = await messageOf(
      withActor(connection, {}, async (tx) => {
        await run(tx, `insert into note values ('lost')`)
        await messageOf(run(tx, 'select 1/0'))
      }),
    )
    assert.not.equal(message, 'no error')
    assert.is(await notes(connection), '')
  },
)

testOnEveryHandle(test, 'the current actor is found in its context', async ({ connection }) => {
  const actors = new AsyncLocalStorage<Actor>()
  const transact = actorFrom(() => actors.getStore())
  const seen = await Promise.all(
    ['ann', 'bob', 'eve', undefined].map((userId, i) => {
      const request = async () => {
        await new Promise((resolve) => setTimeout(resolve, 5 * (3 - i)))
        return transact(connection, async (tx) => {
          const inner = await actors.run({ remoteAddr: '::1' }, () => transact(tx, actorOf))
          return `${(await actorOf(tx)).trim()}, then ${inner.trim()}`
        })
      }
      return userId === undefined ? request() : actors.run({ userId }, request)
    }),
  )
  assert.equal(seen, ['ann, then ann ::1', 'bob, then bob ::1', 'eve, then eve ::1', ', then ::1'])
})

test('who cannot be found begins nothing', async () => {
  const strict = actorFrom(async () => {
    throw new Error('not signed in')
  })
  const untouched = { query: () => assert.unreachable(), connect: () => assert.unreachable() }
  assert.is(await messageOf(strict(untouched, async () => {})), 'not signed in')
})

eachServer((name, open) => {
  test(`a pool gets every client back (${name})`, async () => {
    const database = await open()
    const pool = new pg.Pool({ connectionString: database.url, max: 2 })
    pool.on('error', () => {}) // the client that dies below
    try {
      for (const work of [async () => 1, async () => Promise.reject(new Error('x'))]) {
        await messageOf(Promise.all([1, 2, 3, 4].map(() => withActor(pool, { userId: 'a' }, work))))
      }
      const message = await messageOf(
        withActor(pool, { userId: 'a' }, (tx) => tx.query('select pg_terminate_backend(pg_backend_pid())')),
      )
      assert.not.equal(message, 'no error')
      assert.is((await actorOf(pool)).trim(), '')
      assert.is(pool.idleCount, pool.totalCount)
      assert.is(pool.waitingCount, 0)
    } finally {
      await pool.end()
      await database.close()
    }
  })

  test(`the transaction a pg client has open is used, known or asked for (${name})`, async () => {
    const database = await open()
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    // What older drivers look like: nothing says whether a transaction is open.
    const silent = { query: client.query.bind(client), connect: client.connect.bind(client) }
    try {
      await client.query('create table note (text text)')
      for (const db of [client, silent]) {
        await client.query('begin')
        await withActor(db, { userId: 'a' }, (tx) => run(tx, `insert into note values ('x')`))
        assert.is((await actorOf(client)).trim(), '')
        await client.query('rollback')
        assert.is(await notes(client), '')

        await withActor(db, { userId: 'a' }, (tx) => run(tx, `insert into note values ('y')`))
        await client.query('rollback') // a warning: there is none
        assert.is(await notes(client), 'y')
        await client.query('truncate note')
      }
    } finally {
      await client.end()
      await database.close()
    }
  })

  test(`a reserved postgres.js connection, in a transaction and not (${name})`, async () => {
    const database = await open()
    const sql = postgres(database.url, { onnotice: () => {} })
    const reserved = await sql.reserve()
    try {
      await reserved`create table note (text text)`
      await withActor(reserved, { userId: 'a' }, (tx) => tx`insert into note values ('kept')`)
      await reserved`begin`
      await withActor(reserved, { userId: 'a' }, (tx) => tx`insert into note values ('lost')`)
      await reserved`rollback`
      assert.is(await notes(sql), 'kept')
    } finally {
      reserved.release()
      await sql.end()
      await database.close()
    }
  })

  test(`postgres.js with names transformed and nothing prepared (${name})`, async () => {
    const database = await open()
    const sql = postgres(database.url, { transform: postgres.camel, prepare: false })
    try {
      assert.is(await withActor(sql, { userId: 'a', remoteAddr: 'b' }, actorOf), 'a b')
    } finally {
      await sql.end()
      await database.close()
    }
  })
})

testOnEachDatabase(test, 'a transaction opened by hand on PGlite is used', async ({ pglite, script }) => {
  if (!pglite) return
  await script('create table note (text text)')
  await pglite.exec('begin')
  await withActor(pglite, { userId: 'a' }, (tx) => run(tx, `insert into note values ('lost')`))
  await pglite.exec('rollback')
  assert.is(await notes(pglite), '')
})

test('anything else is refused by name', () => {
  for (const [handle, got] of [
    [undefined, 'undefined'],
    [null, 'null'],
    ['postgres://', 'string'],
    [{}, 'an instance of Object'],
    [{ query: () => {} }, 'an instance of Object'],
    [new Map(), 'an instance of Map'],
    [() => {}, 'function'],
  ] as const) {
    assert.throws(
      () => toExecutor(handle as unknown as Connection),
      (error: unknown) => error instanceof TypeError && error.message.endsWith(`got ${got}`),
    )
  }
})

test.run()
