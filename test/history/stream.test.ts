import pg from 'pg'
import postgres from 'postgres'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Connection,
  createHistory,
  type RowChange,
  type TableDescriptor,
  withActor,
} from '../../src/history/mod.ts'
import { toMoment } from '../../src/history/moment.ts'
import { selectChanges } from '../../src/history/select-changes.ts'
import { prepareTable } from '../../src/history/table.ts'
import { eachDatabase, eachServer } from '../support/databases.ts'
import { testOnEachHandle } from './handles.ts'
import { alpha, mineDescriptor, mineHistory, type MineKey, minesSql } from './mines.ts'

const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all = []
  for await (const item of items) all.push(item)
  return all
}
const name = ({ key, transaction }: RowChange<MineKey, object>) => `${transaction.id}${key.mine_guid[0]}`

testOnEachHandle(test, 'all changes in order, each as its row knows it', async (handle) => {
  await handle.database.script(minesSql)
  const history = mineHistory(handle.connection)
  const all = await collect(history.stream())
  assert.is(all.map(name).join(), '1a,2a,2b,4a,5a,6a,6b')
  for (const change of all) {
    const version = (await history.versions(change.key)).find(
      ({ transaction }) => transaction.id === change.transaction.id,
    )
    const { index, ...rest } = version ?? { index: -1 }
    assert.equal({ ...change }, rest)
    assert.is((await change.previous())?.index, index === 0 ? undefined : index - 1)
    assert.is((await change.next())?.index, index === (await history.count(change.key)) - 1 ? undefined : index + 1)
  }
})

testOnEachHandle(test, 'since, until, user and conditions', async (handle) => {
  await handle.database.script(minesSql)
  const history = mineHistory(handle.connection)
  const cases: readonly [options: Parameters<typeof history.stream>[0], expected: string][] = [
    [{ since: { transaction: 4 } }, '5a,6a,6b'],
    [{ since: '2024-01-02T10:00:00Z' }, '4a,5a,6a,6b'],
    [{ since: '2024-01-02T09:59:59.999999Z', until: new Date('2024-01-04T10:00:00Z') }, '2a,2b,4a'],
    [{ since: '2000-01-01' }, '1a,2a,2b,4a,5a,6a,6b'],
    [{ since: new Date() }, ''],
    [{ until: { transaction: 1 } }, '1a'],
    [{ userId: 'bob' }, '2a,2b'],
    [{ userId: "it's" }, ''],
    [{ since: { transaction: 2 }, userId: 'ann' }, '4a,5a'],
  ]
  for (const [options, expected] of cases)
    assert.is((await collect(history.stream(options))).map(name).join(), expected)

  const descriptor: TableDescriptor = {
    ...mineDescriptor,
    columns: mineDescriptor.columns.map((column) => (column.name === 'mine_no' ? { ...column, cast: 'text' } : column)),
  }
  const filtered = createHistory<MineKey, { mine_no: string }>(handle.connection, descriptor)
  const found = await collect(filtered.stream({ where: { mine_no: { not: 'A1' } } }))
  assert.is(found.map(name).join(), '2b,6b')

  const before = handle.statements()
  for (const [options, message] of [
    [{ since: 'yesterday' }, /not a moment/],
    [{ where: { nope: 1 } }, /no column nope/],
  ] as const) {
    const error = await collect(history.stream(options as object)).catch((thrown: unknown) => thrown)
    assert.match((error as Error).message, message)
  }
  const anonymous = { ...mineDescriptor.transactionTable, userId: false }
  const error = await collect(
    createHistory(handle.connection, { ...mineDescriptor, transactionTable: anonymous }).stream({ userId: 1 }),
  ).catch((thrown: unknown) => thrown)
  assert.match((error as Error).message, /keeps no users/)
  assert.is(handle.statements(), before)
})

interface Key {
  readonly id: number
}
const noteDescriptor: TableDescriptor = {
  ...mineDescriptor,
  table: { schema: 'public', name: 'note' },
  versionTable: { schema: 'public', name: 'note_version' },
  key: ['id'],
  columns: [{ name: 'id', codec: 'number', cast: 'int4', required: true }],
}
const notes = (db: Connection) => createHistory<Key, Key>(db, noteDescriptor)
const notesSql = (count: number) => `
  create table transaction (id bigint primary key, issued_at timestamptz, remote_addr text, user_id text);
  create table note (id int primary key);
  create table note_version (id int, transaction_id bigint, end_transaction_id bigint, operation_type smallint, primary key (id, transaction_id));
  insert into note_version select n, n, null, 0 from generate_series(1, ${count}) as n`
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

testOnEachHandle(test, 'many batches, two loops at once, and loops that end early', async (handle) => {
  for (const count of [0, 999, 1000, 1001, 2000, 3500]) {
    await handle.database.script(`drop table if exists transaction, note, note_version; ${notesSql(count)}`)
    const seen = (await collect(notes(handle.connection).stream())).map(({ key }) => key.id)
    assert.equal(seen, numbers(count))
  }
  const history = notes(handle.connection)
  const pairs: number[] = []
  const other = history.stream({ since: { transaction: 1 } })
  for await (const { key } of history.stream()) {
    const { value } = await other.next()
    pairs.push(key.id - (value?.key.id ?? 0))
    // The connection can be used meanwhile, and what is written now comes too late.
    if (key.id === 5) await handle.database.script(`insert into note_version values (9999, 9999, null, 0)`)
    if (key.id === 1500) {
      assert.is(await history.count({ id: 9999 }), 1)
      break
    }
  }
  await other.return()
  assert.ok(pairs.every((difference) => difference === -1))
  const thrown = await (async () => {
    for await (const { key } of history.stream()) if (key.id === 3) throw new Error('enough')
  })().catch((error: unknown) => error)
  assert.is((thrown as Error).message, 'enough')
  // More than a pool has connections: every loop gave its own back.
  for (const _ of numbers(5)) for await (const _change of history.stream()) break
  assert.equal(await handle.database.query(`select name from pg_cursors where name like 'versiongen%'`), [])
})

eachDatabase((name, open) => {
  test(`an index leads to what came after a moment (${name})`, async () => {
    const database = await open()
    try {
      await database.script(`${notesSql(5000)}; create index on note_version (transaction_id);
        insert into transaction select n, '2024-01-01'::timestamptz + n * interval '1 minute' from generate_series(1, 5000) as n;
        analyze; set enable_seqscan = off`)
      for (const since of [{ transaction: 4900 }, '2024-01-04T09:40:00Z']) {
        const filter = { since: toMoment(since), until: undefined, userId: undefined, where: undefined }
        const [sql, values] = selectChanges(prepareTable(noteDescriptor), filter)
        const plan = await database.query<{ 'QUERY PLAN': string }>(`explain (analyze, costs off, timing off) ${sql}`, [
          ...values,
        ])
        const lines = plan.map((row) => row['QUERY PLAN'])
        const scan = lines.findIndex((line) => /Index Cond: \(transaction_id > /.test(line))
        assert.match(lines[scan - 1] ?? '', /rows=100(\.00)? /, lines.join('\n'))
      }
    } finally {
      await database.close()
    }
  })
})

testOnEachHandle(test, "inside a caller's transaction: its own writes are read, and it goes on", async (handle) => {
  await handle.database.script(notesSql(1500))
  await withActor(handle.connection, {}, async (tx) => {
    const history = notes(tx)
    const [first] = await history.versions({ id: 1 })
    assert.is(await first?.revert(), 'insert')
    let count = 0
    for await (const { key } of history.stream()) {
      if (++count === 2) {
        const [version] = await history.versions(key)
        assert.is(await version?.revert(), 'insert')
      }
      if (count === 1200) break
    }
    assert.is((await collect(history.stream())).length, 1500)
  })
  assert.equal(await handle.database.query('select id from note order by 1'), [{ id: 1 }, { id: 2 }])

  const error = await withActor(handle.connection, {}, async (tx) => {
    for await (const _ of notes(tx).stream()) {
      await createHistory<Key, Key>(tx, {
        ...noteDescriptor,
        versionTable: { schema: 'public', name: 'nowhere' },
      }).versions({
        id: 1,
      })
    }
  }).catch((thrown: unknown) => thrown)
  assert.is((error as { code?: unknown }).code, '42P01', 'what failed inside the loop is what is thrown')
})

testOnEachHandle(test, 'what Postgres refuses is thrown, and the connection goes on', async (handle) => {
  await handle.database.script(minesSql)
  const nowhere = { ...mineDescriptor, versionTable: { schema: 'public', name: 'nowhere' } }
  const error = await collect(createHistory(handle.connection, nowhere).stream()).catch((thrown: unknown) => thrown)
  assert.is((error as { code?: unknown }).code, '42P01')
  for (const _ of numbers(5)) assert.is((await collect(mineHistory(handle.connection).stream())).length, 7)
  assert.is(await mineHistory(handle.connection).count(alpha), 5)
})

eachServer((title, open) => {
  test(`single connections stream, too, in a transaction or not (${title})`, async () => {
    const database = await open()
    await database.script(notesSql(2500))
    const client = new pg.Client({ connectionString: database.url })
    const sql = postgres(database.url, { max: 1, onnotice: () => {} })
    await client.connect()
    const reserved = await sql.reserve()
    try {
      for (const [db, run] of [
        [client, (text: string) => client.query(text)],
        [reserved, (text: string) => reserved.unsafe(text)],
      ] as const) {
        assert.is((await collect(notes(db).stream())).length, 2500)
        await run('begin')
        assert.is((await collect(notes(db).stream())).length, 2500)
        for await (const _ of notes(db).stream()) {
          await run('rollback') // and the cursor is gone
          break
        }
        // A transaction that begins and ends within the loop does not disturb it.
        let count = 0
        for await (const { key } of notes(db).stream()) {
          count++
          if (key.id % 1000 === 500) {
            await run('begin')
            await run('rollback')
          }
        }
        assert.is(count, 2500)
      }
    } finally {
      reserved.release()
      await client.end()
      await sql.end()
      await database.close()
    }
  })
})

test.run()
