import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFile } from 'node:fs/promises'
import { continuumLayout, recogniseHistory } from '../../src/catalog/layout.ts'
import type { RecognisedHistory } from '../../src/catalog/layout.ts'
import type { QualifiedName } from '../../src/catalog/types.ts'
import { testOnEachDatabase } from '../support/databases.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { readInSnapshot } from './read-in-snapshot.ts'

const nameOf = ({ schema, name }: QualifiedName): string => `${schema}.${name}`

const describeVersions = ({ versionTables }: RecognisedHistory): readonly string[] =>
  [...versionTables.values()].map(
    ({ relation, base, endTransactionColumn }) =>
      `${nameOf(relation)} of ${base ? nameOf(base) : 'nothing'}${endTransactionColumn === null ? ', no end' : ''}`,
  )

const long = 'tailings_storage_facility_engineer_of_record_appointment_öö'

testOnEachDatabase(test, 'version and transaction tables are told by their layout', async (database) => {
  await database.script(await readFile(fixtureUrl('catalog/layout/schema.sql'), 'utf8'))
  const catalog = await readInSnapshot(database)
  const history = recogniseHistory(catalog)

  assert.equal(describeVersions(history), [
    'app.gone_version of nothing',
    'app.mine_version of app.mine',
    'app.permit_version of app.permit',
    'app.person_version of app.person',
    'app.region_version of app.region, no end',
    `app.${long}_v of app.${long}`,
    'audit.dam_version of app.dam',
  ])
  for (const [oid, { relation }] of history.versionTables) assert.is(oid, relation.oid)
  assert.equal(history.transactionTables.map(nameOf), [
    'app.transaction',
    'audit.history_transaction',
    'audit.transaction',
    'mds.transaction',
  ])

  const named = {
    versionTable: 'audit.%s$log',
    transactionColumn: 'tx',
    endTransactionColumn: 'tx_end',
    operationColumn: 'op',
  }
  const other = recogniseHistory(catalog, { layouts: [named], transactionTable: 'app.invoice' })
  assert.equal(describeVersions(other), ['audit.site$log of app.site'])
  assert.equal(other.transactionTables.map(nameOf), [
    'app.transaction',
    'audit.history_transaction',
    'mds.transaction',
    'other.invoice',
  ])

  const both = recogniseHistory(catalog, { layouts: [continuumLayout, named] })
  assert.is(both.versionTables.size, history.versionTables.size + 1)

  const fixedName = { ...continuumLayout, versionTable: 'mine_version' }
  assert.ok(
    [...recogniseHistory(catalog, { layouts: [fixedName] }).versionTables.values()].every(({ base }) => base === null),
    'a pattern without %s names no base',
  )
  const fromOrphan = recogniseHistory(catalog, { layouts: [fixedName, continuumLayout] })
  assert.equal(describeVersions(fromOrphan).toSorted(), describeVersions(history).toSorted())
})

test.run()
