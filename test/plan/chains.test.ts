import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { describeBrokenChains, isCheapToRead } from '../../src/plan/chains.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { chainViolationsSql, type ChainViolation } from '../../src/sql/check-chains.ts'
import { apply, describeModel, look } from '../evolution/evolve.ts'
import { testOnEachDatabase, type TestDatabase } from '../support/databases.ts'

const start = async (db: TestDatabase): Promise<VersionedTable> => {
  await db.script(`create table mine (mine_no text primary key, mine_name text);
    insert into mine values ('B1', 'Brucejack'), ('E3', 'Elkview')`)
  await apply(db, (await look(db, describeModel('mine', {}))).migrations)
  const { table } = (await look(db, describeModel('mine', {}))).resolved
  if (table === undefined) throw new Error('mine is not resolved')
  return table
}

const violations = (db: TestDatabase, table: VersionedTable): Promise<readonly ChainViolation[]> =>
  db.query<ChainViolation>(chainViolationsSql(table, { compareLive: true }))

testOnEachDatabase(test, 'a sound history has no finding', async (db) => {
  const table = await start(db)
  await db.script(`update mine set mine_name = 'Pretium'`)
  assert.is(describeBrokenChains(table, await violations(db, table)), undefined)
  assert.is(isCheapToRead(table), true)
})

testOnEachDatabase(test, 'one finding says which version is wrong first, and how many others are', async (db) => {
  const table = await start(db)
  await db.script(
    `update mine set mine_name = 'Pretium'; update mine_version set operation_type = 1 where operation_type = 0`,
  )
  assert.equal(describeBrokenChains(table, await violations(db, table)), {
    code: 'chain-broken',
    severity: 'error',
    object: 'public.mine_version',
    expected: 'chains without gap or overlap that end with the live row',
    actual: 'first-not-insert: mine_no "B1", transaction 1, and 1 more',
    message:
      'the version of mine_no "B1" in transaction 1 is the first version but not an insert, and 1 more. Only a person can repair that: versiongen verify --table mine lists the versions',
    fix: null,
    where: { file: '/models/mine.ts', line: 3, column: 3 },
  })
})

testOnEachDatabase(test, 'a row changed while triggers were disabled differs from its history', async (db) => {
  const table = await start(db)
  await db.script(`alter table mine disable trigger user; update mine set mine_name = 'x' where mine_no = 'B1'`)
  assert.match(
    describeBrokenChains(table, await violations(db, table))?.message ?? '',
    /B1.* does not hold the values of the live row$/,
  )
})

testOnEachDatabase(test, 'a large history is not read unasked', async (db) => {
  const table = await start(db)
  const { history } = table
  if (history === undefined) throw new Error('mine has no history')
  const large = { ...table, history: { ...history, found: { ...history.found, estimatedRows: 100_001 } } }
  assert.is(isCheapToRead(large), false)
})

test.run()
