import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { TestDatabase } from '../support/databases.ts'
import { eachServer } from '../support/databases.ts'
import { apply, describeModel, faults, look, readOptional } from './evolve.ts'

// What was written after a table changed and before its history followed: one generate and one migrate, and every live
// row is what its open version says.

const model = describeModel('mine', {})

/** Makes a history, changes the table, brings the history in line, and says what the versions hold. */
const evolve = async (
  db: TestDatabase,
  { before, after, show }: { readonly before: string; readonly after: string; readonly show: string },
): Promise<readonly string[]> => {
  await db.script(before)
  await apply(db, (await look(db, model)).migrations)
  await db.script(after)
  await apply(db, (await look(db, model)).migrations)
  const repaired = await look(db, model)
  assert.equal(repaired.migrations, [], 'nothing left to do')
  assert.equal(await faults(db, repaired), [], 'every row is recorded')
  const rows = await db.query<{ version: string }>(
    `select concat_ws(' ', ${show}, operation_type) as version from mine_version order by ${show}, transaction_id`,
  )
  return rows.map(({ version }) => version)
}

const testOnEachServer = (title: string, body: (db: TestDatabase) => Promise<void>): void =>
  eachServer((server, open) => {
    test(`${title} (${server})`, async () => {
      const db = await open()
      try {
        await body(db)
      } finally {
        await db.close()
      }
    })
  })

const fixture = async (name: string, file: string): Promise<string> =>
  (await readOptional(`evolution/${name}/${file}.sql`)) ?? ''

testOnEachServer('versions stay with the row that a person says', async (db) => {
  const versions = await evolve(db, {
    before: await fixture('key-shared-told', 'before'),
    after: await fixture('key-shared-told', 'after'),
    show: 'mine_id, term, depth',
  })
  assert.equal(versions, ['1 1 10 0', '1 1 11 1', '1 1 12 1', '1 2 99 0', '2 1 20 0'])
})

testOnEachServer('a row with a key that was extended lives on when another gets its old key', async (db) => {
  const versions = await evolve(db, {
    before: await fixture('key-shared-tracked', 'before'),
    after: await fixture('key-shared-tracked', 'after'),
    show: 'mine_id, term, depth',
  })
  assert.equal(versions, ['1 1 10 0', '1 2 99 0', '2 1 20 0', '3 1 30 0', '3 1 30 2', '3 2 30 0'])
})

test.run()
