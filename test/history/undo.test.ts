import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { history } from '../../fixtures/accessors/related/index.ts'
import { type Connection, withActor } from '../../src/history/mod.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { type Handle, testOnEachHandle } from './handles.ts'
import { recordTables } from './recorded-tables.ts'

const guid = (n: number) => `00000000-0000-0000-0000-00000000000${n}`

/** Runs SQL as one transaction and gives the id it was recorded under. */
const commit = async ({ database }: Handle, sql: string): Promise<string> => {
  await database.script(`begin; ${sql}; commit`)
  const [row] = await database.query<{ id: string }>('select max(id)::text as id from transaction')
  return row?.id ?? ''
}

/** Mines 1 and 2, permits N and S of mine 1, condition 7 of permit N: recorded. */
const prepare = async ({ database }: Handle): Promise<void> => {
  await database.script(await readFile(fixtureUrl('accessors/related/tables.sql'), 'utf8'))
  await database.script(`
    insert into mine values ('${guid(1)}', 'one'), ('${guid(2)}', 'two');
    insert into permit values ('N', 1, '${guid(1)}'), ('S', 1, '${guid(1)}');
    insert into condition values (7, 'N', 1, 'dry')`)
  await recordTables(database)
}

const live = async ({ database }: Handle): Promise<string> => {
  const rows = await database.query<{ line: string }>(`
    select 'mine ' || name || coalesce(' in ' || right(parent_guid::text, 1), '') as line from mine union all
    select 'permit ' || region || ' of ' || right(mine_guid::text, 1) from permit union all
    select 'condition ' || id || ' of ' || region || ': ' || note from condition order by 1`)
  return rows.map(({ line }) => line).join(', ')
}

const everything = `
  insert into mine values ('${guid(3)}', 'three', '${guid(2)}');
  update mine set name = 'ONE', parent_guid = '${guid(3)}' where name = 'one';
  insert into permit values ('W', 1, '${guid(3)}');
  update permit set mine_guid = '${guid(3)}' where region = 'N';
  delete from permit where region = 'S';
  delete from condition;
  insert into condition values (8, 'W', 1, 'wet')`

const before = 'condition 7 of N: dry, mine one, mine two, permit N of 1, permit S of 1'
const after = 'condition 8 of W: wet, mine ONE in 3, mine three in 2, mine two, permit N of 3, permit W of 3'

testOnEachHandle(test, 'all that a transaction did is taken back, and nothing else', async (handle) => {
  await prepare(handle)
  const id = await commit(handle, everything)
  assert.is(await live(handle), after)
  await commit(handle, `update mine set name = 'two!' where name = 'two'`)

  const statements = handle.statements()
  const undo = await withActor(handle.connection, { userId: 'eve' }, (tx) =>
    history(tx as Connection).undoTransaction(id),
  )
  assert.ok(handle.statements() - statements <= 16, `${handle.statements() - statements} statements`)
  assert.is(undo.done, true)
  assert.equal(undo.conflicts, [])
  assert.is(await live(handle), before.replace('mine two', 'mine two!'))
  assert.equal(
    undo.changes.map(({ table, operation }) => `${table} ${operation}`),
    [
      'condition insert',
      'condition delete',
      'mine update',
      'mine delete',
      'permit update',
      'permit insert',
      'permit delete',
    ],
  )
  const [, , mine] = undo.changes
  assert.equal(mine?.table === 'mine' ? mine.changeset.name : undefined, ['ONE', 'one'])

  const [latest] = await history(handle.connection).timeline({ limit: 1 })
  assert.is(latest?.transaction.userId, 'eve')
  const recorded = await history(handle.connection).transaction(latest?.transaction.id ?? 0)
  assert.equal(
    recorded?.changes.map(({ table, operation }) => `${table} ${operation}`),
    undo.changes.map(({ table, operation }) => `${table} ${operation}`),
    'the undo is a transaction of the history',
  )

  const again = await history(handle.connection).undoTransaction(id)
  assert.equal(again, { done: true, changes: [], conflicts: [], sql: '' })
  const redo = await history(handle.connection).undoTransaction(latest?.transaction.id ?? 0)
  assert.is(redo.done, true)
  assert.is(await live(handle), after.replace('mine two', 'mine two!'), 'an undo can be undone')
})

testOnEachHandle(test, 'a dry run tells all and writes nothing; its SQL does what the undo would', async (handle) => {
  await prepare(handle)
  const id = await commit(handle, everything)
  const dry = await history(handle.connection).undoTransaction(id, { dryRun: true })
  assert.is(dry.done, false)
  assert.is(dry.changes.length, 7)
  assert.is(await live(handle), after)
  const [{ id: last } = {}] = await handle.database.query<{ id: string }>('select max(id)::text as id from transaction')
  assert.is(last, id)
  await handle.database.script(dry.sql)
  assert.is(await live(handle), before)
  assert.equal((await history(handle.connection).undoTransaction(id)).changes, [])
})

test.run()
