import { rm } from 'node:fs/promises'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Database } from '../../src/database/types.ts'
import { findUnrecorded } from '../../src/database/unrecorded.ts'
import { startServer } from '../support/server.ts'
import { connect as connectTo } from '../../src/database/connect.ts'
import { backfillTable, findViolations, readVersions, recordTable, startAfresh } from '../recording/recorded-table.ts'
import { eachDatabase, eachServer, majors, type TestDatabase } from '../support/databases.ts'

eachDatabase((name, open) => {
  let database: TestDatabase
  test(`open (${name})`, async () => void (database = await open()))

  test(`a value too long for its history fails no write, and is warned of (${name})`, async () => {
    await startAfresh(database)
    await database.script(`create table t (id int primary key, v varchar(3), n int)`)
    const table = await recordTable(database, 't')
    await database.script(`insert into t values (1, 'abc', 1); alter table t alter v type text, alter n type bigint`)
    const warnings: string[] = []
    const write = async (sql: string): Promise<void> => {
      if (database.url === undefined) return database.script(sql)
      const client = new pg.Client(database.url)
      client.on('notice', ({ severity, message }) => warnings.push(`${severity} ${message}`))
      await client.connect()
      try {
        await client.query(sql)
      } finally {
        await client.end()
      }
    }
    await write(`update t set v = 'abcd'`)
    await write(`update t set n = 3000000000`)
    const warning = 'WARNING a row of public.t is not recorded: its history cannot hold a value as it is'
    if (database.url !== undefined) assert.equal(warnings, [warning, warning])
    assert.equal(await readVersions(database, table), [[0, '(1,abc,1)']])
    await write(`update t set v = 'xyz', n = 2`)
    assert.equal((await readVersions(database, table)).at(-1), [1, '(1,xyz,2)'])
    assert.equal(await findViolations(database, table), [])
  })

  test(`children by INHERITS record their rows, and the parent its own, whichever is written to (${name})`, async () => {
    await startAfresh(database)
    await database.script(`create table t (id int primary key, v int); create table c (extra text) inherits (t);
      insert into t values (1, 1); insert into c values (2, 2, 'x')`)
    await database.script('alter table c add primary key (id)')
    const parent = await recordTable(database, 't')
    const child = await recordTable(database, 'c')
    for (const table of [parent, child]) await backfillTable(database, table)
    for (const sql of [
      `insert into c values (3, 3, 'y'), (1, 9, 'its key')`,
      'update c set v = 4 where id = 3',
      'update t set v = v + 1',
      'delete from t where id = 2',
      'delete from only t',
    ]) {
      await database.script(sql)
    }
    assert.equal(await readVersions(database, parent), [
      [0, '(1,1)'],
      [1, '(1,2)'],
      [2, '(1,2)'],
    ])
    assert.equal(await readVersions(database, child), [
      [0, '(2,2,x)'],
      [0, '(1,9,"its key")'],
      [0, '(3,3,y)'],
      [1, '(3,4,y)'],
      [1, '(1,10,"its key")'],
      [1, '(2,3,x)'],
      [1, '(3,5,y)'],
      [2, '(2,3,x)'],
    ])
    await database.script('truncate t')
    for (const table of [parent, child]) {
      assert.equal(await findViolations(database, table), [])
      assert.is((await findUnrecorded(database, [table], 10)).get(table), 0)
    }
    assert.equal((await readVersions(database, child)).filter(([operation]) => operation === 2).length, 3)
  })

  test(`close (${name})`, () => database.close())
})

eachServer((name, open) => {
  test(`COPY as text and binary, also frozen (${name})`, async () => {
    const database = await open()
    const file = (suffix: string): string =>
      join(tmpdir(), `versiongen-copy-${process.pid}-${name.replace(' ', '-')}.${suffix}`)
    try {
      await database.script(`create table t (id int primary key, v text); create table source (id int, v text);
        insert into source select g, 'v' || g from generate_series(1, 300) g;
        copy source to '${file('bin')}' (format binary); copy source to '${file('csv')}' (format csv)`)
      const table = await recordTable(database, 't')
      await database.script(`copy t from '${file('bin')}' (format binary)`)
      assert.is((await readVersions(database, table)).length, 300)
      await database.script(`begin; truncate t; copy t from '${file('csv')}' (format csv, freeze); commit`)
      assert.is((await readVersions(database, table)).length, 300, 'the same rows again')
      await database.script(`update source set v = v || '!' where id <= 3; delete from source where id = 300;
        copy source to '${file('bin')}' (format binary)`)
      await database.script(`begin; truncate t; copy t from '${file('bin')}' (format binary, freeze); commit`)
      assert.equal((await readVersions(database, table)).slice(300), [
        [1, '(1,v1!)'],
        [1, '(2,v2!)'],
        [1, '(3,v3!)'],
        [2, '(300,v300)'],
      ])
      assert.equal(await findViolations(database, table), [])
    } finally {
      await database.close()
      for (const suffix of ['bin', 'csv']) await rm(file(suffix), { force: true })
    }
  })

  test(`columns that come and go while others write (${name})`, async () => {
    const database = await open()
    const writers = [1, 2].map(() => new pg.Client({ connectionString: database.url }))
    await Promise.all(writers.map((writer) => writer.connect()))
    try {
      await database.script(`create table t (id int primary key, v int, w text);
        insert into t select g, 0, 'w' from generate_series(1, 20) g`)
      const table = await recordTable(database, 't')
      await backfillTable(database, table)
      const state = { running: true }
      const writing = writers.map(async (writer, i) => {
        for (let n = i; state.running; n += 2) {
          await writer.query(`update t set v = v + 1 where id = ${(n % 20) + 1}`)
          await writer.query(`delete from t where id = ${((n * 3) % 20) + 1}`)
          await writer.query(
            `insert into t (id, v) values (${((n * 3) % 20) + 1}, 0) on conflict (id) do update set v = t.v + 2`,
          )
        }
      })
      for (let n = 0; n < 6; n++) {
        await database.script(`alter table t add extra int default ${n}`)
        await database.script(`create index on t (v)`)
        await database.script(`alter table t rename extra to other`)
        await database.script(`alter table t drop other`)
      }
      state.running = false
      await Promise.all(writing)
      assert.equal(await findViolations(database, table), [])
    } finally {
      for (const writer of writers) await writer.end()
      await database.close()
    }
  })
})

for (const major of majors) {
  test(`an unlogged table that a crash has emptied: history knows what it held (Postgres ${major})`, async () => {
    const server = await startServer(major)
    const open = (): ReturnType<typeof connectTo> =>
      connectTo({ kind: 'server', url: server.url() }, { driver: 'pg', env: {} })
    try {
      const before = await open()
      await before.script(`create unlogged table t (id int primary key, v text)`)
      const table = await recordTable(before, 't')
      await before.script(`set synchronous_commit = on; insert into t values (1, 'a')`)
      await before.close()
      // A backend that dies makes the server recover as after a crash.
      const victim = new pg.Client({ connectionString: server.url() })
      victim.on('error', () => undefined)
      await victim.connect()
      const [row] = (await victim.query<{ pid: number }>('select pg_backend_pid() as pid')).rows
      process.kill(row?.pid ?? 0, 'SIGKILL')
      await victim.end().catch(() => undefined)
      const after = await openEmptied(open)
      assert.equal(
        (await findViolations(after, table)).map(({ problem }) => problem),
        ['row-missing'],
      )
      await after.close()
    } finally {
      await server.stop()
    }
  })
}

/** A connection once the server has recovered: before, it may answer as if nothing had happened, or not at all. */
const openEmptied = async (open: () => Promise<Database>): Promise<Database> => {
  for (let tries = 0; tries < 300; tries++) {
    const database = await open().catch(() => undefined)
    const rows = await database?.query('select from t').catch(() => undefined)
    if (database !== undefined && rows?.length === 0) return database
    await database?.close()
    await sleep(100)
  }
  throw new Error('the server has not emptied the table')
}

test.run()
