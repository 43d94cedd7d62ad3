import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createHistory, type TableDescriptor } from '../../src/history/mod.ts'
import { testOnEachHandle } from './handles.ts'

interface Key {
  readonly id: number
}
interface Row extends Key {
  readonly name: string | null
}

const descriptor: TableDescriptor = {
  table: { schema: 'public', name: 'note' },
  versionTable: { schema: 'public', name: 'note_version' },
  transactionTable: { schema: 'public', name: 'transaction', issuedAt: 'timestamp', remoteAddr: true, userId: true },
  transactionColumn: 'transaction_id',
  endTransactionColumn: 'end_transaction_id',
  operationColumn: 'operation_type',
  key: ['id'],
  columns: [
    { name: 'id', codec: 'number', cast: 'int4', required: true },
    { name: 'name', codec: 'text' },
  ],
}

testOnEachHandle(
  test,
  "Continuum's tables: naive UTC times, integer ids and users, _mod columns, no order kept",
  async (handle) => {
    const { database } = handle
    if (!database.pglite) {
      const [row] = await database.query<{ name: string }>('select current_database() as name')
      await database.script(`alter database ${row?.name} set timezone = 'America/St_Johns'`)
    } else await database.script(`set timezone = 'America/St_Johns'`)
    await database.script(`
    create table note (id int primary key, name text);
    create table transaction (issued_at timestamp, id serial primary key, remote_addr varchar(50), user_id bigint);
    create table note_version (id int not null, name varchar(20), transaction_id bigint not null,
      end_transaction_id bigint, operation_type smallint not null, name_mod boolean default false not null,
      primary key (id, transaction_id));
    insert into transaction values
      (null, 1, null, null),
      ('2024-03-31 01:30:00.5', 2, '192.0.2.1', 9007199254740993),
      ('2024-03-31 01:29:00', 3, null, null);
    -- 5 has no transaction row; 2 and 3 took their ids and their times in different order
    insert into note_version values
      (1, 'a', 1, 2, 0, true), (1, 'b', 2, 3, 1, true), (1, 'b', 3, null, 1, false), (2, 'x', 5, null, 1, false);`)
    await handle.fresh(async (connection) => {
      const history = createHistory<Key, Row>(connection, descriptor)
      const versions = await history.versions({ id: 1 })
      assert.equal(
        versions.map(({ transaction }) => transaction),
        [
          { id: '1', issuedAt: null, userId: null, remoteAddr: null },
          {
            id: '2',
            issuedAt: new Date('2024-03-31T01:30:00.500Z'),
            userId: '9007199254740993',
            remoteAddr: '192.0.2.1',
          },
          { id: '3', issuedAt: new Date('2024-03-31T01:29:00Z'), userId: null, remoteAddr: null },
        ],
      )
      assert.equal(versions[2]?.changeset, {}, 'Continuum writes versions in which nothing differs')

      const idAt = async (when: string | Date) => (await history.at({ id: 1 }, when))?.transaction.id
      assert.is(await idAt('0001-01-01'), '1', 'a version nobody dated was there before everything')
      assert.is(await idAt('2024-03-31T01:28:59.999999Z'), '1')
      assert.is(await idAt('2024-03-31T01:29:00Z'), '3')
      assert.is(await idAt('2024-03-31T01:30:00.499999Z'), '3')
      assert.is(await idAt('2024-03-31T01:30:00.5Z'), '3')
      assert.is(await idAt(new Date('2024-03-31T01:30:00.500Z')), '3')

      const [orphan] = await history.versions({ id: 2 })
      assert.equal(orphan?.transaction, { id: '5', issuedAt: null, userId: null, remoteAddr: null })
      assert.equal(orphan?.changeset, { id: [null, 2], name: [null, 'x'] }, 'a first version that says it is an update')
      assert.is((await history.at({ id: 2 }, '2000-01-01'))?.transaction.id, '5')
      assert.equal((await history.transaction(5))?.changes, [orphan])
    })
  },
)

testOnEachHandle(
  test,
  'no end of versions, other column names, a transaction table that only has ids',
  async (handle) => {
    await handle.database.script(`
    create schema audit; create schema "App";
    create table "App".note (id int primary key, name text);
    create table audit.tx (id bigint primary key);
    create table audit."Note history" (id int, name text, "at" bigint, op smallint, primary key (id, "at"));
    insert into audit.tx values (10), (20), (30);
    insert into audit."Note history" values (1, 'a', 10, 0), (1, 'b', 20, 1), (1, 'b', 30, 2)`)
    const history = createHistory<Key, Row>(handle.connection, {
      ...descriptor,
      table: { schema: 'App', name: 'note' },
      versionTable: { schema: 'audit', name: 'Note history' },
      transactionTable: { schema: 'audit', name: 'tx', issuedAt: null, remoteAddr: false, userId: false },
      transactionColumn: 'at',
      endTransactionColumn: null,
      operationColumn: 'op',
    })
    const versions = await history.versions({ id: 1 })
    assert.equal(
      versions.map(({ operation, changeset }) => [operation, changeset]),
      [
        ['insert', { id: [null, 1], name: [null, 'a'] }],
        ['update', { name: ['a', 'b'] }],
        ['delete', { id: [1, null], name: ['b', null] }],
      ],
    )
    assert.equal(versions[0]?.transaction, { id: '10', issuedAt: null, userId: null, remoteAddr: null })
    assert.is((await history.at({ id: 1 }, { transaction: 25 }))?.data.name, 'b')
    assert.is(await versions[1]?.revert(), 'insert')
    assert.equal(await handle.database.query('select * from "App".note'), [{ id: 1, name: 'b' }])
    assert.is(await versions[2]?.revert(), 'delete')
    assert.equal((await history.transaction(20))?.changes, [versions[1]])
  },
)

testOnEachHandle(test, 'a table that is all key, and one of several columns', async (handle) => {
  await handle.database.script(`
    create table transaction (id bigint primary key, issued_at timestamptz, remote_addr text, user_id text);
    insert into transaction values (1, '2024-01-01'), (2, '2024-01-02');
    create table pair (a text, b bigint generated always as identity, primary key (b, a));
    create table pair_version (a text, b bigint, transaction_id bigint, end_transaction_id bigint,
      operation_type smallint, primary key (b, a, transaction_id));
    insert into pair_version values ('x', 1, 1, 2, 0), ('x', 1, 2, null, 2), ('x', 2, 2, null, 0), ('y', 1, 2, null, 0)`)
  const history = createHistory<{ a: string; b: number }, { a: string; b: string }>(handle.connection, {
    ...descriptor,
    table: { schema: 'public', name: 'pair' },
    versionTable: { schema: 'public', name: 'pair_version' },
    transactionTable: { ...descriptor.transactionTable, issuedAt: 'timestamptz' },
    key: ['b', 'a'],
    columns: [
      { name: 'a', codec: 'text', cast: 'text', required: true },
      { name: 'b', codec: 'text', cast: 'int8', required: true, identityAlways: true },
    ],
  })
  const versions = await history.versions({ a: 'x', b: 1 })
  assert.equal(
    versions.map(({ index, operation }) => [index, operation]),
    [
      [0, 'insert'],
      [1, 'delete'],
    ],
  )
  assert.equal(
    (await history.transaction(2))?.changes.map(({ key, index }) => [key, index]),
    [
      [{ b: '1', a: 'x' }, 1],
      [{ b: '1', a: 'y' }, 0],
      [{ b: '2', a: 'x' }, 0],
    ],
  )
  assert.is(await versions[0]?.revert(), 'insert')
  assert.is(await versions[0]?.revert(), null)
  assert.equal(await handle.database.query('select a, b from pair'), [{ a: 'x', b: '1' }])
})

testOnEachHandle(test, 'an operation nobody knows is an error, not a guess', async (handle) => {
  await handle.database.script(`
    create table transaction (id bigint primary key, issued_at timestamp, remote_addr text, user_id text);
    create table note_version (id int, name text, transaction_id bigint, operation_type smallint);
    insert into note_version values (1, 'a', 1, 7)`)
  const error = await createHistory<Key, Row>(handle.connection, descriptor)
    .versions({ id: 1 })
    .catch((thrown: unknown) => thrown)
  assert.match((error as Error).message, /unknown operation in "public"."note_version": 7/)
})

test.run()
