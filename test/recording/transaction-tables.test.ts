import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testOnEachDatabase } from '../support/databases.ts'
import type { TestDatabase } from '../support/databases.ts'
import { findViolations, readVersions, recordTable, startAfresh } from './recorded-table.ts'
import type { RecordOptions } from './recorded-table.ts'

const base = 'create table t (id int primary key, name text);'

const refused = async (database: TestDatabase, sql: string, message: RegExp): Promise<void> => {
  try {
    await database.script(sql)
  } catch (error) {
    assert.match(String(error), message)
    await database.script('rollback')
    return
  }
  assert.unreachable(`${sql} succeeded`)
}

const asJson = async (database: TestDatabase, sql: string): Promise<readonly unknown[]> =>
  (await database.query<{ row: unknown }>(`select to_jsonb(q) as row from (${sql}) q`)).map(({ row }) => row)

const scenario = (
  title: string,
  ddl: string,
  body: (database: TestDatabase) => Promise<void>,
  options: RecordOptions = {},
): void =>
  testOnEachDatabase(test, title, async (database) => {
    await startAfresh(database)
    await database.script(base + ddl)
    const table = await recordTable(database, 't', options)
    await body(database)
    assert.equal(await findViolations(database, table), [])
  })

scenario(
  "Continuum's: naive times, an id without default beside its sequence",
  `create sequence transaction_id_seq;
   create table transaction (issued_at timestamp, id bigint primary key, remote_addr varchar(50), user_id int);`,
  async (database) => {
    await database.script(`begin; set local versiongen.user_id = '7'; set local versiongen.remote_addr = '10.0.0.1';
      insert into t values (1, 'a'); commit`)
    await database.script(`set timezone = 'Asia/Tokyo'; insert into t values (2, 'b'), (3, 'c'); reset timezone`)
    assert.equal(
      await asJson(
        database,
        `select id, user_id, issued_at > now() at time zone 'utc' - interval '1 minute'
                and issued_at <= clock_timestamp() at time zone 'utc' as utc from transaction order by id`,
      ),
      [
        { id: 1, user_id: 7, utc: true },
        { id: 2, user_id: null, utc: true },
      ],
    )
    await refused(
      database,
      `begin; set local versiongen.user_id = 'anna'; insert into t values (4, 'd'); commit`,
      /invalid input syntax for type integer: "anna"/,
    )
    await refused(
      database,
      `begin; set local versiongen.remote_addr = '${'x'.repeat(51)}'; insert into t values (4, 'd'); commit`,
      /value too long for type character varying\(50\)/,
    )
  },
)

scenario(
  "MDS's: a serial id of four bytes",
  `create table transaction (id serial primary key, issued_at timestamptz, remote_addr text, user_id text);`,
  async (database) => {
    await database.script(`select setval('transaction_id_seq', 2147483646)`)
    await database.script(`begin; insert into t values (1, 'a'); update t set name = 'b'; commit`)
    await refused(database, `insert into t values (2, 'b')`, /reached maximum value of sequence|integer out of range/)
  },
)

scenario(
  'a column for whatever else is to be kept',
  `create table transaction (id bigserial primary key, issued_at timestamptz, remote_addr text, user_id text, meta json);`,
  async (database) => {
    await database.script(`begin; set local versiongen.meta = '{"request": 7}'; insert into t values (1, 'a'); commit`)
    await database.script(`insert into t values (2, 'b')`)
    assert.equal(await asJson(database, 'select meta from transaction order by id'), [
      { meta: { request: 7 } },
      { meta: null },
    ])
    await refused(
      database,
      `begin; set local versiongen.meta = '{'; delete from t; commit`,
      /invalid input syntax for type json/,
    )
  },
)

scenario(
  'only an id and a time',
  `create table transaction (id bigint generated always as identity primary key, issued_at timestamptz);`,
  async (database) => {
    await database.script(`insert into t values (1, 'a')`)
    assert.equal(await asJson(database, 'select id from transaction'), [{ id: 1 }])
  },
)

scenario('ids beyond 2^31 and close to 2^63', '', async (database) => {
  for (const start of ['2147483647', '4294967295', '9223372036854775800']) {
    await database.script(`alter table transaction alter id restart ${start}`)
    await database.script(`insert into t values (1, 'a'), (2, 'b')`)
    await database.script(`begin; update t set name = 'x' where id = 1; update t set name = 'y'; commit`)
    await database.script(`delete from t`)
  }
  assert.equal(await asJson(database, 'select max(id)::text as id from transaction'), [{ id: '9223372036854775802' }])
})

scenario(
  'a user of type uuid',
  `create table transaction (id bigserial primary key, issued_at timestamptz, remote_addr inet, user_id uuid);`,
  async (database) => {
    const user = '5fa96ac0-0000-4000-8000-000000000000'
    await database.script(`begin; set local versiongen.user_id = '${user}'; set local versiongen.remote_addr = '::1';
      insert into t values (1, 'a'), (2, 'b'); update t set name = 'c' where id = 1; commit`)
    assert.equal(await asJson(database, 'select user_id, remote_addr from transaction'), [
      { user_id: user, remote_addr: '::1' },
    ])
    await refused(
      database,
      `begin; set local versiongen.user_id = 'anna'; insert into t values (4, 'd'); commit`,
      /invalid input syntax for type uuid: "anna"/,
    )
  },
)

scenario(
  'one database transaction has one transaction row, whatever it writes, and one for each transaction table',
  `create table u (id int primary key, name text); create schema app; create table app.w (id int primary key);`,
  async (database) => {
    const u = await recordTable(database, 'u')
    const w = await recordTable(database, 'app.w', { transactionTable: 'app.changes' })
    await database.script(`begin; insert into t values (1, 'a'), (2, 'b'); insert into u select * from t;
      insert into app.w select id from t; savepoint s; update u set name = 'x'; release s;
      insert into app.w values (3); delete from t where id = 1; commit`)
    assert.equal(await asJson(database, 'select id from transaction'), [{ id: 1 }])
    assert.equal(await asJson(database, 'select id from app.changes'), [{ id: 1 }])
    for (const table of [u, w]) assert.equal(await findViolations(database, table), [])
  },
)

scenario(
  "a write without an actor is refused with context 'refuse'",
  '',
  async (database) => {
    await refused(database, `insert into t values (1, 'a')`, /no actor is set for a change of public\.t/)
    await database.script(`begin; set local versiongen.user_id = 'anna'; insert into t values (1, 'a'); commit`)
  },
  { options: { context: 'refuse' } },
)

scenario(
  "a write without an actor passes with context 'warn'",
  '',
  async (database) => {
    await database.script(`insert into t values (1, 'a')`)
  },
  { options: { context: 'warn' } },
)

scenario(
  "strategy 'subquery', and other names for the columns",
  '',
  async (database) => {
    await database.script(`insert into t values (1, 'a'), (2, 'b')`)
    await database.script(`begin; update t set name = 'x'; delete from t where id = 1; update t set id = 3; commit`)
    assert.equal(await asJson(database, 'select id, name, tx, op from t_version order by tx, id'), [
      { id: 1, name: 'a', tx: 1, op: 0 },
      { id: 2, name: 'b', tx: 1, op: 0 },
      { id: 1, name: 'x', tx: 2, op: 2 },
      { id: 2, name: 'x', tx: 2, op: 2 },
      { id: 3, name: 'x', tx: 2, op: 0 },
    ])
  },
  { options: { strategy: 'subquery', transactionColumn: 'tx', operationColumn: 'op' } },
)

scenario(
  'columns called like variables of the function',
  '',
  async (database) => {
    await database.script(`insert into t values (1, 'a'), (2, 'b')`)
    await database.script(`begin; update t set name = 'x'; delete from t where id = 1; update t set id = 3; commit`)
    await database.script(`truncate t`)
  },
  { options: { transactionColumn: 'own', endTransactionColumn: 'last', operationColumn: 'live' } },
)

scenario(
  'trackModified',
  '',
  async (database) => {
    await database.script(`insert into t values (1, 'a'), (2, 'b')`)
    await database.script(`update t set name = 'x' where id = 1`)
    await database.script(
      `begin; update t set name = 'y'; update t set name = 'x' where id = 1; delete from t where id = 2; commit`,
    )
    assert.equal(
      await asJson(
        database,
        'select id, transaction_id as tx, operation_type as op, name_mod from t_version order by 2, 1',
      ),
      [
        { id: 1, tx: 1, op: 0, name_mod: true },
        { id: 2, tx: 1, op: 0, name_mod: true },
        { id: 1, tx: 2, op: 1, name_mod: true },
        { id: 2, tx: 3, op: 2, name_mod: true },
      ],
    )
  },
  { options: { trackModified: true } },
)

testOnEachDatabase(test, "writer 'orm' has no triggers", async (database) => {
  await startAfresh(database)
  await database.script(base)
  const table = await recordTable(database, 't', { options: { writer: 'orm' } })
  await database.script(`insert into t values (1, 'a')`)
  assert.equal(await readVersions(database, table), [])
  assert.equal(await asJson(database, `select tgname from pg_trigger where tgrelid = 't'::regclass`), [])
})

test.run()
