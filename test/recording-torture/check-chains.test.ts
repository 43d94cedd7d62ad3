import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { chainProblems, chainViolationsSql } from '../../src/sql/check-chains.ts'
import type { ChainProblem, ChainViolation } from '../../src/sql/check-chains.ts'
import { testOnEachDatabase } from '../support/databases.ts'
import type { TestDatabase } from '../support/databases.ts'
import { describeTable } from './describe-table.ts'

const table = describeTable({
  schema: 'public',
  name: 'mine',
  columns: [
    ['no', 'integer'],
    ['code', 'text'],
    ['depth', 'numeric'],
    ['note', 'json'],
    ['unversioned', 'text'],
  ],
  key: ['no', 'code'],
  exclude: ['unversioned'],
})

const create = `
  create table transaction (id bigint primary key, issued_at timestamp);
  insert into transaction select n, timestamp '2024-01-01' + n * interval '1 day' from generate_series(1, 9) as n;
  create table mine (no int, code text, depth numeric, note json, unversioned text, primary key (no, code));
  create table mine_version (no int, code text, depth numeric, note json, transaction_id bigint,
    end_transaction_id bigint, operation_type smallint, primary key (no, code, transaction_id));
  insert into mine values (1, 'a', 1.0, '{}', 'x'), (2, 'a', null, null, 'x'), (4, 'b', 1.00, '{ }', null);
  insert into mine_version values
    (1, 'a', 1.00, '{}', 1, 3, 0), (1, 'a', 1.0, '{}', 3, null, 1),
    (2, 'a', null, null, 2, 3, 0), (2, 'a', null, null, 3, 5, 2), (2, 'a', null, null, 5, null, 0),
    (3, 'a', 3, null, 1, 2, 0), (3, 'a', 3, null, 2, null, 2),
    (4, 'b', 1, '{}', 4, 6, 0), (4, 'b', 1.00, '{}', 6, 7, 1), (4, 'b', 1.00, '{ }', 7, null, 1)`

/** Each breaks the sound history above in one way. */
const breaks: readonly {
  readonly title: string
  readonly sql: string
  readonly finds: readonly string[]
}[] = [
  {
    title: 'a gap',
    sql: `update mine_version set end_transaction_id = 2 where no = 1 and transaction_id = 1`,
    finds: ['1 a 1 gap'],
  },
  {
    title: 'an overlap',
    sql: `update mine_version set end_transaction_id = 4 where no = 1 and transaction_id = 1`,
    finds: ['1 a 1 overlap'],
  },
  {
    title: 'an inverted interval',
    sql: `update mine_version set end_transaction_id = 5 where no = 4 and transaction_id = 6`,
    finds: ['4 b 6 inverted'],
  },
  {
    title: 'an empty interval',
    sql: `update mine_version set end_transaction_id = 6 where no = 4 and transaction_id = 6`,
    finds: ['4 b 6 inverted'],
  },
  {
    title: 'two open versions',
    sql: `update mine_version set end_transaction_id = null where no = 4 and transaction_id = 4`,
    finds: ['4 b 4 open-not-last'],
  },
  {
    title: 'a closed last version',
    sql: `update mine_version set end_transaction_id = 9 where no = 4 and transaction_id = 7`,
    finds: ['4 b 7 last-not-open'],
  },
  {
    title: 'a closed last version of a deleted row',
    sql: `update mine_version set end_transaction_id = 9 where no = 3 and transaction_id = 2`,
    finds: ['3 a 2 last-not-open'],
  },
  {
    title: 'a first version that is an update',
    sql: `update mine_version set operation_type = 1 where no = 1 and transaction_id = 1`,
    finds: ['1 a 1 first-not-insert'],
  },
  {
    title: 'a chain of one delete',
    sql: `delete from mine_version where no = 3 and transaction_id = 1`,
    finds: ['3 a 2 first-not-insert'],
  },
  {
    title: 'two inserts in a row',
    sql: `update mine_version set operation_type = 0 where no = 4 and transaction_id = 6`,
    finds: ['4 b 6 insert-again'],
  },
  {
    title: 'an update of a deleted row',
    sql: `update mine_version set operation_type = 1 where no = 2 and transaction_id = 5`,
    finds: ['2 a 5 change-after-delete'],
  },
  {
    title: 'an unknown operation',
    sql: `update mine_version set operation_type = 3 where no = 4 and transaction_id = 6`,
    finds: ['4 b 6 unknown-operation'],
  },
  {
    title: 'a version without its transaction',
    sql: `delete from transaction where id = 7`,
    finds: ['4 b 7 transaction-missing'],
  },
  {
    title: 'a row that is gone',
    sql: `delete from mine where no = 1`,
    finds: ['1 a 3 row-missing'],
  },
  {
    title: 'a deleted row that is alive',
    sql: `insert into mine values (3, 'a', 3)`,
    finds: ['3 a 2 row-alive'],
  },
  {
    title: 'another value, equal only to =',
    sql: `update mine set depth = 1.00 where no = 1`,
    finds: ['1 a 3 row-differs'],
  },
  {
    title: 'another value in a type without equality',
    sql: `update mine set note = '{  }' where no = 4`,
    finds: ['4 b 7 row-differs'],
  },
  {
    title: 'a value instead of null',
    sql: `update mine set depth = 0 where no = 2`,
    finds: ['2 a 5 row-differs'],
  },
  {
    title: 'a row without a version',
    sql: `insert into mine values (5, 'a')`,
    finds: ['5 a null version-missing'],
  },
  {
    title: 'an update that changed nothing',
    sql: `update mine_version set depth = 1.0 where no = 1`,
    finds: ['1 a 3 no-op'],
  },
  {
    title: 'time that goes backwards',
    sql: `update transaction set issued_at = '2020-01-01' where id = 6`,
    finds: ['4 b 6 time-backwards'],
  },
]

const violations = async (database: TestDatabase, compareLive = true): Promise<readonly string[]> => {
  const rows = await database.query<ChainViolation>(chainViolationsSql(table, { compareLive }))
  return rows.map(({ key, transaction_id, problem }) => `${key['no']} ${key['code']} ${transaction_id} ${problem}`)
}

testOnEachDatabase(test, 'finds nothing wrong with a sound history', async (database) => {
  await database.script(create)
  assert.equal(await violations(database), [])
  assert.equal(await violations(database, false), [])
})

testOnEachDatabase(test, 'finds each violation, alone', async (database) => {
  await database.script(create)
  for (const { title, sql, finds } of breaks) {
    await database.script('begin')
    await database.script(sql)
    assert.equal(await violations(database), finds, title)
    await database.script('rollback')
  }
})

test('every kind of violation is tried', () => {
  const tried = new Set(breaks.flatMap(({ finds }) => finds.map((found) => found.split(' ')[3])))
  assert.equal([...tried].sort(), Object.keys(chainProblems).sort())
})

testOnEachDatabase(test, 'leaves the live rows alone when told so', async (database) => {
  await database.script(create)
  await database.script('delete from mine')
  assert.equal(await violations(database, false), [])
  assert.equal((await violations(database)).length, 3)
})

testOnEachDatabase(test, 'a change in a column that the base table no longer has is a change', async (database) => {
  await database.script(create)
  await database.script(`alter table mine_version add gone text;
    update mine_version set depth = 1.0, gone = transaction_id::text where no = 1`)
  assert.equal(await violations(database), [])
})

testOnEachDatabase(test, 'compares a column that history keeps wider', async (database) => {
  await database.script(create)
  await database.script(`alter table mine alter no type smallint, alter code type varchar(3)`)
  assert.equal(await violations(database), [])
})

testOnEachDatabase(test, 'works without an end column, and for hostile names', async (database) => {
  const names = ['no', `a"b'c\\d$$`, 'live', 'c1', 'transaction', 'a', 'b', '__proto__']
  const hostile = describeTable({
    schema: 'public',
    name: `mi"ne'`,
    columns: names.map((name) => [name, 'text'] as const),
    key: names.slice(0, 3),
    strategy: 'subquery',
  })
  const columns = names.map((name) => `"${name.replaceAll('"', '""')}" text`).join(', ')
  await database.script(`
    create table transaction (id bigint primary key, issued_at timestamp);
    insert into transaction values (1, null), (3000000000, null);
    create table "mi""ne'" (${columns});
    create table "mi""ne'_version" (${columns}, transaction_id bigint, operation_type smallint);
    insert into "mi""ne'" select 'é', 'b', 'c', 'd', 'e', 'f', 'g', 'h';
    insert into "mi""ne'_version" select 'é', 'b', 'c', 'd', 'e', 'f', 'g', 'x', 1, 0;
    insert into "mi""ne'_version" select *, 3000000000, 1 from "mi""ne'"`)
  const sql = chainViolationsSql(hostile, { compareLive: true })
  assert.equal(await database.query(sql), [])
  await database.script(`update "mi""ne'" set c1 = 'y'`)
  const problem: ChainProblem = 'row-differs'
  const [violation] = await database.query<ChainViolation>(sql)
  const expected = { key: { no: 'é', [`a"b'c\\d$$`]: 'b', live: 'c' }, transaction_id: '3000000000', problem }
  assert.equal(violation, expected)
})

test.run()
