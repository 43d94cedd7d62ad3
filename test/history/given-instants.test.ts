import { deepStrictEqual } from 'node:assert/strict'
import { inspect } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createHistories, createHistory, type History, type TableDescriptor } from '../../src/history/mod.ts'
import { type Handle, testOnEachHandle } from './handles.ts'

const descriptor: TableDescriptor = {
  table: { schema: 'public', name: 'entry' },
  versionTable: { schema: 'public', name: 'entry_version' },
  transactionTable: { schema: 'public', name: 'transaction', issuedAt: 'timestamptz', remoteAddr: true, userId: true },
  transactionColumn: 'transaction_id',
  endTransactionColumn: 'end_transaction_id',
  operationColumn: 'operation_type',
  key: ['at'],
  columns: [
    { name: 'at', codec: 'Date', cast: 'timestamptz', required: true },
    { name: 'text', codec: 'instant', cast: 'timestamptz' },
    { name: 'list', codec: 'Date[]', cast: '_timestamptz' },
    { name: 'during', codec: 'instantRange', cast: 'tstzrange' },
    { name: 'phases', codec: 'instantMultirange', cast: 'tstzmultirange' },
    { name: 'span', codec: { bounds: 'instant' }, cast: 'public.span' },
    { name: 'spans', codec: { ranges: { bounds: 'instant' } }, cast: 'public.span_multirange' },
    { name: 'pair', codec: { fields: [{ name: 'at', codec: 'Date' }] }, cast: 'public.pair' },
  ],
}

const columns = `at timestamptz, text timestamptz, list timestamptz[], during tstzrange, phases tstzmultirange, span span,
  spans span_multirange, pair pair`
const prepare = async ({ database }: Handle, times: readonly string[]): Promise<void> => {
  await database.script(`
    create type span as range (subtype = timestamptz); create type pair as (at timestamptz);
    create table transaction (id bigint primary key, issued_at timestamptz, remote_addr text, user_id text);
    create table entry (${columns}, primary key (at));
    create table entry_version (${columns}, transaction_id bigint not null, end_transaction_id bigint, operation_type smallint not null,
      primary key (at, transaction_id));
    insert into transaction values (1, '2024-01-01Z')`)
  for (const time of times) {
    await database.script(`insert into entry_version select t, t, array[t], tstzrange(t, null), tstzmultirange(tstzrange(null, t), tstzrange(t, t, '[]')),
      span(t, t, '[]'), span_multirange(span(t, null)), row(t)::pair, 1, null, 0 from (select timestamptz '${time}' as t) as s`)
  }
}

/** Has connections whose time zone is not UTC. */
const elsewhere = async ({ database, fresh }: Handle, work: Parameters<Handle['fresh']>[0]): Promise<void> => {
  const set = `set timezone = 'America/St_Johns'`
  const [row] = await database.query<{ name: string }>('select current_database() as name')
  await database.script(database.pglite ? set : `alter database "${row?.name}" ${set}`)
  await fresh(work)
}

testOnEachHandle(test, 'text without an offset is UTC in keys and conditions, whatever the session', async (handle) => {
  await prepare(handle, ['2024-03-01 10:00:00Z', '0044-03-15 12:00:00+00 BC', 'infinity'])
  await elsewhere(handle, async (connection) => {
    const history = createHistory<Record<'at', string>, Record<string, unknown>>(connection, descriptor)
    for (const at of [
      '2024-03-01T10:00',
      '2024-03-01 10:00:00',
      '2024-03-01T10:00:00Z',
      '2024-03-01 06:30-03:30',
      '2024-03-01 11:00 Europe/Paris',
      '0044-03-15T12:00:00 BC',
      '0044-03-15T12:00:00Z BC',
      'infinity',
    ]) {
      assert.is((await history.versions({ at })).length, 1, at)
      assert.is(await history.count({ at }), 1, at)
      assert.ok(await history.at({ at }, '2024-01-02'), at)
      assert.ok(await history.asOf('2024-01-02').find({ at }), at)
    }
    const count = (where: object) => history.asOf('2024-01-02').count({ where })
    for (const where of [
      { at: '2024-03-01 10:00' },
      { text: '2024-03-01T10:00:00.000' },
      { text: { in: ['2024-03-01 10:00', '2024-03-01'] } },
      { text: { gt: '2024-03-01 09:59:59.999999', lte: '2024-03-01 10:00' } },
      { text: { gt: '2024-03-01', lt: '2024-03-02' } },
      { list: ['2024-03-01 10:00'] },
      { list: { in: [['2024-03-01 10:00'], []] } },
      { during: '[2024-03-01 10:00,)' },
      { during: '["2024-03-01 10:00",)' },
      { during: '[2024-03-01 11:00 Europe/Paris,)' },
      { phases: '{(,2024-03-01 10:00),["2024-03-01 10:00",2024-03-01T10:00]}' },
      { span: '[ 2024-03-01 10:00 , 2024-03-01 06:30-03:30 ]' },
      { spans: '{[2024-03-01 10:00,)}' },
      { pair: { eq: { at: '2024-03-01 10:00' } } },
    ]) {
      assert.is(await count(where), 1, JSON.stringify(where))
    }
    assert.is(await count({ at: { lt: 'now' } }), 2)
    assert.is(await count({ text: 'infinity' }), 1)
    assert.is(await count({ during: 'empty' }), 0)
    assert.is(await count({ text: { in: ['epoch', '-infinity', 'now'] } }), 0)
  })
})

const times = [
  '2024-03-01 10:00:00Z',
  '2024-03-01 10:00:00.123Z',
  '2024-03-01 10:00:00.123001Z',
  '2024-03-01 10:00:00.1235Z',
  '1969-12-31 23:59:59.999999Z',
  '10000-01-01 00:00:00.000001Z',
  '0044-03-15 12:00:00.123456+00 BC',
  'infinity',
  '-infinity',
]

testOnEachHandle(test, 'a key that history gave finds its row, microseconds included', async (handle) => {
  await prepare(handle, times)
  type Key = Record<'at', Date>
  const history = createHistory<Key, Key>(handle.connection, descriptor)
  const rows = await history.asOf('2024-01-02').all()
  assert.is(rows.length, times.length)
  for (const { key, data, transaction } of rows) {
    const what = inspect(key)
    const revived = JSON.parse(JSON.stringify(key)) as Key
    for (const given of [key, { at: data.at }, revived]) {
      assert.equal(
        (await history.versions(given)).map((version) => version.key),
        [key],
        what,
      )
      assert.is(await history.count(given), 1, what)
      assert.equal((await history.asOf('2024-01-02').find(given))?.key, key, what)
      assert.ok(await history.blame(given), what)
      assert.equal((await history.of(given).current())?.key, key, what)
    }
    // But for what it remembers it is a Date like any other.
    const plain = new Date(key.at.getTime())
    deepStrictEqual(key.at, plain)
    assert.equal(key.at, plain)
    assert.is(inspect(key.at), inspect(plain))
    assert.equal(new Date(revived.at), plain)
    assert.ok(transaction.issuedAt && !Object.hasOwn(transaction.issuedAt, 'toJSON'))
    // A condition means the whole millisecond, as ever.
    const same = rows.filter(({ key: { at } }) => at.getTime() === plain.getTime()).length
    assert.is(await history.asOf('2024-01-02').count({ where: { at: key.at } }), same, what)
  }
  const at = rows.find(({ key }) => JSON.stringify(key).includes('.123001'))?.key.at ?? new Date(0)
  at.setUTCMinutes(1)
  assert.is(JSON.stringify(at), '"2024-03-01T10:01:00.123Z"')
  assert.is(await history.count({ at }), 0)
  assert.is(JSON.stringify([at.setTime(Number.NaN), at]), '[null,null]')
})

testOnEachHandle(test, 'a timeline goes on after a key with microseconds that went through JSON', async (handle) => {
  await prepare(handle, times)
  const all = createHistories<{ entry: History<Record<'at', Date>, object> }>(handle.connection, { entry: descriptor })
  const whole = await all.timeline()
  const keys: unknown[] = []
  for (let page = await all.timeline({ limit: 1 }); page.length > 0 && keys.length <= times.length;) {
    keys.push(...page.map(({ key }) => key))
    page = await all.timeline({ limit: 1, after: JSON.parse(JSON.stringify(page.at(-1))) as (typeof page)[number] })
  }
  assert.equal(
    keys,
    whole.map(({ key }) => key),
  )
  assert.is(keys.length, times.length)
})

test.run()
