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

test.run()
