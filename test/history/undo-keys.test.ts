import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { DatabaseHistory } from '../../src/history/mod.ts'
import { eachDatabase } from '../support/databases.ts'
import { type AnyTables, importIndex, recordTables } from './recorded-tables.ts'

interface Recorded {
  readonly history: DatabaseHistory<AnyTables>
  /** Runs SQL as one transaction; gives the id it was recorded under. */
  commit(sql: string): Promise<string>
  /** What a query gives, a line for each row. */
  lines(sql: string): Promise<readonly string[]>
}

/** On each database: makes these tables record their history. */
const testOn = (title: string, schema: string, body: (recorded: Recorded) => Promise<void>): void =>
  eachDatabase((name, open) => {
    test(`${title} (${name})`, async () => {
      const database = await open()
      const pool = new pg.Pool({ connectionString: database.url ?? '', max: 2 })
      try {
        await database.script(schema)
        const { history } = await importIndex(await recordTables(database))
        await body({
          history: history(database.pglite ?? pool),
          commit: async (sql) => {
            await database.script(`begin; ${sql}; commit`)
            const [row] = await database.query<{ id: string }>('select max(id)::text as id from transaction')
            return row?.id ?? ''
          },
          lines: async (sql) => (await database.query<{ line: string }>(sql)).map(({ line }) => line),
        })
      } finally {
        await pool.end()
        await database.close()
      }
    })
  })

const seats = `
create type slot as (day date, no int);
create table seat (s slot primary key, label text)`

testOn('a composite key of which some is null is a key', seats, async ({ history, commit, lines }) => {
  const live = () => lines('select s || label as line from seat order by s')
  const rows = ['(2024-01-01,1)a', '(2024-01-01,)b', '(,3)c', '(,)d']
  const made = await commit(`insert into seat values (row('2024-01-01', 1), 'a'), (row('2024-01-01', null), 'b'),
    (row(null, 3), 'c'), (row(null, null), 'd')`)
  assert.equal(await live(), rows)

  const updated = await commit(`update seat set label = label || '!'`)
  assert.is((await history.undoTransaction(updated)).changes.length, 4)
  assert.equal(await live(), rows)
  assert.equal((await history.undoTransaction(updated)).changes, [])

  const deleted = await commit('delete from seat')
  assert.is((await history.undoTransaction(deleted)).changes.length, 4)
  assert.equal(await live(), rows)
  assert.equal((await history.undoTransaction(deleted)).changes, [])

  const again = await commit(`update seat set label = 'd!' where label = 'd'`)
  await commit(`update seat set label = 'later' where label = 'd!'`)
  assert.equal(
    (await history.undoTransaction(again)).conflicts.map(({ reason }) => reason),
    ['changed'],
  )
  await history.undoTransaction(again, { onConflict: 'overwrite' })
  assert.is((await history.undoTransaction(made)).changes.length, 4)
  assert.equal(await live(), [])
})

const rates = `
create table rate (r numeric, span interval, x float8, note text, primary key (r, span, x));
create table label (r numeric primary key);
create table price (id int primary key, label numeric references label on update cascade, note text)`

testOn('a key that is equal but looks different is written back', rates, async ({ history, commit, lines }) => {
  const live = () => lines(`select concat_ws(' ', r, span, x, note) as line from rate`)
  const [as, asWas] = ['1.0 1 day -0 a', '1.00 24:00:00 0 b']
  await commit(`insert into rate values (1.0, '1 day', '-0', 'a')`)
  const id = await commit(`update rate set r = 1.00, span = '24 hours', x = 0, note = 'b'`)
  assert.equal(await live(), [asWas])

  const dry = await history.undoTransaction(id, { dryRun: true })
  const undo = await history.undoTransaction(id)
  assert.equal(undo, { ...dry, done: true })
  assert.equal(
    undo.changes.map(({ operation, changeset }) => [operation, changeset]),
    [['update', { r: ['1.00', '1.0'], span: ['24:00:00', '1 day'], x: [0, -0], note: ['b', 'a'] }]],
  )
  assert.equal(await live(), [as])
  assert.equal((await history.undoTransaction(id)).changes, [])
  await commit(`update rate set r = 1.00, span = '24 hours', x = 0, note = 'b'`)
  await commit(dry.sql)
  assert.equal(await live(), [as])

  // Somebody else spells the key anew.
  const noted = await commit(`update rate set note = 'c'`)
  const respelled = await commit(`update rate set r = 1.000`)
  const refused = await history.undoTransaction(noted)
  assert.equal(
    refused.conflicts.map((conflict) => conflict.reason === 'changed' && conflict.transaction.id),
    [respelled],
  )
  const keyed = await commit(`update rate set x = 0`)
  await commit(`update rate set x = '-0'; update rate set r = 1.0000`)
  assert.equal(
    (await history.undoTransaction(keyed)).conflicts.map(({ reason }) => reason),
    ['changed'],
  )
  assert.equal(await live(), ['1.0000 1 day -0 c'])

  const versions = (await history.timeline({ tables: ['rate'] })).toReversed()
  const revert = async (n: number, columns?: readonly string[]) => [
    await versions[n]?.revert({ columns } as object),
    ...(await live()),
  ]
  assert.equal(await revert(0), ['update', as])
  assert.equal(await revert(0), [null, as])
  assert.equal(await revert(1), ['update', asWas])
  assert.equal(await revert(0, ['note']), ['update', '1.00 24:00:00 0 a'])
  assert.equal(await revert(0), ['update', as])
})

testOn('references follow a key that is spelled anew, and back', rates, async ({ history, commit, lines }) => {
  const live = () =>
    lines(`select r::text as line from label union all select concat_ws(' ', id, label, note) from price`)
  await commit(`insert into label values (1.0), (2.0); insert into price values (1, 1.0, 'a'), (2, 2.0, 'b')`)
  const before = await live()
  const id = await commit(`update label set r = 1.00 where r = 1; update label set r = 3.0 where r = 2;
    update price set note = 'c'; insert into price values (3, 1.00, 'd')`)
  const after = await live()
  assert.equal(after, ['1.00', '3.0', '1 1.00 c', '2 3.0 c', '3 1.00 d'])
  const undo = await history.undoTransaction(id)
  assert.equal(undo.conflicts, [])
  assert.equal((await live()).toSorted(), before.toSorted())
  assert.equal((await history.undoTransaction(id)).changes, [])
  const [undone] = await history.timeline({ limit: 1 })
  await history.undoTransaction(undone?.transaction.id ?? '')
  assert.equal((await live()).toSorted(), after.toSorted())

  const first = (await history.timeline({ tables: ['label'] })).findLast(({ data }) => data['r'] === '1.0')
  assert.is(await first?.revert(), 'update')
  assert.ok((await live()).includes('1.0'))
  assert.ok((await live()).includes('1 1.0 c'))
})

const tags = `
create table tag (r numeric primary key);
create table tagged (id int primary key, tag numeric default 2 references tag on update set null)`

testOn('references that a key spelled anew has set to null come back', tags, async ({ history, commit, lines }) => {
  const live = () => lines(`select concat_ws(' ', t.id, t.tag, k.r) as line from tagged as t cross join tag as k`)
  await commit(`insert into tag values (1.0); insert into tagged values (1, 1.0)`)
  const id = await commit(`update tag set r = 1.00`)
  assert.equal(await live(), ['1 1.00'])
  const undo = await history.undoTransaction(id)
  assert.is(undo.changes.length, 2)
  assert.equal(await live(), ['1 1.0 1.0'])
  assert.equal((await history.undoTransaction(id)).changes, [])
})

const retyped = `create table big (id bigint primary key, n bigint)`

testOn('a version in wider types than the row has now', retyped, async ({ history, commit, lines }) => {
  const live = () => lines(`select id || ' ' || n as line from big`)
  await commit(`insert into big values (1, 1)`)
  const id = await commit(`update big set n = 2`)
  await commit(`alter table big alter id type int, alter n type int`)
  assert.is(await (await history.timeline({ limit: 1 }))[0]?.revert(), null)
  await history.undoTransaction(id)
  assert.equal(await live(), ['1 1'])
})

const fares = `
create type leg as (stops int[], day date);
create table fare (zones int[], days date[], times timestamptz[], x float8[], names text[], legs leg[], factor int,
  primary key (zones, days, times, x, names, legs))`

/** A row whose arrays begin at some index. */
const fare = (lower: number, factor: number) => {
  const array = (...values: readonly string[]) => `'[${lower}:${lower + 1}]={${values.join()}}'`
  return `(${array('1', '2')}, ${array('2024-01-01', 'null')}, ${array('2024-01-01 00:00:00.001Z', 'null')}, ${array('0.1', '-0')},
    ${array('a', '"b{\\""')}, '[${lower}:${lower + 1}]={"(\\"[${lower}:${lower + 1}]={1,2}\\",2024-01-01)",null}', ${factor})`
}

testOn('keys that are arrays begin at any index', fares, async ({ history, commit, lines }) => {
  const live = () => lines('select array_lower(zones, 1) || $$: $$ || factor as line from fare order by factor')
  await commit(`insert into fare values ${fare(0, 1)}, ${fare(1, 2)}, ${fare(-5, 3)}`)
  const before = ['0: 1', '1: 2', '-5: 3']
  assert.equal(await live(), before)
  const id = await commit('update fare set factor = factor + 10')
  assert.is((await history.undoTransaction(id)).changes.length, 3)
  assert.equal(await live(), before)

  const past = history.at({ transaction: id })['fare']
  const states = (await past?.all()) ?? []
  assert.equal(states.map(({ data }) => data['factor']).toSorted(), [11, 12, 13])
  for (const { key, data } of states) {
    assert.equal(key['zones'], [1, 2])
    assert.equal((await past?.find(key))?.data['factor'], data['factor'])
  }
  for (const state of states) assert.is(await state.revert(), 'update')
  assert.equal(await live(), ['0: 11', '1: 12', '-5: 13'])

  const moved = await commit(`update fare set zones = '[7:8]={1,2}' where factor = 11`)
  assert.is((await history.undoTransaction(moved)).changes.length, 2)
  assert.equal(await live(), ['0: 11', '1: 12', '-5: 13'])
})

test.run()
