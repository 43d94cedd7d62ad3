import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { backfillMigration } from '../../src/sql/migrations.ts'
import type { VersionedOptions } from '../../src/models/types.ts'
import { describeBrokenChains, haveWrongEnds } from '../../src/plan/chains.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import {
  backfillTable,
  findViolations,
  lastTransaction,
  planTable,
  readVersions,
  recordTable,
  startAfresh,
  type Recorded,
} from '../recording/recorded-table.ts'

/** What writes a table past its triggers, how the chain checker sees it, and what the repair records. */
interface Gap {
  readonly ddl: string
  readonly given?: string
  readonly options?: VersionedOptions
  readonly gap: string
  /** Key of the row and problem. */
  readonly found: readonly (readonly [id: number, problem: string])[]
  readonly repaired: readonly Recorded[]
}

const partitioned = `create table t (id int, region text, v int, primary key (id, region)) partition by list (region);
  create table t_a partition of t for values in ('a'); create table t_b partition of t for values in ('b');`
const plain = `create table t (id int primary key, v int);`

const gaps: Readonly<Record<string, Gap>> = {
  'a partition with rows, attached': {
    ddl: `${partitioned} create table t_c (region text not null, v int, id int not null); insert into t_c values ('c', 3, 3), ('c', 4, 4)`,
    gap: `alter table t attach partition t_c for values in ('c')`,
    found: [
      [3, 'version-missing'],
      [4, 'version-missing'],
    ],
    repaired: [
      [0, '(3,c,3)'],
      [0, '(4,c,4)'],
    ],
  },
  'a partition with rows, detached': {
    ddl: partitioned,
    gap: `alter table t detach partition t_b`,
    found: [[2, 'row-missing']],
    repaired: [[2, '(2,b,2)']],
  },
  'a partition dropped': {
    ddl: partitioned,
    gap: `drop table t_a`,
    found: [[1, 'row-missing']],
    repaired: [[2, '(1,a,1)']],
  },
  'one partition truncated': {
    ddl: partitioned,
    gap: `truncate t_b`,
    found: [[2, 'row-missing']],
    repaired: [[2, '(2,b,2)']],
  },
  'a partition detached, written and attached again': {
    ddl: partitioned,
    gap: `alter table t detach partition t_b; update t_b set v = 20; insert into t_b values (3, 'b', 30);
      alter table t attach partition t_b for values in ('b')`,
    found: [
      [2, 'row-differs'],
      [3, 'version-missing'],
    ],
    repaired: [
      [0, '(3,b,30)'],
      [1, '(2,b,20)'],
    ],
  },
  'triggers that were disabled': {
    ddl: plain,
    given: `begin; insert into t values (1, 1), (2, 2), (3, 3); commit; delete from t where id = 3`,
    gap: `alter table t disable trigger user; update t set v = 10 where id = 1; delete from t where id = 2;
      insert into t values (3, 30), (4, 40); alter table t enable trigger user`,
    found: [
      [1, 'row-differs'],
      [2, 'row-missing'],
      [3, 'row-alive'],
      [4, 'version-missing'],
    ],
    repaired: [
      [0, '(4,40)'],
      [1, '(1,10)'],
      [2, '(2,2)'],
      [0, '(3,30)'],
    ],
  },
  'triggers that were disabled, with flags, other names and no ends': {
    ddl: plain,
    options: { strategy: 'subquery', trackModified: true, transactionColumn: 'tx', operationColumn: 'op' },
    given: `begin; insert into t values (1, 1), (2, 2), (3, 3); commit; delete from t where id = 3`,
    gap: `alter table t disable trigger user; update t set v = 10 where id = 1; delete from t where id = 2;
      insert into t values (3, 30); alter table t enable trigger user`,
    found: [
      [1, 'row-differs'],
      [2, 'row-missing'],
      [3, 'row-alive'],
    ],
    repaired: [
      [1, '(1,10)'],
      [2, '(2,2)'],
      [0, '(3,30)'],
    ],
  },
  'somebody else who records, and an end that somebody set': {
    ddl: `create table t (id int primary key, v int)`,
    given: `insert into t values (1, 1), (2, 2), (3, 3)`,
    gap: `with again as (insert into transaction (issued_at) values (now()) returning id)
        insert into t_version (id, v, transaction_id, operation_type) select 1, 11, id, 1 from again;
      update t set v = 20 where id = 2; update t_version set end_transaction_id = transaction_id where id = 2 and operation_type = 0;
      update t_version set end_transaction_id = 999 where id = 3`,
    found: [
      [1, 'open-not-last'],
      [1, 'row-differs'],
      [2, 'inverted'],
      [3, 'last-not-open'],
    ],
    repaired: [[1, '(1,1)']],
  },
}

eachDatabase((name, open) => {
  let database: TestDatabase
  test(`open (${name})`, async () => void (database = await open()))

  for (const [title, { ddl, given, options = {}, gap, found, repaired }] of Object.entries(gaps)) {
    test(`${title}: found, and recorded by the repair (${name})`, async () => {
      await startAfresh(database)
      await database.script(ddl)
      const table = await recordTable(database, 't', { options })
      await database.script(given ?? `insert into t values (1, 'a', 1), (2, 'b', 2)`)
      assert.equal(await findViolations(database, table), [])
      await database.script(gap)
      const problems = await findViolations(database, table)
      assert.equal(
        problems.map(({ key, problem }) => [key['id'], problem]),
        found,
      )
      const broken = problems.filter(({ problem }) => problem !== 'version-missing')
      assert.is(describeBrokenChains(table, problems)?.fix, broken.length === 0 ? undefined : 'versiongen --table t')

      const last = await lastTransaction(database, table)
      const after = await planTable(database, 't', { options })
      const repair = backfillMigration(
        after,
        { lockTimeout: '5s', statementTimeout: '0' },
        { caughtUp: true, closed: haveWrongEnds(problems) },
      )
      await database.script(`begin; ${repair} commit`)
      assert.equal(await readVersions(database, after, last), repaired)
      assert.equal(await findViolations(database, after), [])
      await database.script(`begin; ${repair} commit`)
      assert.equal(await readVersions(database, after, last), repaired)
    })
  }

  test(`a flag of each column that a repair changes (${name})`, async () => {
    await startAfresh(database)
    await database.script(`create table t (id int primary key, v int, w int); insert into t values (1, 1, 1)`)
    const table = await recordTable(database, 't', { options: { trackModified: true } })
    await backfillTable(database, table)
    await database.script(`alter table t disable trigger user; update t set v = 2; alter table t enable trigger user`)
    const repair = backfillMigration(
      table,
      { lockTimeout: '5s', statementTimeout: '0' },
      { caughtUp: true, versions: false },
    )
    await database.script(`begin; ${repair} commit`)
    const flags = await database.query(`select v_mod, w_mod from t_version where operation_type = 1`)
    assert.equal(flags, [{ v_mod: true, w_mod: false }])
  })

  test(`close (${name})`, () => database.close())
})

test.run()
