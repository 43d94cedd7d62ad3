import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connect } from '../../src/database/connect.ts'
import type { Database } from '../../src/database/types.ts'
import { compareTable } from '../../src/plan/compare.ts'
import { readInSnapshot } from '../catalog/read-in-snapshot.ts'
import {
  backfillTable,
  findViolations,
  planTable,
  readVersions,
  recordTable,
  startAfresh,
} from '../recording/recorded-table.ts'
import { majors } from '../support/databases.ts'
import { startServer, type Server } from '../support/server.ts'

const settings = { wal_level: 'logical', max_logical_replication_workers: '4', wal_retrieve_retry_interval: '100ms' }
const open = (server: Server): Promise<Database> =>
  connect({ kind: 'server', url: server.url() }, { driver: 'pg', env: {} })

const plain = `create table t (id int primary key, name text, big text)`
const partitioned = `create table t (id int, name text, big text, primary key (id, name)) partition by list (name);
  create table t_a partition of t for values in ('a', 'b'); create table t_rest partition of t default`

for (const major of majors) {
  let servers: readonly Server[] = []
  let publisher: Database
  let subscriber: Database

  test(`start two servers (Postgres ${major})`, async () => {
    servers = await Promise.all([startServer(major, { settings }), startServer(major, { settings })])
    ;[publisher, subscriber] = (await Promise.all(servers.map(open))) as [Database, Database]
  })

  const subscribe = async (tables: string): Promise<void> => {
    await publisher.script(`create publication p for table ${tables} with (publish_via_partition_root = true)`)
    await subscriber.script(`create subscription s connection '${servers[0]?.url()}' publication p`)
    await caughtUp()
  }

  /** All that was committed on the publisher has been applied, the first copy included. */
  const caughtUp = async (): Promise<void> => {
    const [end] = await publisher.query<{ lsn: string }>('select pg_current_wal_insert_lsn()::text as lsn')
    for (let tries = 0; tries < 600; tries++, await sleep(50)) {
      const [slot] = await publisher.query<{ done: boolean }>(
        `select coalesce(bool_and(confirmed_flush_lsn >= '${end?.lsn}'), false) and count(*) = 1 as done from pg_replication_slots`,
      )
      const [copy] = await subscriber.query<{ done: boolean }>(
        `select bool_and(srsubstate in ('r', 's')) as done from pg_subscription_rel`,
      )
      if (slot?.done === true && copy?.done === true) return
    }
    throw new Error('the subscriber does not catch up')
  }

  const clear = async (): Promise<void> => {
    await subscriber.script(`drop subscription if exists s`)
    await publisher.script(`drop publication if exists p`)
    await startAfresh(publisher)
    await startAfresh(subscriber)
  }

  test(`history is replicated as ordinary tables, and triggers there rest (Postgres ${major})`, async () => {
    await clear()
    await publisher.script(`${plain}; insert into t values (1, 'a'), (2, 'b')`)
    await subscriber.script(plain)
    const table = await recordTable(publisher, 't')
    await recordTable(subscriber, 't')
    await backfillTable(publisher, table)
    await subscribe('t, t_version, transaction')
    await publisher.script(
      `begin; update t set name = 'x'; delete from t where id = 2; commit; truncate t; insert into t values (1, 'y')`,
    )
    await caughtUp()
    assert.equal(await readVersions(subscriber, table), await readVersions(publisher, table))
    assert.is((await readVersions(subscriber, table)).length, 5)
    assert.equal(await findViolations(subscriber, table), [])
  })

  for (const [shape, ddl] of [
    ['a plain table', plain],
    ['a partitioned table', partitioned],
  ] as const) {
    test(`history recorded on the subscriber, of ${shape} (Postgres ${major})`, async () => {
      await clear()
      const options = { replication: 'record', context: 'refuse' } as const
      await publisher.script(`${ddl}; insert into t values (1, 'a', repeat('x', 100000)), (2, 'b', 'B')`)
      await subscriber.script(`${ddl}; set versiongen.user_id = 'local'`)
      const table = await recordTable(subscriber, 't', { options })
      const drift = compareTable(
        await planTable(subscriber, 't', { options }),
        await readInSnapshot(subscriber, ['public']),
      )
      assert.equal(drift.findings, [])

      await subscribe('t')
      const after = async (script: string, db = publisher): Promise<readonly string[]> => {
        const [last] = await subscriber.query<{ id: string }>('select max(id)::text as id from transaction')
        await db.script(script)
        await caughtUp()
        assert.equal(await findViolations(subscriber, table), [], script)
        const versions = await readVersions(subscriber, table, last?.id)
        return versions.map(([operation, values]) => `${operation} ${values.slice(0, 6)}`)
      }
      assert.is((await readVersions(subscriber, table)).length, 2)
      assert.equal(
        await after(`begin; update t set big = 'y' where id = 2; update t set big = 'z' where id = 2; insert into t values (3, 'c');
          insert into t values (4, 'd'); delete from t where id = 4; delete from t where id = 1; commit`),
        ['2 (1,a,x', '1 (2,b,z', '0 (3,c,)'],
      )
      assert.equal(await after(`update t set name = 'e', id = 5 where id = 3`), ['2 (3,c,)', '0 (5,e,)'])
      assert.equal(await after(`update t set big = 'local' where id = 5`, subscriber), ['1 (5,e,l'])
      assert.equal(await after(`begin; truncate t; insert into t values (2, 'b', 'z'), (6, 'f', 'F'); commit`), [
        '2 (5,e,l',
        '0 (6,f,F',
      ])
      const actors = await subscriber.query(`select distinct user_id from transaction order by 1`)
      assert.equal(actors, [{ user_id: 'local' }, { user_id: null }])
    })
  }

  test(`session_replication_role = replica writes past history, and check can tell (Postgres ${major})`, async () => {
    await clear()
    await subscriber.script(`${plain}; insert into t values (1, 'a'), (2, 'b')`)
    const table = await recordTable(subscriber, 't')
    await backfillTable(subscriber, table)
    await subscriber.script(`set session_replication_role = replica; update t set name = 'x' where id = 1;
      insert into t values (3, 'c'); delete from t where id = 2; reset session_replication_role`)
    const problems = (await findViolations(subscriber, table)).map(({ key, problem }) => [key['id'], problem])
    assert.equal(problems, [
      [1, 'row-differs'],
      [2, 'row-missing'],
      [3, 'version-missing'],
    ])
    await subscriber.script(`alter table t enable always trigger t_version_insert; set session_replication_role = replica;
      insert into t values (4, 'd'); reset session_replication_role`)
    assert.equal((await readVersions(subscriber, table)).at(-1), [0, '(4,d,)'])
  })

  test(`stop (Postgres ${major})`, async () => {
    await clear()
    await publisher.close()
    await subscriber.close()
    await Promise.all(servers.map((server) => server.stop()))
  })
}

test.run()
