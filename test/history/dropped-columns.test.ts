import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { apply, describeModel, look } from '../evolution/evolve.ts'
import { type Handle, testOnEachHandle } from './handles.ts'
import { importIndex } from './recorded-tables.ts'

const models = [describeModel('mine', {}), describeModel('permit', {})]

/** Brings histories in line with their tables; gives the accessors that go with them. */
const generate = async ({ database }: Handle) => {
  const tables = []
  for (const model of models) {
    await apply(database, (await look(database, model)).migrations)
    const { table } = (await look(database, model)).resolved
    if (table) tables.push(table)
  }
  return importIndex(tables)
}

const commit = async ({ database }: Handle, sql: string): Promise<string> => {
  await database.script(`begin; ${sql}; commit`)
  const [row] = await database.query<{ id: string }>('select max(id)::text as id from transaction')
  return row?.id ?? ''
}

/** A mine whose `old` was a, b and c, and that has lost this column since; `other` was deleted before. */
const prepare = async (handle: Handle) => {
  await handle.database.script(`create table mine (id int primary key, old text, name text not null);
    create table permit (id int primary key, mine_id int references mine)`)
  await generate(handle)
  await commit(handle, `insert into mine values (1, 'a', 'one'), (2, 'other', 'two'); insert into permit values (7, 1)`)
  const renamed = await commit(
    handle,
    `update mine set old = 'b', name = 'ONE' where id = 1; delete from mine where id = 2`,
  )
  await commit(handle, `update mine set old = 'c' where id = 1`)
  await handle.database.script('alter table mine drop old')
  const { history, histories } = await generate(handle)
  const [mine] = histories.map((open) => open(handle.connection))
  if (!mine) throw new Error('no accessor')
  return { renamed, mine, history: history(handle.connection) }
}

const live = ({ database }: Handle) => database.query('select * from mine order by id')

const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all = []
  for await (const item of items) all.push(item)
  return all
}

testOnEachHandle(test, 'a dropped column is read as it was', async (handle) => {
  const { mine, history } = await prepare(handle)
  const key = { id: 1 }
  const old = async () => (await mine.versions(key)).map(({ data }) => data['old'])
  assert.equal(await old(), ['a', 'b', 'c'])
  await commit(handle, `update mine set name = 'uno' where id = 1`)
  assert.equal(await old(), ['a', 'b', 'c', null], 'null in versions from then on')

  const changes = (await mine.changesOf(key, 'old')).map(({ before, after }) => [before, after])
  assert.equal(changes, [
    [null, 'a'],
    ['a', 'b'],
    ['b', 'c'],
    ['c', null],
  ])
  const [, second, third] = await mine.versions(key)
  assert.equal(third?.changeset, { old: ['b', 'c'] })
  assert.is((await mine.current(key))?.data['old'], null)
  assert.is((await mine.blame(key, third && { transaction: third.transaction.id }))?.['old']?.value, 'c')
  const when = { transaction: second?.transaction.id ?? '' }
  const found = await mine.asOf(when).all({ where: { old: { gt: 'a' } }, orderBy: { old: 'desc' } })
  assert.equal(
    found.map(({ data }) => data),
    [{ id: 1, name: 'ONE', old: 'b' }],
  )
  const inSql = await handle.database.query(
    `select m.id, m.name, m.old from transaction t, mine_as_of(t.issued_at) m where t.id = ${when.transaction}`,
  )
  assert.equal(
    inSql,
    found.map(({ data }) => data),
    'the function reads it, too',
  )
  const [withPermits] = await mine.asOf(when).all({ with: ['permits' as never] })
  const related = withPermits?.related as Record<string, () => Promise<{ data: object }[]>> | undefined
  const permits = await related?.['permits']?.()
  assert.equal(
    permits?.map(({ data }) => data),
    [{ id: 7, mine_id: 1 }],
  )
  assert.equal(await collect(mine.verify()), [])
  assert.equal(await collect(history.verify()), [])
})

testOnEachHandle(test, 'reverting and undoing leave out what is gone', async (handle) => {
  const { history, mine, renamed } = await prepare(handle)
  const [first] = await mine.versions({ id: 1 })
  const wrong = await first?.revert({ columns: ['old'] }).catch((error: unknown) => error)
  assert.match((wrong as Error).message, 'old cannot be written')
  assert.is(await first?.revert(), 'update')
  assert.is(await first?.revert(), null)
  const [other] = await mine.versions({ id: 2 })
  assert.is(await other?.revert(), 'insert')
  assert.equal(await live(handle), [
    { id: 1, name: 'one' },
    { id: 2, name: 'two' },
  ])

  await handle.database.script(`update mine set name = 'ONE' where id = 1; delete from mine where id = 2`)
  const undo = await history.undoTransaction(renamed, { onConflict: 'overwrite' })
  assert.is(undo.done, true)
  assert.equal(
    undo.changes.map(({ changeset }) => changeset),
    [{ name: ['ONE', 'one'] }, { id: [null, 2], name: [null, 'two'] }],
  )
  assert.equal(await live(handle), [
    { id: 1, name: 'one' },
    { id: 2, name: 'two' },
  ])
  const again = await history.undoTransaction(renamed)
  assert.equal([again.done, again.changes, again.conflicts.length > 0], [true, [], false])
})

testOnEachHandle(test, 'what came after the column had gone is undone without conflict', async (handle) => {
  const { history } = await prepare(handle)
  const id = await commit(handle, `update mine set name = 'uno' where id = 1; insert into mine values (3, 'three')`)
  const undo = await history.undoTransaction(id)
  assert.equal([undo.done, undo.conflicts], [true, []])
  assert.equal(await live(handle), [{ id: 1, name: 'ONE' }])
})

test.run()
