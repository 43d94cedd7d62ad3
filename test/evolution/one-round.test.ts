import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { TestDatabase } from '../support/databases.ts'
import { eachServer } from '../support/databases.ts'
import { findUnrecorded } from '../../src/database/unrecorded.ts'
import { backfill } from '../../src/sql/backfill.ts'
import { backfillInBatches, fillInBatches } from '../../src/sql/batched-backfill.ts'
import { catchUp } from '../../src/sql/catch-up.ts'
import { fillOpenVersions } from '../../src/sql/fill.ts'
import { apply, describeModel, faults, look, readOptional, type Look } from './evolve.ts'

// What was written after a table changed and before its history followed: one generate and one migrate, and every live
// row is what its open version says.

const model = describeModel('mine', {})

/** Makes a history, changes the table, brings the history in line, and says what the versions hold. */
const evolve = async (
  db: TestDatabase,
  {
    before,
    after,
    late = '',
    show,
  }: {
    readonly before: string
    readonly after: string
    /** Runs when the migrations have been written, and before they run. */
    readonly late?: string
    readonly show: string
  },
): Promise<readonly string[]> => {
  await db.script(before)
  await apply(db, (await look(db, model)).migrations)
  await db.script(after)
  const { migrations } = await look(db, model)
  await db.script(late)
  await apply(db, migrations)
  const repaired = await look(db, model)
  assert.equal(repaired.migrations, [], 'nothing left to do')
  assert.equal(await faults(db, repaired), [], 'every row is recorded')
  const rows = await db.query<{ version: string }>(
    `select concat_ws(' ', ${show}, operation_type) as version from mine_version order by ${show}, transaction_id`,
  )
  return rows.map(({ version }) => version)
}

const testOnEachServer = (title: string, body: (db: TestDatabase) => Promise<void>): void =>
  eachServer((server, open) => {
    test(`${title} (${server})`, async () => {
      const db = await open()
      try {
        await body(db)
      } finally {
        await db.close()
      }
    })
  })

const guid = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`

const batches = { size: 10, lockTimeout: '5s' }

const unrecorded = async (db: TestDatabase, { resolved: { table } }: Look): Promise<number> =>
  table === undefined ? 0 : ((await findUnrecorded(db, [table], 100)).get(table) ?? 0)

const fixture = async (name: string, file: string): Promise<string> =>
  (await readOptional(`evolution/${name}/${file}.sql`)) ?? ''

testOnEachServer('versions stay with the row that a person says', async (db) => {
  const versions = await evolve(db, {
    before: await fixture('key-shared-told', 'before'),
    after: await fixture('key-shared-told', 'after'),
    show: 'mine_id, term, depth',
  })
  assert.equal(versions, ['1 1 10 0', '1 1 11 1', '1 1 12 1', '1 2 99 0', '2 1 20 0'])
})

testOnEachServer('a row with a key that was extended lives on when another gets its old key', async (db) => {
  const versions = await evolve(db, {
    before: await fixture('key-shared-tracked', 'before'),
    after: await fixture('key-shared-tracked', 'after'),
    show: 'mine_id, term, depth',
  })
  assert.equal(versions, ['1 1 10 0', '1 2 99 0', '2 1 20 0', '3 1 30 0', '3 1 30 2', '3 2 30 0'])
})

testOnEachServer('a column was renamed, and rows were written since', async (db) => {
  const versions = await evolve(db, {
    before: `create table mine (mine_id integer primary key, name text, region text);
      insert into mine values (1, 'B1', 'BC'), (2, 'C2', 'BC'), (3, 'E3', 'BC')`,
    after: `begin; alter table mine rename name to title; commit;
      begin; update mine set region = 'YT' where mine_id = 1; commit;
      begin; update mine set title = 'C' where mine_id = 2; commit;
      begin; insert into mine values (4, 'F4', 'BC'); commit`,
    show: `mine_id, coalesce(title, '-'), region`,
  })
  assert.is(versions.length, 9, 'with null for the name until the history followed')
  assert.equal(
    versions.filter((version) => !version.includes('-')),
    ['1 B1 BC 0', '1 B1 YT 1', '2 C BC 1', '2 C2 BC 0', '3 E3 BC 0', '4 F4 BC 1'],
  )
})

testOnEachServer('columns were widened, and values written that their history does not hold', async (db) => {
  const versions = await evolve(db, {
    before: `create table mine (mine_id integer primary key, name varchar(3), tonnes integer, grade numeric(4,1));
      insert into mine values (1, 'B1', 1, 1.5), (2, 'C2', 2, 2.5), (3, 'E3', 3, 3.5), (4, 'F4', 4, 4.5)`,
    after: `begin;
      alter table mine alter name type varchar(9), alter tonnes type bigint, alter grade type numeric(6,3);
      commit;
      begin; update mine set name = 'Brucejack' where mine_id = 1; commit;
      begin; update mine set tonnes = 3000000000 where mine_id = 2; commit;
      begin; update mine set grade = 3.555 where mine_id = 3; commit`,
    late: `insert into mine values (5, 'Kemess', 5, 5.5)`,
    show: 'mine_id, name, tonnes, grade',
  })
  assert.equal(versions, [
    '1 B1 1 1.5 0',
    '1 Brucejack 1 1.500 1',
    '2 C2 2 2.5 0',
    '2 C2 3000000000 2.500 1',
    '3 E3 3 3.5 0',
    '3 E3 3 3.555 1',
    '4 F4 4 4.500 0',
    '5 Kemess 5 5.500 0',
  ])
})

// Types between which Postgres has no equality: what the key was, becomes, and how; and two keys of the new type.
for (const [from, to, using, first, second] of [
  ['text', 'uuid', 'mine_id::uuid', guid(1), guid(2)],
  ['uuid', 'text', 'mine_id::text', guid(1), guid(2)],
  ['text', 'integer', 'mine_id::integer', '1', '2'],
  ['integer', 'text', 'mine_id::text', '1', '2'],
  ['ward', 'text', 'mine_id::text', 'north', 'south'],
  ['ward', 'wards', 'mine_id::text::wards', 'north', 'south'],
] as const) {
  for (const partitioned of [false, true])
    testOnEachServer(`a key of ${from} became ${to}${partitioned ? ', in partitions' : ''}`, async (db) => {
      await db.script(`create type ward as enum ('north', 'south'); create type wards as enum ('north', 'south', 'west');
      create table mine (mine_id ${from}, name text, region text default 'BC', primary key (mine_id, region))
        ${partitioned ? 'partition by list (region); create table mine_bc partition of mine default' : ''};
      insert into mine values ('${first}', 'a')`)
      await apply(db, (await look(db, model)).migrations)
      await db.script(`update mine set name = 'b'`)
      await db.script(`alter table mine alter mine_id type ${to} using ${using}`)
      const drifted = await look(db, model)
      assert.is(await unrecorded(db, drifted), 0)
      await apply(db, drifted.migrations)
      await db.script(`insert into mine values ('${second}', 'c')`)
      await db.script(`begin; update mine set name = 'd'; update mine set name = 'e'; commit`)
      await db.script(`begin; delete from mine where mine_id = '${second}';
      update mine set mine_id = '${second}'; update mine set mine_id = '${first}'; commit`)
      const repaired = await look(db, model)
      assert.equal([repaired.findings, repaired.migrations], [[], []], 'nothing left to do')
      assert.equal(await faults(db, repaired), [], 'every row is recorded')
      const { table } = repaired.resolved
      assert.ok(table)
      await db.script('alter table mine disable trigger user')
      await db.script(`update mine set name = 'f'; insert into mine values ('${second}', 'g')`)
      await db.script('alter table mine enable trigger user')
      await db.script(catchUp(table))
      await db.script(backfill(table))
      await db.script(fillOpenVersions(table, ['name']))
      assert.equal(await faults(db, repaired), [], 'every row is recorded')
      for (const sql of [fillInBatches(table, ['name'], batches), backfillInBatches(table, batches)])
        await db.script(sql)
      await db.script('truncate mine')
      assert.equal(await faults(db, repaired), [], 'every row is gone')
    })
}

testOnEachServer('a type was renamed: writes fail until the function that names it is replaced', async (db) => {
  await db.script(`create type status as enum ('open'); create schema app;
    create table mine (mine_id integer primary key, statuses status[]); insert into mine values (1, null)`)
  await apply(db, (await look(db, model)).migrations)
  await db.script('alter type status rename to mine_status; alter type mine_status set schema app')
  const failure = await db.script(`update mine set statuses = '{open}'`).then(String, String)
  assert.match(failure, 'type "public.status[]" does not exist')
  const { findings, migrations } = await look(db, model)
  assert.equal(
    findings.map(({ message }) => message),
    [
      'public.mine_version_record() is not what versiongen writes: it was edited, or the table, the model or versiongen has changed, or a type was renamed (it is app.mine_status now), so that writes fail',
    ],
  )
  await apply(db, migrations)
  await db.script(`update mine set statuses = '{open}'`)
  const repaired = await look(db, model)
  assert.equal([repaired.findings, await faults(db, repaired)], [[], []])
})

testOnEachServer(
  'until a person has decided about a type, rows stay out or, without a cast, writes fail',
  async (db) => {
    const write = async (from: string, to: string, value: string): Promise<readonly unknown[]> => {
      await db.script(
        `drop table if exists mine, mine_version cascade; create table mine (mine_id integer primary key, value ${from})`,
      )
      await apply(db, (await look(db, model)).migrations)
      await db.script(`alter table mine alter value type ${to} using null`)
      const findings = (await look(db, model)).findings.map(({ code }) => code)
      const failure = await db.script(`insert into mine values (1, ${value})`).then(
        () => null,
        (error: Error) => error.message,
      )
      return [...findings, failure, (await db.query('select from mine_version')).length]
    }
    assert.equal(await write('integer', 'jsonb', `'{}'`), ['column-type', null, 0])
    assert.equal(await write('integer', 'jsonb', `'7'`), ['column-type', null, 1])
    assert.equal(await write('uuid', 'date', `'2026-01-02'`), ['column-type', 'cannot cast type date to uuid', 0])
  },
)

testOnEachServer('what is in step stays as it is', async (db) => {
  const versions = await evolve(db, {
    before: `create table mine (mine_id integer primary key, name varchar(3));
      insert into mine values (1, 'B1'), (2, 'C2')`,
    after: `begin; alter table mine alter name type text; commit;
      begin; delete from mine where mine_id = 2; commit;
      begin; alter table mine rename name to title; commit`,
    show: 'mine_id, title',
  })
  assert.equal(versions, ['1 B1 0', '2 C2 0', '2 C2 2'])
})

testOnEachServer('an array became one of text, and another column was renamed', async (db) => {
  await db.script(`create type ward as enum ('north', 'south');
    create table mine (mine_id integer primary key, wards ward[], name text); insert into mine values (1, '{north}', 'a')`)
  await apply(db, (await look(db, model)).migrations)
  await db.script(`alter table mine alter wards type text[] using wards::text[]`)
  const { resolved } = await look(db, model)
  assert.ok(resolved.table)
  await db.script(`alter table mine disable trigger user; insert into mine values (2, '{south}', 'b')`)
  await db.script(backfill(resolved.table))
  assert.equal(await db.query('select wards::text from mine_version where mine_id = 2'), [{ wards: '{south}' }])
})

test.run()
