import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { eachServer } from '../support/databases.ts'
import type { TestDatabase } from '../support/databases.ts'
import { backfillTable, findViolations, readVersions, recordTable } from './recorded-table.ts'

/** As a role that may write `t` and nothing else. Roles are the server's, so each database has its own. */
const withWriter = async (
  open: () => Promise<TestDatabase & { readonly url: string }>,
  ddl: string,
  use: (admin: TestDatabase, writer: pg.Client, role: string) => Promise<void>,
): Promise<void> => {
  const admin = await open()
  const role = `writer_${new URL(admin.url ?? '').pathname.slice(1)}`
  await admin.script(`create role ${role} login password 'w'; grant usage on schema public to ${role};
    create table t (id int primary key, name text); ${ddl.replaceAll('writer', role)};
    grant select, insert, update, delete, truncate on t to ${role}`)
  const url = new URL(admin.url ?? '')
  url.username = role
  url.password = 'w'
  const writer = new pg.Client({ connectionString: url.href })
  try {
    await writer.connect()
    await use(admin, writer, role)
  } finally {
    await writer.end()
    await admin.script(`drop owned by ${role} cascade; drop role ${role}`)
    await admin.close()
  }
}

const refused = async (client: pg.Client, sql: string, code = '42501'): Promise<void> => {
  try {
    await client.query(sql)
  } catch (error) {
    assert.is((error as { code: string }).code, code, `${sql}: ${String(error)}`)
    await client.query('rollback')
    return
  }
  assert.unreachable(`${sql} succeeded`)
}

const readHistoryOf = async (admin: TestDatabase, id: number): Promise<readonly string[]> => {
  const rows = await admin.query<{ version: string }>(
    `select concat_ws(' ', transaction_id, coalesce(end_transaction_id::text, 'null'), operation_type, name) as version
       from t_version where id = ${id} order by transaction_id`,
  )
  return rows.map(({ version }) => version)
}

eachServer((name, open) => {
  test(`a writer without rights on history writes, and may do nothing else (${name})`, () =>
    withWriter(open, '', async (admin, writer) => {
      const table = await recordTable(admin, 't')
      await admin.script('revoke select on t_version, transaction from public')
      for (const sql of [
        `insert into t values (1, 'a'), (2, 'b')`,
        `begin; update t set name = 'x'; delete from t where id = 2; commit`,
        `truncate t`,
      ]) {
        await writer.query(sql)
      }
      assert.equal(await findViolations(admin, table), [])
      assert.is((await readVersions(admin, table)).length, 5)
      for (const sql of [
        `insert into t_version values (9, 'x', 1, null, 0)`,
        `update t_version set name = 'forged'`,
        `delete from t_version`,
        `truncate t_version`,
        `insert into transaction (user_id) values ('forged')`,
        `update transaction set user_id = 'forged'`,
        `delete from transaction`,
      ]) {
        await refused(writer, sql)
      }
    }))

  test(`nobody may run or attach the recording function, nor write history by default privileges (${name})`, () =>
    withWriter(
      open,
      `alter default privileges in schema public grant all on tables to writer;
       alter default privileges in schema public grant all on functions to writer;
       alter default privileges in schema public grant all on sequences to writer;
       grant create on schema public to writer`,
      async (admin, writer) => {
        const table = await recordTable(admin, 't')
        await writer.query('create table fake (id int primary key, name text)')
        await refused(
          writer,
          `create trigger forge after insert on fake referencing new table as touched for each statement execute function t_version_record()`,
        )
        await refused(writer, `insert into t_version values (9, 'x', 1, null, 0)`)
        await refused(writer, `update transaction set user_id = 'forged'`)
        await writer.query(`insert into t values (1, 'a')`)
        assert.equal(await readVersions(admin, table), [[0, '(1,a)']])
      },
    ))

  test(`a hostile search path and temporary objects of the same names change nothing (${name})`, () =>
    withWriter(open, 'grant create on schema public to writer', async (admin, writer, role) => {
      await admin.script(`create schema evil authorization ${role}; grant usage on schema evil to public`)
      const table = await recordTable(admin, 't')
      await writer.query(`
        create temp table transaction (id bigint default 1, issued_at timestamptz, remote_addr text, user_id text);
        create temp table t_version (id int, name text, transaction_id bigint, end_transaction_id bigint, operation_type smallint);
        create temp table t (id int, name text);
        create function evil.lies(int, int) returns boolean language sql as 'select false';
        create operator evil.= (leftarg = int, rightarg = int, function = evil.lies);
        create function evil.clock_timestamp() returns timestamptz language sql as $$select timestamptz '1999-01-01'$$;
        create function evil.current_setting(text, boolean) returns text language sql as $$select 'evil'$$;
        create function evil.record_image_eq(record, record) returns boolean language plpgsql as 'begin return true; end';
        create function pg_temp.set_config(text, text, boolean) returns text language sql as $$select 'evil'$$;
        set search_path = evil, pg_temp, public, pg_catalog`)
      await writer.query(`insert into public.t values (1, 'a'), (2, 'b')`)
      await writer.query(
        `begin; update public.t set name = 'x' where id operator(pg_catalog.=) 1; update public.t set name = 'y'; commit`,
      )
      await writer.query(`delete from public.t`)
      assert.equal(await readVersions(admin, table), [
        [0, '(1,a)'],
        [0, '(2,b)'],
        [1, '(1,y)'],
        [1, '(2,y)'],
        [2, '(1,y)'],
        [2, '(2,y)'],
      ])
      assert.equal(await findViolations(admin, table), [])
      assert.equal((await writer.query('select 1 from pg_temp.t_version')).rowCount, 0)
      const [{ years } = { years: 0 }] = await admin.query<{ years: number }>(
        `select count(*)::int as years from transaction where issued_at < now() - interval '1 day'`,
      )
      assert.is(years, 0)
    }))

  test(`a forged versiongen.tx attaches nothing to other transactions (${name})`, () =>
    withWriter(open, '', async (admin, writer) => {
      const table = await recordTable(admin, 't')
      await writer.query(`insert into t values (1, 'a')`) // transaction 1
      await writer.query(`insert into t values (2, 'b')`) // transaction 2
      const other = new pg.Client({ connectionString: admin.url })
      await other.connect()
      try {
        await other.query(`begin; insert into t values (3, 'c')`) // transaction 3, still in progress
        for (const forged of ['1', '2', '1,2', '3', '-1', '1,-2,3', '999', '9223372036854775807', '']) {
          await writer.query(
            `begin; select set_config('versiongen.tx', '${forged}', true); update t set name = name || '!' where id = 1; commit`,
          )
        }
        for (const garbage of ['x', '1;drop table t', '{1}', '99999999999999999999', '1,x', ',']) {
          await refused(
            writer,
            `begin; select set_config('versiongen.tx', '${garbage}', true); update t set name = 'x' where id = 1; commit`,
            garbage.startsWith('9') ? '22003' : '22P02',
          )
        }
        await other.query('commit')
      } finally {
        await other.end()
      }
      assert.equal(await readHistoryOf(admin, 2), ['2 null 0 b'])
      assert.equal(await readHistoryOf(admin, 3), ['3 null 0 c'])
      assert.is((await readHistoryOf(admin, 1))[0], '1 4 0 a')
      assert.equal(await findViolations(admin, table), [])
      const values = (await readVersions(admin, table)).filter(([, row]) => row.startsWith('(1,'))
      assert.equal(
        values.map(([, row]) => row),
        Array.from({ length: 10 }, (_, n) => `(1,a${'!'.repeat(n)})`),
      )
    }))

  test(`row security hides nothing from the recording, nor history from nobody (${name})`, () =>
    withWriter(
      open,
      `alter table t enable row level security; create policy own on t using (name <> 'hidden') with check (true)`,
      async (admin, writer) => {
        const table = await recordTable(admin, 't')
        await writer.query(`insert into t values (1, 'a'), (2, 'b')`)
        await writer.query(`begin; update t set name = 'x'; update t set name = 'y' where id = 1; commit`)
        await writer.query(`delete from t where id = 2`)
        await writer.query('truncate t')
        await refused(writer, 'select * from t_version')
        assert.equal(
          (await readVersions(admin, table)).map(([operation]) => operation),
          [0, 0, 1, 1, 2, 2],
        )
        assert.equal(await findViolations(admin, table), [])
      },
    ))

  test(`forced row security stops an owner it holds for, with an error, where rows are read again (${name})`, () =>
    withWriter(open, 'grant create on schema public to writer', async (admin, writer, role) => {
      await admin.script(`alter table t owner to ${role}; alter table t enable row level security;
        alter table t force row level security; create policy own on t using (name <> 'hidden')`)
      await admin.script(`grant ${role} to current_user; set role ${role}`)
      const table = await recordTable(admin, 't')
      await admin.script('reset role')
      await writer.query(`insert into t values (1, 'a'), (2, 'b')`)
      await writer.query(`begin; update t set name = 'x'; update t set name = 'y' where id = 1; commit`)
      for (const sql of [
        'truncate t',
        `begin; update t set name = 'p'; update t set name = 'q'; commit`,
        'update t set id = 7 where id = 1',
        `do $$ begin insert into t values (8, 'a'), (9, 'a'); update t set name = 'b' where id > 7; end $$`,
      ])
        await refused(writer, sql)
      await admin.script(`alter role ${role} bypassrls`)
      await writer.query(`begin; update t set name = 'p'; update t set name = 'q'; commit`)
      await writer.query('update t set id = 7 where id = 1')
      await admin.script(`alter role ${role} nobypassrls`)
      await writer.query(`delete from t`)
      assert.equal(await findViolations(admin, table), [])
    }))

  test(`who may read a table is looked up once: later rights on its history are given by hand (${name})`, () =>
    withWriter(open, '', async (admin, writer, role) => {
      await admin.script(`revoke select on t from ${role}`)
      await recordTable(admin, 't')
      await admin.script(`insert into t values (1, 'a'); grant select on t to ${role}`)
      await refused(writer, 'select * from t_version')
      await admin.script(`grant select on t, t_version, transaction to ${role}`)
      assert.is(
        (await writer.query('select * from t_version as v join transaction as t on t.id = v.transaction_id')).rowCount,
        1,
      )
      assert.is((await writer.query('select * from t_as_of(now())')).rowCount, 1)
      await admin.script(`revoke select on t from ${role}`)
      assert.is((await writer.query('select * from t_version')).rowCount, 1)
    }))

  test(`the one who migrates need not own the base table, and column rights are enough to write (${name})`, () =>
    withWriter(open, '', async (admin, writer, role) => {
      await admin.script(`revoke all on t from ${role}; grant select, insert (id, name), update (name) on t to ${role};
        create role ${role}_owner; grant create on schema public to ${role}_owner; alter table t owner to ${role}_owner`)
      try {
        const table = await recordTable(admin, 't')
        await writer.query(`insert into t values (1, 'a')`)
        await writer.query(`begin; update t set name = 'b'; update t set name = 'c'; commit`)
        await admin.script(`set role ${role}_owner; update t set name = 'd'; truncate t; reset role`)
        await backfillTable(admin, table)
        assert.is((await readVersions(admin, table)).length, 3)
        assert.equal(await findViolations(admin, table), [])
        assert.is((await writer.query('select * from t_version')).rowCount, 3)
      } finally {
        await admin.script(`reset role; drop owned by ${role}_owner cascade; drop role ${role}_owner`)
      }
    }))
})

test.run()
