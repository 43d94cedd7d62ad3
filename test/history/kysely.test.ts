import { CamelCasePlugin, type ControlledTransaction, Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseRecord, selectRecords } from '../../src/history/handles/record-text.ts'
import { withActor } from '../../src/history/mod.ts'
import { eachServer, testOnEachDatabase } from '../support/databases.ts'
import { alpha, mineHistory, minesSql } from './mines.ts'

interface Database {
  readonly mine: { readonly mineGuid: string; readonly name: string | null }
}

/** One connection: whoever asks for a second one waits forever. */
const onKysely = (
  title: string,
  body: (db: Kysely<Database>, log: readonly string[], pool: pg.Pool) => Promise<void>,
): void =>
  eachServer((name, open) => {
    test(`${title} (${name})`, async () => {
      const database = await open()
      const pool = new pg.Pool({ connectionString: database.url, max: 1 })
      const log: string[] = []
      const db = new Kysely<Database>({
        dialect: new PostgresDialect({ pool }),
        plugins: [new CamelCasePlugin()],
        log: ({ query }) => void log.push(query.sql),
      })
      try {
        await database.script(minesSql)
        await body(db, log, pool)
        assert.is(pool.idleCount, pool.totalCount, 'every client came back')
      } finally {
        await db.destroy()
        await database.close()
      }
    })
  })

const nameOf = async (db: Kysely<Database>) => (await db.selectFrom('mine').select('name').executeTakeFirst())?.name

onKysely("the caller's transaction is used, and undone with it", async (db, log) => {
  const message = await db
    .transaction()
    .execute(async (tx) => {
      await tx.updateTable('mine').set({ name: 'mine alone' }).execute()
      const [first] = await mineHistory(tx).versions(alpha)
      assert.equal(first?.data.mine_no, 'A1', 'names are as they are in the history')
      assert.is(await first?.revert(), 'update')
      await checkLoop(tx)
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

/** Other statements go in between. */
const checkLoop = async (db: Kysely<Database>) => {
  let count = 0
  for await (const change of mineHistory(db).stream()) {
    assert.ok(await nameOf(db))
    await change.previous()
    count++
  }
  assert.is(count, 7)
}

onKysely('a controlled transaction, and its savepoints', async (db) => {
  const tx = await db.startTransaction().execute()
  const saved: ControlledTransaction<Database, ['before']> = await tx.savepoint('before').execute()
  const [first] = await mineHistory(saved).versions(alpha)
  await withActor(saved, { userId: 'ann' }, async (inner) => {
    assert.is(await first?.revert(), 'update')
    assert.is(await nameOf(inner), 'Alpha')
  })
  await checkLoop(saved)
  await saved.rollbackToSavepoint('before').execute()
  assert.is(await nameOf(tx), 'Again')
  await tx.rollback().execute()
  const late = await mineHistory(tx)
    .count(alpha)
    .catch((error: Error) => error.message)
  assert.is(late, 'Transaction is already rolled back')
})

onKysely('a connection, in a transaction begun by hand and not', async (db) => {
  await db.connection().execute(async (connection) => {
    await checkLoop(connection)
    await withActor(connection, { userId: 'ann' }, async (tx) => {
      assert.ok(tx.isTransaction)
      await tx.updateTable('mine').set({ name: 'by ann' }).execute()
    })
    await sql`begin`.execute(connection)
    await withActor(connection, { userId: 'bob' }, (tx) => tx.updateTable('mine').set({ name: 'by bob' }).execute())
    await checkLoop(connection)
    await sql`rollback`.execute(connection)
    assert.is(await nameOf(connection), 'by ann')
  })
})

onKysely('a pool lends a connection for a loop, and gets it back', async (db) => {
  for (let round = 0; round < 3; round++) {
    for await (const _ of mineHistory(db).stream()) break
    const failed = await (async () => {
      for await (const _ of mineHistory(db).stream()) throw new Error('enough')
    })().catch((error: Error) => error.message)
    assert.is(failed, 'enough')
  }
  const versions = await Promise.all([1, 2, 3].map(() => mineHistory(db).versions(alpha)))
  assert.equal(
    versions.map(({ length }) => length),
    [5, 5, 5],
  )
})

onKysely('with a schema or plugins of its own, and through a proxy', async (db) => {
  const lazy = new Proxy({} as typeof db, {
    get: (_, key) => {
      const value: unknown = Reflect.get(db, key, db)
      return typeof value === 'function' ? value.bind(db) : value
    },
  })
  for (const handle of [db.withSchema('elsewhere'), db.withoutPlugins(), db.withPlugin(new CamelCasePlugin()), lazy]) {
    assert.is((await mineHistory(handle).current(alpha))?.data.mine_no, 'A1')
  }
})

const seenBy = async (tx: Transaction<Database>) =>
  (await sql<{ id: string }>`select current_setting('versiongen.user_id', true) as id`.execute(tx)).rows[0]?.id

onKysely('actors nest', async (db) => {
  await withActor(db, { userId: 'ann' }, async (tx) => {
    await withActor(tx, { userId: 'bob' }, async (inner) => assert.is(await seenBy(inner), 'bob'))
    const failed = await withActor(tx, { userId: 'eve' }, async (inner) => {
      await inner.updateTable('mine').set({ name: 'by eve' }).execute()
      throw new Error('no')
    }).catch((error: Error) => error.message)
    assert.is(failed, 'no')
    assert.is(await seenBy(tx), 'ann')
    assert.is(await nameOf(tx), 'Again')
  })
})

const rows: readonly (readonly (string | null)[])[] = [
  ['a'],
  [null],
  [''],
  [null, null],
  ['', null, ''],
  [null, '', null],
  ['a,b', '(c)', '"d"', '\\e\\', ' f ', 'g\nh', "i'j", '\\"', '""', '\\\\"', ')', '('],
  ['{"a": "b,\\"c\\""}', '🌋', 'NULL', 'null', 'ü'],
]

testOnEachDatabase(test, 'rows come whole out of their records, whatever is in them', async (database) => {
  for (const row of rows) {
    const statement = `select ${row.map((_, i) => `$${i + 1}::text`).join(', ')}`
    const [found] = await database.query<{ row: string }>(selectRecords(statement), row)
    assert.equal(parseRecord(found?.row ?? ''), row)
  }
})

testOnEachDatabase(test, 'a statement that changes something keeps its with outside', async (database) => {
  await database.script(`create table "q) select (" ("it's ""select""" text)`)
  const statement =
    `with added as (insert into "q) select (" values ('select (') returning "it's ""select"""), x as (select 1) ` +
    `select "it's ""select""", 'select' from added`
  const [found] = await database.query<{ row: string }>(selectRecords(statement))
  assert.equal(parseRecord(found?.row ?? ''), ['select (', 'select'])
  const union = `(select 'a' as q, 'b') union all (select 'c', null)`
  const found2 = await database.query<{ row: string }>(selectRecords(union))
  assert.equal(
    found2.map(({ row }) => parseRecord(row)),
    [
      ['a', 'b'],
      ['c', null],
    ],
  )
})

test.run()
