import { test } from 'uvu'
import { eachDatabase } from '../support/databases.ts'
import { runProgram } from './oracle.ts'
import type { Step, Transaction } from './oracle.ts'
import { tablesDdl } from './tables.ts'

/** What random programs take long to find, one by one. Each runs on the sites 1 (a) and 2 (b), and tags 1, 2 and 3. */
const cases: Readonly<Record<string, readonly Step[]>> = {
  'insert + update': [`insert into site values (3, 'c')`, `update site set code = 'd' where id = 3`],
  'insert + delete': [`insert into site values (3, 'c')`, `delete from site where id = 3`],
  'insert + delete + insert': [
    `insert into site values (3, 'c')`,
    `delete from site where id = 3`,
    `insert into site values (3, 'd')`,
  ],
  'update twice': [`update site set code = 'x' where id = 1`, `update site set code = 'y' where id = 1`],
  'A to B to A': [`update site set code = 'x' where id = 1`, `update site set code = 'a' where id = 1`],
  'A to B to A, many rows': [`update site set code = code || '+'`, `update site set code = left(code, 1)`],
  'update + delete': [`update site set code = 'x' where id = 1`, `delete from site where id = 1`],
  'update + delete, many rows': [`update site set code = 'x'`, `delete from site`],
  'delete + insert of the same': [`delete from site where id = 1`, `insert into site values (1, 'a', 1, '{}', 0)`],
  'delete + insert of the same, many rows': [
    `delete from site`,
    `insert into site values (1, 'a', 1, '{}', 0), (2, 'b', null, null, 0)`,
  ],
  'delete + insert of another': [`delete from site where id = 1`, `insert into site values (1, 'x')`],
  'delete + insert + delete': [
    `delete from site where id = 1`,
    `insert into site values (1, 'x')`,
    `delete from site where id = 1`,
  ],
  'delete + insert in one statement': [
    `with gone as (delete from site where id = 1 returning *) insert into site select id, 'x' from gone`,
  ],
  'an unversioned column': [`update site set seen = 1`],
  'json that only looks different': [`update site set note = '{ }' where id = 1`],
  'a numeric that only looks different': [`update site set size = 1.0 where id = 1`],
  'key change': [`update site set id = 3 where id = 1`],
  'key change and back': [`update site set id = 3 where id = 1`, `update site set id = 1 where id = 3`],
  'key change to a key that was deleted': [`delete from site where id = 2`, `update site set id = 2 where id = 1`],
  'keys swapped': [`update tag set id = 3 - id where id in (1, 2)`],
  'keys rotated': [`update tag set id = id % 3 + 1`],
  'keys rotated three times': Array<string>(3).fill(`update tag set id = id % 3 + 1`),
  truncate: [`truncate site cascade`],
  'truncate after an update': [`update site set code = 'x' where id = 1`, `truncate site cascade`],
  'truncate + insert of the same': [`truncate tag`, `insert into tag values (1, 'a'), (2, 'b'), (3, 'c')`],
  'truncate after an insert': [`insert into tag values (4, 'd')`, `truncate tag`],
  'a first write rolled back': [
    { savepoint: 'rollback', steps: [`update site set code = 'x' where id = 1`] },
    `update site set code = 'y' where id = 2`,
  ],
  'a second write rolled back': [
    `update site set code = 'y' where id = 1`,
    { savepoint: 'rollback', steps: [`update site set code = 'x' where id = 1`] },
  ],
  'a write in a savepoint that stays': [
    { savepoint: 'release', steps: [`update site set code = 'x' where id = 1`] },
    `delete from site where id = 1`,
  ],
  'an undo rolled back': [
    `update site set code = 'x' where id = 1`,
    { savepoint: 'rollback', steps: [`update site set code = 'a' where id = 1`] },
  ],
  'a delete of what was inserted, rolled back': [
    `insert into site values (3, 'c')`,
    { savepoint: 'rollback', steps: [`delete from site where id = 3`] },
  ],
  'cascades of a delete': [`update permit set status = 'x'`, `delete from site where id = 1`],
  'cascades of a key change': [`update site set id = 3 where id = 1`],
  'upsert of one that is and one that is not': [
    `insert into site values (2, 'x'), (3, 'c') on conflict (id) do update set code = excluded.code`,
  ],
}

const setUp: Transaction = {
  end: 'commit',
  guarded: false,
  steps: [
    `insert into site values (1, 'a', 1, '{}', 0), (2, 'b', null, null, 0)`,
    `insert into permit values (1, 1, 'new'), (1, 2, 'new'), (2, 1, 'new')`,
    `insert into visit values (1, 1, 'v')`,
    `insert into tag values (1, 'a'), (2, 'b'), (3, 'c')`,
  ],
}

eachDatabase((name, open) => {
  let database: Awaited<ReturnType<typeof open>>
  test(`set up (${name})`, async () => {
    database = await open()
    await database.script(tablesDdl())
  })
  for (const [title, steps] of Object.entries(cases)) {
    test(`${title} (${name})`, async () => {
      await runProgram(database, [setUp, { end: 'commit', guarded: false, steps }])
    })
  }
  test(`close (${name})`, () => database.close())
})

test.run()
