import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connect as connectTo } from '../../src/database/connect.ts'
import { startServer } from '../support/server.ts'
import { eachServer, majors } from '../support/databases.ts'
import { backfillSql, findViolations, readVersions, recordTable } from './recorded-table.ts'

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

eachServer((name, open) => {
  test(`a backfill while others write, and again (${name})`, async () => {
    const database = await open()
    const clients = await Promise.all([connect(database.url), connect(database.url), connect(database.url)])
    const [migrator, ...writers] = clients
    try {
      await database.script(
        `create table t (id int primary key, n int); insert into t select g, 0 from generate_series(1, 2000) g`,
      )
      const table = await recordTable(database, 't')
      const progress = { running: true, written: 0 }
      const write = async (client: pg.Client, seed: number): Promise<void> => {
        for (let i = seed; progress.running; i += 7) {
          const id = (i * 37) % 2000
          await client.query(`begin; update t set n = n + 1 where id = ${id + 1};
            insert into t values (${10_000 + i * 2 + seed}, 1); commit`)
          await client.query(`delete from t where id = ${((i * 53) % 2000) + 1}`)
          progress.written++
        }
      }
      const writing = writers.map((client, index) => write(client, index))
      while (progress.written < 10) await sleep(5)
      await migrator?.query(backfillSql(table))
      const before = progress.written
      while (progress.written < before + 10) await sleep(5)
      progress.running = false
      await Promise.all(writing)
      await migrator?.query(backfillSql(table))
      assert.equal(await findViolations(database, table), [])
      const counts = await database.query<{ rows: number }>(
        `select count(distinct id)::int as rows from t_version where operation_type = 0 and id <= 2000`,
      )
      assert.equal(counts, [{ rows: 2000 }])
    } finally {
      for (const client of clients) await client.end()
      await database.close()
    }
  })

  for (const isolation of ['repeatable read', 'serializable']) {
    test(`a transaction at ${isolation} keeps its id while no other draws one (${name})`, async () => {
      const database = await open()
      try {
        await database.script('create table t (id int primary key, n int)')
        const table = await recordTable(database, 't')
        await database.script(`begin isolation level ${isolation}; insert into t values (1, 0); insert into t values (2, 0);
          update t set n = 1 where id = 1; insert into t select g, 0 from generate_series(3, 100) g; commit`)
        assert.equal(await database.query('select count(*)::int as n from transaction'), [{ n: 1 }])
        assert.equal(await findViolations(database, table), [])
      } finally {
        await database.close()
      }
    })
  }

  test(`a warm connection that then writes 50,000 rows at once (${name})`, async () => {
    const database = await open()
    try {
      await database.script(
        `create table t (id int primary key, n int); create table source as select g, 0 from generate_series(2, 50000) g`,
      )
      const table = await recordTable(database, 't')
      await database.script(`insert into t values (1, 0)`)
      for (let n = 1; n <= 8; n++) await database.query(`update t set n = ${n} where id = 1`)
      await database.script(`insert into t select * from source`)
      await database.script(`update t set n = 9`)
      await database.script(`begin; update t set n = 10 where id = 1; update t set n = 11 where id > 1; commit`)
      await database.script(`delete from t where id > 1`)
      assert.is((await readVersions(database, table)).length, 9 + 49_999 + 50_000 + 50_000 + 49_999)
      assert.equal(await findViolations(database, table), [])
    } finally {
      await database.close()
    }
  })
})

for (const major of majors) {
  test(`prepared transactions, committed and rolled back (Postgres ${major})`, async () => {
    const server = await startServer(major, { settings: { max_prepared_transactions: '2' } })
    try {
      const database = await connectTo({ kind: 'server', url: server.url() }, { driver: 'pg', env: {} })
      await database.script(`create table t (id int primary key, name text); insert into t values (1, 'a'), (2, 'b')`)
      const table = await recordTable(database, 't')
      await database.script(backfillSql(table))
      await database.script(`begin; update t set name = 'x'; prepare transaction 'gone'`)
      await database.script(`rollback prepared 'gone'`)
      await database.script(
        `begin; update t set name = 'y' where id = 1; savepoint s; update t set name = 'z' where id = 1; prepare transaction 'kept'`,
      )
      await database.script(`update t set name = 'w' where id = 2`)
      await database.script(`commit prepared 'kept'`)
      await database.script(`update t set name = 'v'`)
      assert.equal((await readVersions(database, table, '1')).map(([, values]) => values).sort(), [
        '(1,v)',
        '(1,z)',
        '(2,v)',
        '(2,w)',
      ])
      assert.equal(await findViolations(database, table), [])
      await database.close()
    } finally {
      await server.stop()
    }
  })
}

test.run()
