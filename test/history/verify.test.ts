import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createHistories,
  createHistory,
  type History,
  type TableDescriptor,
  type Violation,
} from '../../src/history/mod.ts'
import { testOnEachHandle } from './handles.ts'
import { alpha, beta, type Mine, mineDescriptor, type MineKey, minesSql } from './mines.ts'
import { importIndex, recordTables } from './recorded-tables.ts'

const collect = async <Key extends object>(violations: AsyncIterable<Violation<Key>>): Promise<Violation<Key>[]> => {
  const all: Violation<Key>[] = []
  for await (const violation of violations) all.push(violation)
  return all
}

testOnEachHandle(
  test,
  'a sound history has no violation; a broken one says what is wrong with which version',
  async (handle) => {
    const { connection, database } = handle
    await database.script(minesSql)
    const history = createHistory<MineKey, Mine>(connection, mineDescriptor)
    assert.equal(await collect(history.verify()), [])

    await database.script(`
    update mine_version set end_transaction_id = 3 where transaction_id = 2 and mine_no = 'A1';
    update mine_version set end_transaction_id = null where transaction_id = 4;
    update mine set name = 'changed behind its back';
    insert into mine (mine_guid, mine_no) values ('dddddddd-0000-0000-0000-000000000004', 'D1');
    delete from mine_version where mine_no = 'B1' and operation_type = 2`)
    const newcomer = { mine_guid: 'dddddddd-0000-0000-0000-000000000004' }
    const expected: Violation<MineKey>[] = [
      { key: alpha, transactionId: '2', problem: 'gap', message: 'ends before the next version begins' },
      {
        key: alpha,
        transactionId: '4',
        problem: 'open-not-last',
        message: 'is still open although a later version follows',
      },
      {
        key: alpha,
        transactionId: '6',
        problem: 'row-differs',
        message: 'does not hold the values of the live row',
      },
      {
        key: beta,
        transactionId: '2',
        problem: 'last-not-open',
        message: 'is the last version but has an end',
      },
      {
        key: beta,
        transactionId: '2',
        problem: 'row-missing',
        message: 'says that the row is alive, but it is gone',
      },
      { key: newcomer, transactionId: null, problem: 'version-missing', message: 'the row has no version' },
    ]
    assert.equal(await collect(history.verify()), expected)
  },
)

const hostile = `it's a "t\\able" $$`

testOnEachHandle(
  test,
  'partitions, children by INHERITS, hostile names, no ends, keys of several types',
  async (handle) => {
    const { connection, database } = handle
    const name = `"${hostile.replaceAll('"', '""')}"`
    await database.script(`
    create table transaction (id bigint primary key, issued_at timestamptz, remote_addr text, user_id text);
    insert into transaction values (1), (2);
    create table ${name} (at timestamptz, n int, tag varchar(3), primary key (at, n)) partition by range (at);
    create table part partition of ${name} for values from ('2024-01-01') to ('2025-01-01');
    insert into ${name} values ('2024-05-05 00:00:00.000001+00', 2, 'x'), ('2024-05-05 00:00:00.000001+00', 10, 'y');
    create table history (at timestamptz, n bigint, tag varchar(9), tx bigint, op smallint, primary key (at, n, tx));
    insert into history select at, n, tag, 1, 0 from ${name};
    create table parent (id int primary key);
    create table child () inherits (parent);
    insert into parent values (1); insert into child values (2);
    create table parent_history (id int, tx bigint, op smallint);
    insert into parent_history values (1, 1, 0)`)
    const descriptor: TableDescriptor = {
      table: { schema: 'public', name: hostile },
      versionTable: { schema: 'public', name: 'history' },
      transactionTable: {
        schema: 'public',
        name: 'transaction',
        issuedAt: 'timestamptz',
        remoteAddr: true,
        userId: true,
      },
      transactionColumn: 'tx',
      endTransactionColumn: null,
      operationColumn: 'op',
      key: ['at', 'n'],
      columns: [
        { name: 'at', codec: 'instant', cast: 'timestamptz', required: true },
        { name: 'n', codec: 'number', cast: 'int8', required: true },
        { name: 'tag', codec: 'text', cast: 'varchar' },
      ],
    }
    const history = createHistory<{ at: string; n: number }, object>(connection, descriptor)
    assert.equal(await collect(history.verify()), [])
    await database.script(`update ${name} set tag = 'z'`)
    assert.equal(
      (await collect(history.verify())).map(({ key, problem, transactionId }) => [
        key.at,
        key.n,
        problem,
        transactionId,
      ]),
      [
        ['2024-05-05T00:00:00.000001Z', 2, 'row-differs', '1'],
        ['2024-05-05T00:00:00.000001Z', 10, 'row-differs', '1'],
      ],
      'in the order of the key, not of its text',
    )

    const parent = createHistory<{ id: number }, object>(connection, {
      ...descriptor,
      table: { schema: 'public', name: 'parent' },
      versionTable: { schema: 'public', name: 'parent_history' },
      key: ['id'],
      columns: [{ name: 'id', codec: 'number', cast: 'int4', required: true }],
    })
    assert.equal(await collect(parent.verify()), [], "a child's rows are not its own")
  },
)

testOnEachHandle(test, 'several tables, one after the other', async ({ connection, database }) => {
  await database.script(minesSql)
  await database.script(`
    create table site (like mine including all); create table site_version (like mine_version including all);
    insert into site (mine_guid, mine_no) values ('dddddddd-0000-0000-0000-000000000004', 'D1');
    update mine set name = 'changed behind its back'`)
  const site = {
    ...mineDescriptor,
    table: { schema: 'public', name: 'site' },
    versionTable: { schema: 'public', name: 'site_version' },
  }
  const histories = createHistories<{ mine: History<MineKey, Mine>; site: History<MineKey, Mine> }>(connection, {
    mine: mineDescriptor,
    site,
  })
  const found: unknown[] = []
  for await (const { table, problem, key } of histories.verify())
    found.push([table, problem, key.mine_guid.slice(0, 4)])
  assert.equal(found, [
    ['mine', 'row-differs', 'aaaa'],
    ['site', 'version-missing', 'dddd'],
  ])
  const only: string[] = []
  for await (const { table } of histories.verify({ tables: ['site'] })) only.push(table)
  assert.equal(only, ['site'])
})

testOnEachHandle(test, 'a live value that its history cannot hold', async ({ connection, database }) => {
  await database.script(`create table a (id int primary key, n float8); create table b (id int primary key);
    create table c (id int primary key, n float8); insert into b values (1)`)
  const { history, histories } = await importIndex(await recordTables(database))
  await database.script(`alter table a alter n type numeric; alter table c alter n type numeric;
    insert into a values (1, 1e400); delete from b_version`)
  const found: unknown[] = []
  const failure = async (violations: AsyncIterable<{ readonly problem: string }> | undefined): Promise<string> => {
    try {
      for await (const { problem } of violations ?? []) found.push(problem)
      return 'none'
    } catch (error) {
      return (error as Error).message
    }
  }
  const expected = /^public[.]a cannot be verified, as a live value does not fit its history: .*out of range/
  assert.match(await failure(history(connection).verify()), expected)
  assert.equal(found, ['version-missing'], 'other tables are verified all the same')
  assert.match(await failure(histories[0]?.(connection).verify()), expected)
  await database.script('insert into c values (1, 1e400)')
  assert.match(await failure(history(connection).verify()), /public[.]a cannot .*; public[.]c cannot/s)
})

testOnEachHandle(test, 'what is found comes in batches, and a loop may be left', async (handle) => {
  const { connection, database } = handle
  await database.script(minesSql)
  await database.script(`
    insert into mine (mine_guid, mine_no)
    select ('eeeeeeee-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'E' || n from generate_series(1, 2500) as n`)
  const history = createHistory<MineKey, Mine>(connection, mineDescriptor)
  for await (const { problem } of history.verify()) {
    assert.is(problem, 'version-missing')
    break
  }
  assert.is((await collect(history.verify())).length, 2500)
})

test.run()
