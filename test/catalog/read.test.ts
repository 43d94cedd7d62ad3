import { test } from 'uvu'
import { readFile } from 'node:fs/promises'
import { fixtureUrl, matchFixture } from '../support/fixture.ts'
import { testOnEachDatabase } from '../support/databases.ts'
import type { TestDatabase } from '../support/databases.ts'
import { describeCatalog } from './describe.ts'
import { makeRoles } from './make-roles.ts'
import { readInSnapshot } from './read-in-snapshot.ts'

const cases = [
  'columns',
  'user-types',
  'hostile-names',
  'partitions',
  'inheritance',
  'indexes',
  'keys',
  'triggers',
  'security',
  'extension',
  'instant-functions',
]

const readsAsExpected = async (database: TestDatabase, name: string): Promise<void> => {
  await makeRoles(database)
  await database.script(await readFile(fixtureUrl(`catalog/${name}/schema.sql`), 'utf8'))
  await matchFixture(await describeCatalog(await readInSnapshot(database)), `catalog/${name}/expected.json`)
}

for (const name of cases) testOnEachDatabase(test, name, (database) => readsAsExpected(database, name))

testOnEachDatabase(test, 'virtual columns and named NOT NULL, on 18', async (database) => {
  const { serverVersion } = await readInSnapshot(database)
  if (serverVersion >= 180000) await readsAsExpected(database, 'virtual-columns')
})

test.run()
