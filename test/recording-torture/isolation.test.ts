import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { chainViolationsSql } from '../../src/sql/check-chains.ts'
import { recordTable } from '../recording/recorded-table.ts'
import { eachServer } from '../support/databases.ts'
import { isSerializationFailure, isTruncateRefusal } from './refusals.ts'
import { tables, tablesDdl } from './tables.ts'

/**
 * What two transactions do in turn. The slow one is at REPEATABLE READ and sees nothing that the quick ones commit
 * after its first statement; it may fail to serialize, but it must not break a chain.
 */
interface Interleaving {
  readonly before: readonly string[]
  /** The slow transaction's first statement takes its snapshot. */
  readonly slowStarts: string
  /** Each is a transaction of another connection. */
  readonly meanwhile: readonly string[]
  readonly slowEnds: readonly string[]
  /**
   * A known limit: the slow transaction cannot see that the key it inserts came and went, so the version that says it
   * went stays open. Every reading is right all the same: a delete holds no row, and the later version has the higher id.
   */
  readonly leavesOpen?: true
}

const look = 'select count(*) from diary'

const interleavings: Readonly<Record<string, Interleaving>> = {
  'a row deleted meanwhile is inserted as it was': {
    before: [`insert into tag values (1, 'a')`],
    slowStarts: look,
    meanwhile: [`delete from tag`],
    slowEnds: [`insert into tag values (1, 'a')`],
  },
  'a row deleted meanwhile is inserted with another value': {
    before: [`insert into tag values (1, 'a')`],
    slowStarts: look,
    meanwhile: [`delete from tag`],
    slowEnds: [`insert into tag values (1, 'b')`],
  },
  'a row that came and went meanwhile is inserted': {
    before: [],
    slowStarts: look,
    meanwhile: [`insert into tag values (1, 'a')`, `delete from tag`],
    slowEnds: [`insert into tag values (1, 'a')`],
    leavesOpen: true,
  },
  'a deleted row that came and went meanwhile is inserted': {
    before: [`insert into tag values (1, 'a')`, `delete from tag`],
    slowStarts: look,
    meanwhile: [`insert into tag values (1, 'a')`, `delete from tag`],
    slowEnds: [`insert into tag values (1, 'a')`],
  },
  'rows that came meanwhile are truncated': {
    before: [`insert into tag values (1, 'a')`],
    slowStarts: look,
    meanwhile: [`insert into tag values (2, 'b')`],
    slowEnds: [`truncate tag`],
  },
  'rows that changed meanwhile are truncated': {
    before: [`insert into tag values (1, 'a')`],
    slowStarts: look,
    meanwhile: [`update tag set label = 'b'`],
    slowEnds: [`truncate tag`],
  },
  'a row truncated meanwhile is inserted as it was': {
    before: [`insert into tag values (1, 'a')`],
    slowStarts: look,
    meanwhile: [`truncate tag`],
    slowEnds: [`insert into tag values (1, 'a')`],
  },
  'a row moves onto a key that came and went meanwhile': {
    before: [`insert into tag values (1, 'a')`],
    slowStarts: look,
    meanwhile: [`insert into tag values (2, 'b')`, `delete from tag where id = 2`],
    slowEnds: [`update tag set id = 2 where id = 1`],
    leavesOpen: true,
  },
  'a row moves onto the key of one that looked the same and was deleted meanwhile': {
    before: [`insert into site values (1, 'a'), (2, 'a')`],
    slowStarts: look,
    meanwhile: [`delete from site where id = 2`],
    slowEnds: [`update site set id = 2 where id = 1`],
  },
  'a row moves onto the key of one that was deleted meanwhile': {
    before: [`insert into site values (1, 'a'), (2, 'b')`],
    slowStarts: look,
    meanwhile: [`delete from site where id = 2`],
    slowEnds: [`update site set id = 2 where id = 1`],
  },
  'a row that this transaction has changed moves onto such a key': {
    before: [`insert into site values (1, 'b'), (2, 'a')`],
    slowStarts: `update site set code = 'a' where id = 1`,
    meanwhile: [`delete from site where id = 2`],
    slowEnds: [`update site set id = 2 where id = 1`],
  },
  'rows move onto keys of which one was deleted meanwhile': {
    before: [`insert into site values (1, 'a'), (2, 'b'), (3, 'a'), (4, 'c')`],
    slowStarts: look,
    meanwhile: [`delete from site where id = 3`],
    slowEnds: [`update site set id = id + 2 where id in (1, 4)`],
  },
  'rows move onto keys that were all deleted meanwhile': {
    before: [`insert into site values (1, 'a'), (2, 'b'), (3, 'a'), (4, 'b')`],
    slowStarts: look,
    meanwhile: [`delete from site where id in (3, 4)`],
    slowEnds: [`update site set id = id + 2 where id in (1, 2)`],
  },
  'a row that can be moved by a cascade moves onto a key that was deleted meanwhile': {
    before: [`insert into site values (1, 'a')`, `insert into permit values (1, 1, 'a'), (1, 2, 'a')`],
    slowStarts: look,
    meanwhile: [`delete from permit where no = 2`],
    slowEnds: [`update permit set no = 3 - no where no = 1`],
  },
  'a row is written as it is, beside others': {
    before: [`insert into site values (1, 'a'), (2, 'b')`],
    slowStarts: look,
    meanwhile: [`delete from site where id = 2`, `insert into site values (3, 'c')`],
    slowEnds: [`update site set code = code where id = 1`],
  },
  'an id taken early is used late': {
    before: [`insert into tag values (1, 'a')`, `insert into diary values (1, 0)`],
    slowStarts: `update diary set n = 1`,
    meanwhile: [`insert into tag values (2, 'b')`, `delete from tag where id = 2`],
    slowEnds: [`insert into tag values (2, 'b')`, `update tag set label = 'c' where id = 1`],
    leavesOpen: true,
  },
}

const check = async (client: pg.Client): Promise<readonly string[]> => {
  const found: string[] = []
  for (const table of tables) {
    const { rows } = await client.query(chainViolationsSql(table, { compareLive: true }))
    found.push(...rows.map((row) => `${table.base.name} ${JSON.stringify(row)}`))
  }
  return found
}

eachServer((name, open) => {
  for (const isolation of ['read committed', 'repeatable read', 'serializable']) {
    for (const [title, { before, slowStarts, meanwhile, slowEnds, leavesOpen }] of Object.entries(interleavings)) {
      test(`${title} (${isolation}, ${name})`, async () => {
        const database = await open()
        const slow = new pg.Client({ connectionString: database.url })
        const quick = new pg.Client({ connectionString: database.url })
        await slow.connect()
        await quick.connect()
        try {
          await quick.query(tablesDdl())
          for (const statement of before) await quick.query(statement)
          await slow.query(`begin isolation level ${isolation}`)
          await slow.query(slowStarts)
          for (const statement of meanwhile) await quick.query(statement)
          try {
            for (const statement of slowEnds) await slow.query(statement)
            await slow.query('commit')
          } catch (error) {
            if (isolation === 'read committed') throw error
            if (!isSerializationFailure(error) && !isTruncateRefusal(error)) throw error
            await slow.query('rollback')
          }
          const problems = await check(quick)
          const known = isolation === 'read committed' ? undefined : leavesOpen
          if (known === undefined) assert.equal(problems, [])
          else assert.ok(problems.length === 1 && problems[0]?.includes('open-not-last'), problems.join())
        } finally {
          await slow.end()
          await quick.end()
          await database.close()
        }
      })
    }
  }

  for (const [kind, partitioned] of [
    [
      'recorded row by row',
      'partition by hash (made); create table item_0 partition of item for values with (modulus 1, remainder 0)',
    ],
    ['whose key has names of variables', ''],
  ]) {
    test(`a row moves onto the key of one deleted meanwhile, in a table ${kind} (${name})`, async () => {
      const database = await open()
      const slow = new pg.Client({ connectionString: database.url })
      await slow.connect()
      try {
        await database.script(`create table item (made int, r int, code text, primary key (made, r)) ${partitioned}`)
        const table = await recordTable(database, 'item')
        await database.script(`insert into item values (1, 1, 'a'), (2, 1, 'a'), (3, 1, 'a')`)
        await slow.query('begin isolation level repeatable read; select from item')
        await database.script('delete from item where made = 2')
        await slow.query('update item set code = code where made = 3')
        const refusal = await slow.query('update item set made = 2 where made = 1').catch((error: unknown) => error)
        assert.ok(isSerializationFailure(refusal))
        await slow.query('rollback')
        assert.equal(await database.query(chainViolationsSql(table, { compareLive: true })), [])
      } finally {
        await slow.end()
        await database.close()
      }
    })
  }
})

test.run()
