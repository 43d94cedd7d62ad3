import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createFitsFunction } from '../../src/sql/fits-function.ts'
import { describeTable } from '../recording-torture/describe-table.ts'
import { eachDatabase } from '../support/databases.ts'
import { startAfresh } from '../recording/recorded-table.ts'

/** A type of the base table, and one of its history. */
type Pair = readonly [now: string, kept: string]

const fitting: readonly Pair[] = [
  ['integer', 'integer'],
  ['varchar(20)', 'varchar(20)'],
  ['varchar(20)', 'varchar(50)'],
  ['varchar(20)', 'varchar'],
  ['varchar', 'varchar'],
  ['varchar(20)', 'text'],
  ['integer', 'text'],
  ['text', 'varchar'],
  ['date', 'timestamp'],
  ['char(2)', 'char(5)'],
  ['bit varying(3)', 'bit varying(5)'],
  ['smallint', 'integer'],
  ['smallint', 'bigint'],
  ['integer', 'bigint'],
  ['numeric(9,2)', 'numeric(9,2)'],
  ['numeric(9,2)', 'numeric(12,2)'],
  ['numeric(9,2)', 'numeric'],
  ['timestamp(0)', 'timestamp(3)'],
  ['timestamptz(3)', 'timestamptz'],
  ['interval(0)', 'interval'],
  ['varchar(5)[]', 'varchar(5)[]'],
  ['varchar(5)[]', 'varchar[]'],
  ['required', 'integer'],
  ['short', 'varchar(5)'],
]

const outgrown: readonly Pair[] = [
  ['varchar(50)', 'varchar(20)'],
  ['varchar', 'varchar(20)'],
  ['text', 'varchar(20)'],
  ['bigint', 'integer'],
  ['integer', 'smallint'],
  ['numeric(12,2)', 'numeric(9,2)'],
  ['numeric(9,3)', 'numeric(9,2)'],
  ['numeric(9,2)', 'numeric(9,3)'],
  ['numeric', 'numeric(9,2)'],
  ['timestamp', 'timestamp(0)'],
  ['timestamp', 'date'],
  ['timestamptz', 'timestamp'],
  ['double precision', 'real'],
  ['interval', 'interval(0)'],
  ['interval day to second', 'interval year to month'],
  ['varchar(9)[]', 'varchar(5)[]'],
  ['varchar(3)[]', 'varchar(5)[]'],
  ['short', 'varchar(4)'],
]

eachDatabase((name, open) => {
  test(`whether a table fits its history (${name})`, async () => {
    const db = await open()
    try {
      await startAfresh(db)
      const { transaction } = describeTable({ schema: 'public', name: 't', columns: [], key: [] })
      await db.script(createFitsFunction(transaction))
      await db.script(`create domain required as integer not null; create domain short as varchar(5) not null`)
      const ask = async (now: string, kept: string): Promise<boolean | undefined> => {
        await db.script(`create table "T t" (gone text, id int, v ${now}); alter table "T t" drop gone;
          create table "T t_version" (id int, v ${kept}, transaction_id bigint)`)
        const [row] = await db.query<{ fits: boolean }>(
          `select transaction_fits('"T t"', 'public."T t_version"') as fits`,
        )
        await db.script(`drop table "T t", "T t_version"`)
        return row?.fits
      }
      for (const [now, kept] of fitting) assert.is(await ask(now, kept), true, `${now} in ${kept}`)
      for (const [now, kept] of outgrown) assert.is(await ask(now, kept), false, `${now} in ${kept}`)
      const [row] = await db.query<{ fits: boolean }>(`select transaction_fits('nowhere', 'no_version') as fits`)
      assert.is(row?.fits, true, 'a table that is not there')
    } finally {
      await db.close()
    }
  })
})

test.run()
