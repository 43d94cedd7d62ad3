import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { apply, describeModel, look } from '../evolution/evolve.ts'
import { type Handle, testOnEachHandle } from './handles.ts'
import { importIndex } from './recorded-tables.ts'

const model = describeModel('mine', {})

/** Brings the history in line with its table; gives the accessors that go with it. */
const generate = async ({ database, connection }: Handle) => {
  await apply(database, (await look(database, model)).migrations)
  const { table } = (await look(database, model)).resolved
  if (!table) throw new Error('no history')
  const { history, histories } = await importIndex([table])
  const [mine] = histories.map((open) => open(connection))
  if (!mine) throw new Error('no accessor')
  return { mine, history: history(connection) }
}

/** Mines whose `note` is younger than their first versions, and the transactions before and after it was added. */
const prepare = async (handle: Handle) => {
  const { database } = handle
  const commit = async (sql: string): Promise<string> => {
    await database.script(`begin; ${sql}; commit`)
    const [row] = await database.query<{ id: string }>('select max(id)::text as id from transaction')
    return row?.id ?? ''
  }
  await database.script('create table mine (id int primary key, name text not null)')
  await generate(handle)
  await commit(`insert into mine values (1, 'one'), (2, 'two'), (3, 'three')`)
  const before = await commit(`update mine set name = upper(name) where id = 1; delete from mine where id = 3`)
  await database.script(`alter table mine add note text; update mine set note = 'important' where id = 1`)
  const opened = await generate(handle)
  const after = await commit(`update mine set note = 'x' where id = 2`)
  return { ...opened, before, after, commit }
}

const live = ({ database }: Handle) => database.query<{ note: string | null }>('select * from mine order by id')

testOnEachHandle(test, 'to undo what is older than a column leaves the column alone', async (handle) => {
  const { history, before, after } = await prepare(handle)
  const undo = await history.undoTransaction(before)
  assert.equal(undo.conflicts, [])
  assert.equal(
    undo.changes.map(({ changeset }) => changeset),
    [{ name: ['ONE', 'one'] }, { id: [null, 3], name: [null, 'three'] }],
  )
  assert.equal(await live(handle), [
    { id: 1, name: 'one', note: 'important' },
    { id: 2, name: 'two', note: 'x' },
    { id: 3, name: 'three', note: null },
  ])
  // That it was null before is known of the version that was open when the column came.
  assert.is((await history.undoTransaction(after)).done, true)
  assert.is((await live(handle))[1]?.note, null)
})

testOnEachHandle(test, 'a version from before a column goes back without it', async (handle) => {
  const { mine } = await prepare(handle)
  const [first] = await mine.versions({ id: 1 })
  assert.is(await first?.revert(), 'update')
  assert.is(await first?.revert({ columns: ['note'] }), null)
  const [second] = await mine.versions({ id: 2 })
  assert.is(await second?.revert(), 'update')
  assert.equal(await live(handle), [
    { id: 1, name: 'one', note: 'important' },
    { id: 2, name: 'two', note: null },
  ])
})

test.run()
