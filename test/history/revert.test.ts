import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createHistory, type TableDescriptor, withActor } from '../../src/history/mod.ts'
import { testOnEachHandle } from './handles.ts'
import { importIndex, recordTables } from './recorded-tables.ts'
import { alpha, beta, type Mine, mineDescriptor, mineHistory, type MineKey, minesSql } from './mines.ts'

const liveRow = `select mine_no, name, grade::text, notes::text, opened at time zone 'UTC' as opened, status::text,
  shouted, serial::text, password from mine where mine_guid = $1`

testOnEachHandle(test, 'reverting to an update or insert updates the live row, exactly', async (handle) => {
  await handle.database.script(minesSql)
  const live = async () => (await handle.database.query(liveRow, [alpha.mine_guid]))[0]
  const versions = await mineHistory(handle.connection).versions(alpha)

  assert.is(await versions[0]?.revert(), 'update')
  assert.equal(await live(), {
    mine_no: 'A1',
    name: 'Alpha',
    grade: '1.500000',
    notes: '{"a":1}',
    opened: '2020-01-01 00:00:00.000001',
    status: 'draft',
    shouted: 'A1',
    serial: '1',
    password: 'secret',
  })
  assert.is(await versions[0]?.revert(), null, 'nothing to do the second time')

  // Only blanks in json, a microsecond and a NaN are new.
  assert.is(await versions[1]?.revert(), 'update')
  assert.equal(await live(), {
    mine_no: 'A1',
    name: 'Alpha',
    grade: 'NaN',
    notes: '{"a": 1}',
    opened: '2020-01-01 00:00:00.000002',
    status: 'draft',
    shouted: 'A1',
    serial: '1',
    password: 'secret',
  })
  assert.is(await versions[1]?.revert(), null)
})

testOnEachHandle(test, 'reverting brings a deleted row back and deletes it again', async (handle) => {
  await handle.database.script(minesSql)
  const live = async () => handle.database.query(liveRow, [beta.mine_guid])
  const [inserted, deleted] = await mineHistory(handle.connection).versions(beta)

  assert.is(await deleted?.revert(), null, 'it is deleted already')
  assert.is(await inserted?.revert(), 'insert')
  assert.equal(await live(), [
    {
      mine_no: 'B1',
      name: 'Beta',
      grade: '2.000000',
      notes: null,
      opened: null,
      status: 'draft',
      shouted: 'B1',
      serial: '2',
      password: 'changeme',
    },
  ])
  assert.is(await deleted?.revert(), 'delete')
  assert.equal(await live(), [])
  assert.equal(await handle.database.query('select count(*)::int as mines from mine'), [{ mines: 1 }])
})

testOnEachHandle(
  test,
  'domains, and types without order, are compared as they are',
  async ({ database, connection }) => {
    try {
      await database.script(`create domain code as text check (value <> ''); create domain place as point not null;
      create domain note as json; create domain no as int;
      create table site (id no primary key, same text, code code, place place, note note, codes code[], other text)`)
      const { histories } = await importIndex(await recordTables(database))
      const site = histories[0]?.(connection)
      await database.script(`insert into site values (1, 'a', 'x', '(1,2)', '{"a" : 1}', '{x}', 'first')`)
      for (const set of [`other = 'last'`, `code = 'y'`, `place = '(1,3)'`, `note = '{"a":1}'`, `codes = '{y}'`]) {
        await database.script(`update site set ${set}`)
        const [before, after] = (await site?.versions({ id: 1 }, { order: 'desc', limit: 2 }))?.reverse() ?? []
        assert.is(await after?.revert(), null, set)
        assert.is(await before?.revert(), 'update', set)
        assert.is(await before?.revert(), null, set)
        assert.is(await after?.revert(), 'update', set)
      }
    } finally {
      await database.script(
        `drop table if exists site, site_version, transaction cascade; drop domain if exists code, place, note, no`,
      )
    }
  },
)

testOnEachHandle(
  test,
  'a row that refers to itself goes back to a key that looks different',
  async ({ database, connection }) => {
    try {
      await database.script(`create table rate (id numeric primary key, of numeric references rate on update cascade)`)
      const { histories } = await importIndex(await recordTables(database))
      await database.script('insert into rate values (1.0, 1)')
      await database.script('update rate set id = 1.00')
      const [first] = (await histories[0]?.(connection).versions({ id: '1' })) ?? []
      assert.is(await first?.revert(), 'update')
      assert.equal(await database.query('select id::text, of::text from rate'), [{ id: '1.0', of: '1' }])
    } finally {
      await database.script('drop table if exists rate, rate_version, transaction cascade')
    }
  },
)

testOnEachHandle(test, 'a column that cannot be null and did not exist then is left alone', async (handle) => {
  await handle.database.script(minesSql)
  await handle.database.script(`alter table mine add rank int not null default 7; update mine set rank = 8;
    alter table mine_version add rank int`)
  const descriptor: TableDescriptor = {
    ...mineDescriptor,
    columns: [...mineDescriptor.columns, { name: 'rank', codec: 'number', required: true }],
  }
  const history = createHistory<MineKey, Mine & { rank: number }>(handle.connection, descriptor)
  assert.is(await (await history.versions(alpha))[0]?.revert(), 'update')
  assert.is(await (await history.versions(beta))[0]?.revert(), 'insert')
  assert.equal(await handle.database.query('select mine_no, rank from mine order by mine_no'), [
    { mine_no: 'A1', rank: 8 },
    { mine_no: 'B1', rank: 7 },
  ])
})

testOnEachHandle(test, 'a revert is one statement and part of an open transaction', async (handle) => {
  await handle.database.script(minesSql)
  const [version] = await mineHistory(handle.connection).versions(alpha)
  const before = handle.statements()
  await version?.revert()
  assert.is(handle.statements() - before, 1)

  const error = await withActor(handle.connection, {}, async (tx) => {
    const [inserted] = await mineHistory(tx).versions(beta)
    assert.is(await inserted?.revert(), 'insert')
    throw new Error('changed my mind')
  }).catch((thrown: unknown) => thrown)
  assert.is((error as Error).message, 'changed my mind')
  assert.equal(await handle.database.query('select mine_no from mine'), [{ mine_no: 'A1' }])
})

testOnEachHandle(test, 'some columns go back, the others stay', async (handle) => {
  await handle.database.script(minesSql)
  const live = async () => (await handle.database.query(liveRow, [alpha.mine_guid]))[0]
  const history = mineHistory(handle.connection)
  const [first, , , deleted] = await history.versions(alpha)
  const before = await live()
  assert.is(await first?.revert({ columns: ['name', 'grade'] }), 'update')
  assert.equal(await live(), { ...before, name: 'Alpha', grade: '1.500000' })
  assert.is(await first?.revert({ columns: ['name', 'grade'] }), null)
  assert.is(await first?.revert({ columns: [] }), null)
  const state = await history.asOf({ transaction: 1 }).find(alpha)
  assert.is(await state?.revert({ columns: ['status'] }), 'update')
  assert.equal(await live(), { ...before, name: 'Alpha', grade: '1.500000', status: 'draft' })

  const [gone] = await history.versions(beta)
  for (const [work, message] of [
    [() => gone?.revert({ columns: ['name'] }), /the row of mine is not there/],
    [() => deleted?.revert({ columns: ['name'] }), /a delete has no columns/],
    [() => first?.revert({ columns: ['shouted'] }), /shouted cannot be written/],
    [() => first?.revert({ columns: ['serial'] }), /serial cannot be written/],
    [() => first?.revert({ columns: ['mine_guid' as 'name'] }), /mine_guid cannot be written/],
    [() => first?.revert({ columns: ['nope' as 'name'] }), /mine has no column nope/],
  ] as const) {
    const error = await work()?.catch((thrown: unknown) => thrown)
    assert.match((error as Error).message, message)
  }
  assert.equal(await handle.database.query('select count(*)::int as mines from mine'), [{ mines: 1 }])
})

testOnEachHandle(test, 'what Postgres refuses is thrown, and nothing has changed', async (handle) => {
  await handle.database.script(minesSql)
  await handle.database.script(`create unique index on mine (status)`)
  const history = mineHistory(handle.connection)
  const [inserted] = await history.versions(beta)
  await handle.database.script(`update mine set status = 'draft'`)
  const error = await inserted?.revert().catch((thrown: unknown) => thrown)
  assert.is((error as { code?: unknown }).code, '23505')
  assert.is(await history.count(beta), 2, 'the connection goes on')

  const [first] = await history.versions(alpha)
  await handle.database.script(`delete from mine_version where mine_no = 'A1'`)
  const gone = await first?.revert().catch((thrown: unknown) => thrown)
  assert.match((gone as Error).message, /version 1 of mine is no longer in its history/)
})

test.run()
