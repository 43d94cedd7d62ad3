import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { history } from '../../fixtures/accessors/related/index.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { type Handle, testOnEachHandle } from './handles.ts'
import { recordTables } from './recorded-tables.ts'

const guid = (n: number) => `00000000-0000-0000-0000-00000000000${n}`

/** Mine 1 with permit N. */
const prepare = async ({ database, connection }: Handle): Promise<void> => {
  await database.script(await readFile(fixtureUrl('accessors/related/tables.sql'), 'utf8'))
  await recordTables(database)
  await database.script(`begin; insert into mine values ('${guid(1)}', 'one');
    insert into permit values ('N', 1, '${guid(1)}'); commit`)
  // postgres.js first asks for types on each connection.
  await Promise.all([1, 2, 3].map(() => history(connection).at({ transaction: 1 }).mine.count()))
}

testOnEachHandle(test, 'all tables are read as of one transaction, looked up once', async (handle) => {
  await prepare(handle)
  const past = history(handle.connection).at('2999-01-01')
  assert.equal(Object.keys(past).toSorted(), Object.keys(history(handle.connection).at('2000-01-01')).toSorted())
  const before = handle.statements()
  assert.is((await past.mine.find({ mine_guid: guid(1) }))?.data.name, 'one')
  assert.is(handle.statements() - before, 2, 'the moment, and the row')

  // Whatever happens now is not there, neither for tables read before nor for others.
  await handle.database.script(`begin; update mine set name = 'changed'; delete from permit;
    insert into mine values ('${guid(2)}', 'two'); insert into permit values ('W', 1, '${guid(2)}'); commit`)
  const asked = handle.statements()
  const [permits, mines, count] = await Promise.all([
    past.permit.all({ with: ['mine'] }),
    past.mine.all({ orderBy: { name: 'asc' } }),
    past.condition.count(),
  ])
  assert.is(handle.statements() - asked, 4, 'one query each, and one for the relation')
  assert.equal(
    permits.map(({ key }) => key.region),
    ['N'],
  )
  assert.is((await permits[0]?.related.mine())?.data.name, 'one')
  assert.equal(
    mines.map(({ data }) => data.name),
    ['one'],
  )
  assert.is((await (await mines[0]?.related.permits())?.[0]?.related.mine())?.data.name, 'one')
  assert.is(count, 0)
  const streamed: string[] = []
  for await (const { data } of past.mine.stream()) streamed.push(data.name)
  assert.equal(streamed, ['one'])

  const now = history(handle.connection).at('2999-01-01')
  assert.is(await now.mine.count(), 2)
  const [permit] = await now.permit.all()
  assert.is(permit?.key.region, 'W')

  // Asked at the same time, it is looked up once as well; a transaction needs no looking up.
  const shared = history(handle.connection).at(new Date('2999-01-01'))
  const once = handle.statements()
  assert.equal(await Promise.all([shared.mine.count(), shared.permit.count()]), [2, 1])
  assert.is(handle.statements() - once, 3)
  const told = history(handle.connection).at({ transaction: permit?.transaction.id ?? '' })
  assert.equal(await Promise.all([told.mine.count(), told.permit.count()]), [2, 1])
  assert.is(handle.statements() - once, 5)
  assert.equal(await history(handle.connection).at('1999-01-01').mine.all(), [])

  const some = history(handle.connection).at('2999-01-01', { tables: ['permit'] })
  assert.equal(Object.keys(some), ['permit'])
  assert.throws(() => history(handle.connection).at('yesterday'), /not a moment/)
  assert.throws(
    () => history(handle.connection).at('2024-01-01', { tables: ['nope' as 'mine'] }),
    /no history of a table nope/,
  )
})

test.run()
