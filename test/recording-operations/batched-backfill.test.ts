import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { VersionedOptions } from '../../src/models/types.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { qualified } from '../../src/sql/quote.ts'
import { eachDatabase, eachServer, type TestDatabase } from '../support/databases.ts'
import {
  backfillTable,
  findViolations,
  planTable,
  readVersions,
  recordTable,
  startAfresh,
} from '../recording/recorded-table.ts'
import { batchesSql, runOutsideTransaction } from './run-outside.ts'

interface Shape {
  readonly ddl: string
  /** Of 25 rows: an expression over `g`, 1 to 25. */
  readonly rows: string
  readonly table?: string
  readonly options?: VersionedOptions
  readonly serversOnly?: boolean
  readonly where?: string
}

const shapes: Readonly<Record<string, Shape>> = {
  'one column': { ddl: `create table t (id int primary key, v text)`, rows: `g, 'v' || g` },
  'an empty table': { ddl: `create table t (id int primary key, v text)`, rows: `g, ''`, where: 'where false' },
  'four columns, the first the same for all': {
    ddl: `create table t (a int, b text, c date, d boolean, v int, primary key (a, b, c, d))`,
    rows: `1, 'b' || g / 4, date '2024-01-01' + g / 2, g % 2 = 0, g`,
  },
  'names that are in the way': {
    ddl: `create table t (more int, from_1 text, seen int, nr int, "done ""it""" text, r int, w int, b int, primary key (more, from_1, b))`,
    rows: `g, 'x' || g, g, g, 'y', g, g, g`,
  },
  'hostile names': {
    ddl: `create schema "s $$ ' ; --"; create table "s $$ ' ; --"."t ""x"" \${y} $versiongen$" ("k '\\ey" int, "__proto__" text, "constructor" int, primary key ("k '\\ey", "__proto__"))`,
    table: `s $$ ' ; --.t "x" \${y} $versiongen$`,
    rows: `g, 'x' || g, g`,
  },
  'uuid, bytea and numeric keys': {
    ddl: `create table t (u uuid, b bytea, n numeric, primary key (u, b, n))`,
    rows: `('00000000-0000-4000-8000-' || lpad(g::text, 12, '0'))::uuid, decode(lpad(g::text, 2, '0'), 'hex'), case g when 7 then 'NaN' else g / 3.0 end`,
  },
  'enums, arrays, ranges and domains in the key': {
    ddl: `create type mood as enum ('sad', 'ok', 'glad'); create domain positive as int not null check (value > 0);
      create table t (m mood, a int[], r int4range, d positive, c char(3), v json, primary key (m, a, r, d, c))`,
    rows: `(enum_range(null::mood))[g % 3 + 1], array[g, null, 2], int4range(g, g + 3), g, chr(96 + g), json_build_object('g', g)`,
  },
  'a composite type as key': {
    ddl: `create type place as (x int, y text); create table t (p place primary key, v int)`,
    rows: `row(g % 3, 'y' || g)::place, g`,
  },
  'citext in a schema of its own beside an integer': {
    ddl: `create schema ext; create extension citext schema ext; create table t (c ext.citext, n int, primary key (c, n))`,
    rows: `('C' || g)::ext.citext, g`,
    serversOnly: true,
  },
  partitions: {
    ddl: `create table t (id int, region text, v int, primary key (id, region)) partition by list (region);
      create table t_a partition of t for values in ('a', 'b') partition by range (id);
      create table t_a1 partition of t_a default; create table t_c (v int, region text not null, id int not null);
      alter table t attach partition t_c default`,
    rows: `g, chr(97 + g % 4), g`,
  },
  'other column names, flags, and no ends': {
    ddl: `create table t (id int primary key, v int, w text)`,
    rows: `g, g, 'w'`,
    options: { strategy: 'subquery', transactionColumn: 'tx', operationColumn: 'op', trackModified: true },
  },
  'a nondeterministic collation': {
    ddl: `create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create table t (name text collate ci primary key, v int)`,
    rows: `case when g % 2 = 0 then 'n' else 'N' end || g, g`,
    serversOnly: true,
  },
}

eachDatabase((name, open) => {
  let database: TestDatabase
  test(`open (${name})`, async () => void (database = await open()))

  for (const [title, shape] of Object.entries(shapes)) {
    const { ddl, rows, where = '', table: tableName = 't', options = {}, serversOnly = false } = shape
    test(`batches do what one transaction does: ${title} (${name})`, async () => {
      if (serversOnly && database.pglite !== undefined) return
      const record = async (): ReturnType<typeof recordTable> => {
        await startAfresh(database)
        await database.script(ddl)
        const { base } = await planTable(database, tableName, { options })
        await database.script(`insert into ${qualified(base)} select ${rows} from generate_series(1, 25) g ${where}`)
        return recordTable(database, tableName, { options })
      }
      const read = async (table: VersionedTable): Promise<string[]> =>
        (await readVersions(database, table)).map(String).sort()
      const atOnce = await record()
      await backfillTable(database, atOnce)
      const expected = await read(atOnce)
      assert.is(expected.length, where === '' ? 25 : 0)

      const table = await record()
      await runOutsideTransaction(database, batchesSql(table, { batchSize: 4 }))
      assert.equal(await read(table), expected)
      assert.equal(await findViolations(database, table), [])
      await runOutsideTransaction(database, batchesSql(table, { batchSize: 4 }))
      assert.equal(await read(table), expected)
    })
  }

  test(`columns of open versions are filled in batches (${name})`, async () => {
    await startAfresh(database)
    await database.script(`create table t (id int, k text, v int, primary key (id, k));
      insert into t select g, 'k', g from generate_series(1, 25) g`)
    await backfillTable(database, await recordTable(database, 't'))
    await database.script(`delete from t where id = 3;
      alter table t add w numeric default 1.50; alter table t_version add w numeric`)
    const table = await planTable(database, 't')
    await runOutsideTransaction(database, batchesSql(table, { batchSize: 4, filled: ['w'] }))
    assert.equal(await findViolations(database, table), [])
    const [count] = await database.query(`select count(*)::int as all, count(w)::int as filled from t_version`)
    assert.equal(count, { all: 26, filled: 24 })
  })

  test(`close (${name})`, () => database.close())
})

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

eachServer((name, open) => {
  for (const partitioned of [false, true]) {
    const shape = partitioned ? 'partitions' : 'a table'
    test(`killed in the middle and run again, beside writers, on ${shape} (${name})`, async () => {
      const database = await open()
      const writers = await Promise.all([1, 2, 3].map(() => connect(database.url)))
      try {
        await database.script(`create table t (id int, part int, n int, primary key (id, part)) ${partitioned ? 'partition by list (part)' : ''};
          ${partitioned ? 'create table t_0 partition of t for values in (0); create table t_1 partition of t for values in (1)' : ''};
          insert into t select g, g % 2, 0 from generate_series(1, 3000) g`)
        const table = await recordTable(database, 't')
        const progress = { running: true, written: 0 }
        const write = async (client: pg.Client, seed: number): Promise<void> => {
          for (let i = seed * 1000; progress.running; i++) {
            const id = ((i * 2654435761) % 3000) + 1
            const [script, end] = [
              [`update t set n = n + 1 where id between ${id} and ${id + 3}`, 'commit'],
              [`delete from t where id = ${id}`, 'commit'],
              [`update t set part = 1 - part, n = n + 1 where id = ${id}`, 'commit'],
              [`update t set n = -1 where id = ${id}; insert into t values (${10_000 + i}, 0, ${i})`, 'commit'],
              [`select from t where id between ${id} and ${id + 50} for update; select pg_sleep(0.01)`, 'commit'],
              [
                `delete from t where id = ${id}; insert into t values (${id}, 0, -2) on conflict do nothing`,
                'rollback',
              ],
            ][i % 6] as [string, string]
            try {
              await client.query(`begin; ${script}; ${end}`)
            } catch (error) {
              await client.query('rollback')
              // What writers do to each other; the backfill never takes part in it.
              if (!['40P01', '40001', '23505'].includes((error as { code?: string }).code ?? '')) throw error
            }
            progress.written++
          }
        }
        const writing = writers.map((client, index) => write(client, index + 1))
        const sql = batchesSql(table, { batchSize: 60 })
        let kills = 0
        const state = { done: false }
        while (!state.done) {
          const migrator = await connect(database.url)
          const [pid] = (await migrator.query('select pg_backend_pid() as pid')).rows
          const [before] = await database.query<{ count: number }>('select count(*)::int from t_version')
          const run = runOutsideTransaction({ script: async (text) => void (await migrator.query(text)) }, sql).then(
            () => (state.done = true),
            (error: unknown) => assert.is((error as { code?: string }).code, '57P01', String(error)),
          )
          if (kills < 2) {
            for (let now = 0; !state.done && now < (before?.count ?? 0) + 500; await sleep(2)) {
              now = (await database.query<{ count: number }>('select count(*)::int from t_version'))[0]?.count ?? 0
            }
            await database.query(`select pg_terminate_backend(${pid.pid})`)
            kills++
          }
          await run
          await migrator.end().catch(() => undefined)
        }
        const after = progress.written + 20
        while (progress.written < after) await sleep(5)
        progress.running = false
        await Promise.all(writing)
        assert.is(kills, 2)
        assert.equal(await findViolations(database, table), [])
        const lost = await database.query(
          `select g from generate_series(1, 3000) g where not exists (select from t_version v where v.id = g)`,
        )
        assert.equal(lost, [])
      } finally {
        for (const client of writers) await client.end()
        await database.close()
      }
    })
  }

  test(`it waits for nobody who holds rows, and gets them afterwards (${name})`, async () => {
    const database = await open()
    const [holder, migrator] = await Promise.all([connect(database.url), connect(database.url)])
    try {
      await database.script(
        `create table t (id int primary key, n int); insert into t select g, 0 from generate_series(1, 30) g`,
      )
      const table = await recordTable(database, 't')
      await holder.query(`begin; select from t where id in (2, 17) for update; update t set n = 1 where id = 9`)
      const notices: string[] = []
      migrator.on('notice', ({ message }) => notices.push(message ?? ''))
      const running = runOutsideTransaction(
        { script: async (text) => void (await migrator.query(text)) },
        batchesSql(table, { batchSize: 10 }),
      )
      const count = async (): Promise<number | undefined> =>
        (await database.query<{ count: number }>('select count(*)::int from t_version'))[0]?.count
      while ((await count()) !== 27) await sleep(10)
      await database.script(`set lock_timeout = '1s'; update t set n = 5 where id = 1`)
      await holder.query('rollback')
      await running
      assert.equal(notices, ['public.t: 30 rows have got their first version; done'])
      assert.is(await count(), 31)
      assert.equal(await findViolations(database, table), [])
    } finally {
      await holder.end()
      await migrator.end()
      await database.close()
    }
  })

  test(`inside a transaction it fails before it does anything (${name})`, async () => {
    const database = await open()
    try {
      await database.script(`create table t (id int primary key); insert into t values (1)`)
      const table = await recordTable(database, 't')
      try {
        await database.script(`begin; ${batchesSql(table, { batchSize: 10 })} commit`)
        assert.unreachable()
      } catch (error) {
        assert.match(String(error), 'invalid transaction termination')
      }
      await database.script('rollback')
      assert.equal(await database.query('select from t_version'), [])
    } finally {
      await database.close()
    }
  })
})

test.run()
