import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { DatabaseHistory } from '../../src/history/mod.ts'
import { eachServer } from '../support/databases.ts'
import { type Handle, testOnEachHandle } from './handles.ts'
import { type AnyTables, importIndex, recordTables } from './recorded-tables.ts'

const schema = `
create table mine (id int primary key, name text, parent int references mine);
create table permit (id int primary key, mine int references mine, note text);
create table remark (mine int references mine on delete cascade, line text);
insert into mine values (1, 'one'), (2, 'two');
insert into permit values (1, 1, 'a'), (2, 1, 'b');
`

const open = async ({ database, connection }: Pick<Handle, 'database' | 'connection'>) => {
  await database.script(schema)
  const history: DatabaseHistory<AnyTables> = (await importIndex(await recordTables(database))).history(connection)
  const commit = async (sql: string, user = ''): Promise<string> => {
    await database.script(`begin; select set_config('versiongen.user_id', '${user}', true); ${sql}; commit`)
    const [row] = await database.query<{ id: string }>('select max(id)::text as id from transaction')
    return row?.id ?? ''
  }
  const live = async () => {
    const rows = await database.query<{ line: string }>(`
      select 'mine ' || id || ' ' || name || coalesce(' in ' || parent, '') as line from mine union all
      select 'permit ' || id || ' of ' || mine || ' ' || note from permit union all
      select 'remark on ' || mine from remark`)
    return rows
      .map(({ line }) => line)
      .toSorted()
      .join(', ')
  }
  return { history, commit, live }
}

testOnEachHandle(test, 'a row that was changed since is listed, and nothing done unless told how', async (handle) => {
  const { history, commit, live } = await open(handle)
  const id = await commit(`update mine set name = 'ONE' where id = 1; update permit set note = 'A' where id = 1;
    insert into permit values (3, 2, 'c'); delete from permit where id = 2`)
  const since = await commit(`update mine set name = 'won' where id = 1; insert into permit values (2, 2, 'B')`, 'eve')
  const before = 'mine 1 won, mine 2 two, permit 1 of 1 A, permit 2 of 2 B, permit 3 of 2 c'
  assert.is(await live(), before)

  const refused = await history.undoTransaction(id)
  assert.is(refused.done, false)
  assert.equal(
    refused.conflicts.map((conflict) => [
      conflict.table,
      conflict.key['id'],
      conflict.reason,
      conflict.reason === 'changed' && [conflict.transaction.id, conflict.transaction.userId],
    ]),
    [
      ['mine', 1, 'changed', [since, 'eve']],
      ['permit', 2, 'changed', [since, 'eve']],
    ],
  )
  assert.equal(
    refused.changes.map(({ table, key, operation }) => [table, key['id'], operation]),
    [
      ['permit', 1, 'update'],
      ['permit', 3, 'delete'],
    ],
    'what could be done without conflict',
  )
  assert.is(await live(), before)

  const skipped = await history.undoTransaction(id, { onConflict: 'skip' })
  assert.is(skipped.done, true)
  assert.equal(skipped.conflicts, refused.conflicts)
  assert.equal(skipped.changes, refused.changes)
  assert.is(await live(), 'mine 1 won, mine 2 two, permit 1 of 1 a, permit 2 of 2 B')

  const overwritten = await history.undoTransaction(id, { onConflict: 'overwrite' })
  assert.is(overwritten.done, true)
  assert.equal(overwritten.conflicts.length, 2)
  assert.is(await live(), 'mine 1 one, mine 2 two, permit 1 of 1 a, permit 2 of 1 b')
  assert.equal((await history.undoTransaction(id)).conflicts, [], 'all is as it was before: no conflict any more')

  const partly = await commit(`update mine set name = 'uno' where id = 1; delete from permit where id = 1`)
  await history.undoTransaction(partly, { tables: ['permit'] })
  assert.is(await live(), 'mine 1 uno, mine 2 two, permit 1 of 1 a, permit 2 of 1 b')

  for (const [options, message] of [
    [{ onConflict: 'ignore' as 'skip' }, /^onConflict is 'refuse', 'skip' or 'overwrite', not ignore$/],
    [{ tables: ['nope'] }, /^there is no history of a table nope$/],
    [{ tables: [] }, /^there are no tables to take transaction \d+ back in$/],
  ] as const) {
    const thrown = await history.undoTransaction(id, options).catch((error: unknown) => error)
    assert.instance(thrown, TypeError)
    assert.match((thrown as Error).message, message)
  }
  const unknown = await history.undoTransaction(999_999).catch((error: unknown) => error)
  assert.match((unknown as Error).message, /^there is no transaction 999999 in "public"\."transaction"$/)
})

testOnEachHandle(test, 'what others tied to a row since stands against taking it back', async (handle) => {
  const { history, commit, live } = await open(handle)
  const made = await commit(`insert into mine values (3, 'three', null), (4, 'four', 3), (5, 'five', 5);
    insert into permit values (3, 3, 'c')`)
  assert.equal((await history.undoTransaction(made, { dryRun: true })).conflicts, [], 'its own rows do not count')
  await commit(`insert into remark values (4, 'no history'); update permit set mine = 5 where id = 2`)
  const before = await live()

  const refused = await history.undoTransaction(made)
  assert.equal(
    refused.conflicts.map((conflict) => [
      conflict.table,
      conflict.key['id'],
      conflict.reason,
      conflict.reason === 'referenced' && [conflict.by.name, conflict.constraint],
    ]),
    [
      ['mine', 5, 'referenced', ['permit', 'permit_mine_fkey']],
      ['mine', 4, 'referenced', ['remark', 'remark_mine_fkey']],
    ],
  )
  assert.is(await live(), before)

  // Mine 4 stays because of the remark, and so mine 3, which it is in.
  const skipped = await history.undoTransaction(made, { onConflict: 'skip' })
  assert.equal(
    skipped.changes.map(({ table, key }) => [table, key['id']]),
    [['permit', 3]],
  )
  assert.is(await live(), before.replace(', permit 3 of 3 c', ''))

  const failed = await history.undoTransaction(made, { onConflict: 'overwrite' }).catch((error: unknown) => error)
  assert.is((failed as { code?: unknown }).code, '23503', 'permit 2 does not go with its mine')
  assert.is(await live(), before.replace(', permit 3 of 3 c', ''))
  await commit('update permit set mine = 1 where id = 2')
  assert.is((await history.undoTransaction(made, { onConflict: 'overwrite' })).done, true)
  assert.is(await live(), 'mine 1 one, mine 2 two, permit 1 of 1 a, permit 2 of 1 b', 'the remark goes with its mine')

  // What it refers to has gone since.
  const deleted = await commit('delete from permit')
  await commit('delete from mine where id = 1')
  for (const onConflict of ['refuse', 'overwrite'] as const) {
    const missing = await history.undoTransaction(deleted, { onConflict })
    assert.is(missing.done, false, 'there is no way')
    assert.equal(
      missing.conflicts.map((conflict) => conflict.reason === 'missing' && [conflict.key['id'], conflict.from.name]),
      [
        [1, 'mine'],
        [2, 'mine'],
      ],
    )
  }
  assert.is(await live(), 'mine 2 two')
})

testOnEachHandle(test, 'what a history does not tell cannot be taken back', async (handle) => {
  const { history, commit, live } = await open(handle)
  const id = await commit(`update mine set name = 'ONE' where id = 1; delete from permit`)
  await handle.database.script(
    `delete from mine_version where id = 1 and transaction_id < ${id}; delete from permit_version where id = 2 and transaction_id < ${id}`,
  )
  for (const onConflict of ['refuse', 'overwrite'] as const) {
    const refused = await history.undoTransaction(id, { onConflict })
    assert.is(refused.done, false)
    assert.equal(
      refused.conflicts.map(({ table, key, reason }) => [table, key['id'], reason]),
      [
        ['mine', 1, 'unrecorded'],
        ['permit', 2, 'unrecorded'],
      ],
    )
  }
  assert.is(await live(), 'mine 1 ONE, mine 2 two')
  const skipped = await history.undoTransaction(id, { onConflict: 'skip' })
  assert.is(skipped.changes.length, 1)
  assert.is(await live(), 'mine 1 ONE, mine 2 two, permit 1 of 1 a')
})

testOnEachHandle(test, 'a backfill made no rows, so that none is deleted', async (handle) => {
  const { history, commit, live } = await open(handle)
  const before = await live()
  const backfills = new Set((await history.timeline()).map(({ transaction }) => transaction.id))
  assert.is(backfills.size, 2, 'one of each table')
  for (const id of backfills) {
    const refused = await history.undoTransaction(id)
    assert.is(refused.done, false)
    assert.equal(refused.changes, [])
    assert.equal(
      refused.conflicts.filter(({ reason }) => reason === 'backfilled').map(({ key }) => key['id']),
      [1, 2],
    )
  }
  assert.is(await live(), before)
  // Rows that a transaction did make are no older than it is, whatever savepoints it went through.
  const made =
    await commit(`savepoint a; insert into mine values (7, 'seven'); savepoint b; insert into mine values (8, 'eight');
    rollback to b; insert into mine values (9, 'nine'); release a; update mine set name = 'NINE' where id = 9;
    do $$ begin insert into permit values (7, 7, ''); exception when others then raise; end $$`)
  assert.is((await history.undoTransaction(made)).changes.length, 3)
  assert.is(await live(), before)
})

testOnEachHandle(test, 'a row that is older than its history stays, whatever was done to it since', async (handle) => {
  const { history, commit, live } = await open(handle)
  const [backfill = ''] = (await history.timeline({ tables: ['mine'] })).map(({ transaction }) => transaction.id)
  await commit(`delete from permit`)
  await commit(`update mine set name = 'ONE' where id = 1`, 'eve')
  await commit(`update mine set name = 'one' where id = 1`)
  await handle.database.script('alter table mine add random float default random()') // rewrites every row
  await commit(`update mine set name = 'TWO' where id = 2`)
  const before = await live()
  const refused = await history.undoTransaction(backfill)
  assert.equal(
    refused.conflicts.map(({ key, reason }) => [key['id'], reason]),
    [
      [1, 'backfilled'],
      [2, 'backfilled'],
      [2, 'changed'],
    ],
  )
  assert.is(refused.done, false)
  assert.is(await live(), before)

  // An actor tells who made it.
  const made = await commit(`insert into mine values (3, 'three')`, 'ann')
  await commit(`update mine set name = 'THREE' where id = 3`)
  await commit(`update mine set name = 'three' where id = 3`)
  assert.is((await history.undoTransaction(made)).changes.length, 1)
})

eachServer((name, openDatabase) => {
  test(`nobody slips in between looking and writing (${name})`, async () => {
    const database = await openDatabase()
    const pool = new pg.Pool({ connectionString: database.url, max: 3 })
    const other = new pg.Client({ connectionString: database.url })
    await other.connect()
    try {
      const { history, commit, live } = await open({ database, connection: pool })
      const id = await commit(`update mine set name = 'ONE' where id = 1; insert into mine values (3, 'three')`)

      // Somebody has written, but not committed: the undo waits, and then sees it.
      await other.query(`begin; update mine set name = 'won' where id = 1`)
      const waiting = history.undoTransaction(id)
      assert.is(await Promise.race([waiting.then(() => 'done'), setTimeout(300, 'waiting')]), 'waiting')
      await other.query('commit')
      assert.equal(
        (await waiting).conflicts.map(({ key, reason }) => [key['id'], reason]),
        [[1, 'changed']],
      )
      assert.is(await live(), 'mine 1 won, mine 2 two, mine 3 three, permit 1 of 1 a, permit 2 of 1 b')

      // The same with a row that begins to refer to one that is to go.
      await other.query(`update mine set name = 'ONE' where id = 1; begin; insert into permit values (3, 3, 'c')`)
      const second = history.undoTransaction(id, { onConflict: 'skip' })
      assert.is(await Promise.race([second.then(() => 'done'), setTimeout(300, 'waiting')]), 'waiting')
      await other.query('commit')
      assert.equal(
        (await second).conflicts.map(({ key, reason }) => [key['id'], reason]),
        [[3, 'referenced']],
        'mine 1 is again as the transaction left it',
      )
      assert.is(await live(), 'mine 1 one, mine 2 two, mine 3 three, permit 1 of 1 a, permit 2 of 1 b, permit 3 of 3 c')
    } finally {
      await other.end()
      await pool.end()
      await database.close()
    }
  })
})

test.run()
