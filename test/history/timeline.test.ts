import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { history, type Tables } from '../../fixtures/accessors/related/index.ts'
import type { DatabaseHistory, TableChange } from '../../src/history/mod.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { type Handle, testOnEachHandle } from './handles.ts'
import { type AnyTables, importIndex, recordTables } from './recorded-tables.ts'

const guid = (n: number) => `00000000-0000-0000-0000-00000000000${n}`

/** Transactions of ann, bob, ann and nobody; returns their ids. */
const prepare = async ({ database, connection }: Handle): Promise<readonly string[]> => {
  await database.script(await readFile(fixtureUrl('accessors/related/tables.sql'), 'utf8'))
  await recordTables(database)
  const commit = async (user: string, sql: string): Promise<string> => {
    await database.script(`begin; select set_config('versiongen.user_id', '${user}', true); ${sql}; commit`)
    const [row] = await database.query<{ id: string }>('select max(id)::text as id from transaction')
    return row?.id ?? ''
  }
  await history(connection).at('2024-01-01').mine.count() // postgres.js first asks for types
  return [
    await commit(
      'ann',
      `insert into mine values ('${guid(1)}', 'one'), ('${guid(2)}', 'two');
      insert into permit values ('N', 1, '${guid(1)}'), ('S', 1, '${guid(1)}')`,
    ),
    await commit(
      'bob',
      `insert into condition values (7, 'N', 1, 'dry'); update permit set mine_guid = '${guid(2)}' where region = 'S'`,
    ),
    await commit('ann', `update mine set name = 'TWO' where name = 'two'; delete from condition`),
    await commit('', `update mine set name = 'ONE' where name = 'one'; insert into "create" values (5)`),
  ]
}

const describe = (changes: readonly TableChange<Tables>[]): readonly string[] =>
  changes.map((change) => `${change.transaction.id} ${change.table} ${change.operation}`)

testOnEachHandle(test, 'a transaction is told with all it did, in one query', async (handle) => {
  const [first = '', second = '', third = ''] = await prepare(handle)
  const before = handle.statements()
  const transaction = await history(handle.connection).transaction(second)
  assert.is(handle.statements() - before, 1)
  assert.is(transaction?.id, second)
  assert.is(transaction?.userId, 'bob')
  assert.instance(transaction?.issuedAt, Date)
  const [condition, permit] = transaction?.changes ?? []
  assert.is(transaction?.changes.length, 2)
  assert.ok(condition?.table === 'condition' && permit?.table === 'permit')
  assert.is(condition.data.note, 'dry')
  assert.equal(condition.changeset.note, [null, 'dry'])
  assert.equal(permit.changeset, { mine_guid: [guid(1), guid(2)] })
  assert.is((await permit.previous())?.transaction.id, first)
  assert.is((await permit.related.mine())?.data.name, 'two')
  assert.equal(Object.keys(permit).toSorted(), ['changeset', 'data', 'key', 'operation', 'table', 'transaction'])

  const part = await history(handle.connection).transaction(BigInt(third), { tables: ['mine'] })
  assert.equal(
    part?.changes.map(({ key, table }) => [table, key]),
    [['mine', { mine_guid: guid(2) }]],
  )
  await handle.database.script(`insert into transaction (id, issued_at) values (999, '2024-01-01Z')`)
  assert.equal(await history(handle.connection).transaction(999), {
    id: '999',
    issuedAt: new Date('2024-01-01'),
    userId: null,
    remoteAddr: null,
    changes: [],
  })
  assert.is(await history(handle.connection).transaction(1_000), undefined)
  // As Continuum may leave it: versions of a transaction that has no row.
  await handle.database.script(`delete from transaction where id = ${first}`)
  const orphan = await history(handle.connection).transaction(first)
  assert.is(orphan?.issuedAt, null)
  assert.is(orphan?.changes.length, 4)
  const unsafe = await history(handle.connection)
    .transaction(2 ** 60)
    .catch((error: unknown) => error)
  assert.instance(unsafe, TypeError)
})

testOnEachHandle(test, 'a timeline has the newest first, and pages through', async (handle) => {
  const [first = '', second = '', third = '', fourth = ''] = await prepare(handle)
  const expected = [
    `${fourth} create insert`,
    `${fourth} mine update`,
    `${third} condition delete`,
    `${third} mine update`,
    `${second} condition insert`,
    `${second} permit update`,
    `${first} mine insert`,
    `${first} mine insert`,
    `${first} permit insert`,
    `${first} permit insert`,
  ]
  const before = handle.statements()
  const all = await history(handle.connection).timeline()
  assert.is(handle.statements() - before, 1)
  assert.equal(describe(all), expected)
  assert.equal(
    all
      .slice(6)
      .map((change) => (change.table === 'mine' ? change.data.name : change.table === 'permit' && change.data.region)),
    ['one', 'two', 'N', 'S'],
  )

  for (const limit of [1, 3, 10, 11]) {
    const read: TableChange<Tables>[] = []
    for (let page = await history(handle.connection).timeline({ limit }); page.length > 0;) {
      read.push(...page)
      page = await history(handle.connection).timeline({ limit, after: page.at(-1) })
    }
    assert.equal(describe(read), expected, `${limit} at a time`)
    assert.equal(read, all)
  }
  // What went through JSON on its way to a browser and back is a place as well.
  const after = JSON.parse(JSON.stringify(all[6])) as TableChange<Tables, 'mine'>
  const rest = await history(handle.connection).timeline({ after })
  assert.equal(rest, all.slice(7))

  const { connection } = handle
  const some = async (options: Parameters<DatabaseHistory<Tables>['timeline']>[0]) =>
    describe(await history(connection).timeline(options))
  assert.equal(await some({ userId: 'ann' }), [...expected.slice(2, 4), ...expected.slice(6)])
  assert.equal(await some({ userId: 'ann', limit: 1 }), expected.slice(2, 3))
  assert.equal(await some({ since: { transaction: first }, until: { transaction: third } }), expected.slice(2, 6))
  const issued = all[4]?.transaction.issuedAt ?? new Date(0)
  const until = await history(connection).timeline({ until: issued, tables: ['condition', 'permit'] })
  assert.ok(until.every((change) => change.transaction.id <= second && change.table.length > 4))
  assert.is(until.length, 4)
  assert.equal(await some({ since: '2999-01-01' }), [])
  assert.equal(await some({ limit: 0 }), [])
  assert.equal(await some({ tables: [] }), [])
  const [change] = await history(connection).timeline({ tables: ['mine'], userId: 'ann' })
  assert.is(change?.data.name, 'TWO')
  assert.is(await change?.previous().then((version) => version?.revert()), 'update')

  const signal = AbortSignal.abort(new Error('never mind'))
  for (const ask of [
    () => history(connection).timeline({ signal }),
    () => history(connection).transaction(1, { signal }),
  ]) {
    assert.is(await ask().catch((error: unknown) => (error as Error).message), 'never mind')
  }
  for (const [options, message] of [
    [{ limit: -1 }, /limit is a whole number of changes/],
    [{ since: 'soon' }, /not a moment/],
    [{ after: { table: 'nope' } }, /after is a change of nope, which is not among the tables/],
    [{ after: { table: 'mine', key: {}, transaction: { id: 1 } } }, /the key of mine needs mine_guid/],
    [{ after: { table: 'mine', key: {} } }, /after is a change/],
    [
      { after: all[0], tables: ['mine', 'permit'] },
      /after is a change of create, which is not among the tables: mine, permit/,
    ],
  ] as const) {
    const thrown = await history(connection)
      .timeline(options as object)
      .catch((error: unknown) => error)
    assert.instance(thrown, TypeError)
    assert.match((thrown as Error).message, message)
  }
})

testOnEachHandle(test, 'transaction tables that number apart are told apart', async ({ database, connection }) => {
  await database.script(`
    create schema a; create schema b;
    create table a.one (id int primary key, n int); create table b.two (id int primary key, n int);
    create table b.three (id int primary key, n int)`)
  const tables = await recordTables(database, ({ base, transaction }) => ({
    transaction: { ...transaction, schema: base.schema },
  }))
  const all: DatabaseHistory<AnyTables> = (await importIndex(tables)).history(connection)
  for (const sql of [
    'insert into a.one values (1, 1)',
    'insert into b.two values (1, 1), (2, 2); insert into b.three values (1, 1)',
    'insert into a.one values (2, 2), (3, 3)',
    'update b.two set n = 9; update a.one set n = 9 where id = 1',
  ]) {
    await database.script(`begin; ${sql}; commit`)
  }
  const expected = ['two 2 1', 'two 2 2', 'one 3 1', 'one 2 2', 'one 2 3', 'three 1 1', 'two 1 1', 'two 1 2', 'one 1 1']
  const tell = (changes: readonly TableChange<AnyTables>[]) =>
    changes.map(({ table, key, transaction }) => `${table} ${transaction.id} ${String(key['id'])}`)
  // In one transaction each table is dated on its own; whatever wrote first is older.
  const found = await all.timeline()
  assert.equal(tell(found).slice(3), expected.slice(3))
  assert.equal(tell(found).slice(0, 3).toSorted(), expected.slice(0, 3).toSorted())
  for (const limit of [1, 2, 4]) {
    const read: TableChange<AnyTables>[] = []
    for (let page = await all.timeline({ limit }); page.length > 0;) {
      read.push(...page)
      page = await all.timeline({ limit, after: page.at(-1) })
    }
    assert.equal(tell(read), tell(found))
  }

  const ambiguous = /"a"\."transaction" and "b"\."transaction" number their transactions apart: name tables of one/
  assert.throws(() => all.at({ transaction: 1 }), ambiguous)
  for (const ask of [
    () => all.transaction(1),
    () => all.undoTransaction(2),
    () => all.timeline({ since: { transaction: 1 } }),
  ]) {
    const thrown = await ask().catch((error: unknown) => error)
    assert.instance(thrown, TypeError)
    assert.match((thrown as Error).message, ambiguous)
  }
  assert.equal(tell((await all.transaction(1, { tables: ['two', 'three'] }))?.changes ?? []), expected.slice(5, 8))
  assert.is((await all.undoTransaction(1, { tables: ['three'] })).changes.length, 1)
  const issued = found.at(-1)?.transaction.issuedAt ?? new Date(0)
  const past = all.at(issued)
  assert.is(await past['one']?.count(), 1)
  assert.ok(Number(await past['two']?.count()) <= 2)
  assert.is(await all.at({ transaction: 1 }, { tables: ['one'] }).one?.count(), 1)
})

testOnEachHandle(test, 'more than ten tables are gone through in their order', async ({ database, connection }) => {
  const names = Array.from({ length: 12 }, (_, i) => `t${String(i + 1).padStart(2, '0')}`)
  await database.script(names.map((name) => `create table ${name} (id int primary key)`).join(';'))
  const all = (await importIndex(await recordTables(database))).history(connection)
  await database.script(`begin; ${names.map((name) => `insert into ${name} values (1)`).join(';')}; commit`)
  const whole = await all.timeline()
  assert.equal(
    whole.map(({ table }) => table),
    names,
  )
  assert.equal(
    (await all.transaction(whole[0]?.transaction.id ?? ''))?.changes.map(({ table }) => table),
    names,
  )
  const paged: string[] = []
  for (let after: TableChange<AnyTables> | undefined; ;) {
    const page = await all.timeline({ limit: 5, ...(after && { after }) })
    if (page.length === 0) break
    paged.push(...page.map(({ table }) => table))
    after = page.at(-1)
  }
  assert.equal(paged, names)
})

test.run()
