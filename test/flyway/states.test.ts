import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFolder } from '../../src/flyway/read-folder.ts'
import { migrationStates } from '../../src/flyway/states.ts'
import type { AppliedMigration, MigrationFolder } from '../../src/flyway/types.ts'
import { parseVersion } from '../../src/flyway/version.ts'
import { validateMigrations } from '../../src/flyway/validate.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { ourOutcome, readProject } from './oracle/our-outcome.ts'
import { formatOutcome, parseHistory } from './oracle/recorded.ts'
import { applyToFolder, readScenarios, settingsIn } from './oracle/scenario.ts'

// What the real Flyway said is recorded beside each scenario (oracle.test.ts); here it need not be installed.
for (const { name, steps, settings, recorded } of await readScenarios()) {
  test(name, () =>
    withTemporaryFolder(async (root) => {
      await mkdir(join(root, 'sql'))
      for (const step of steps) await applyToFolder(step, join(root, 'sql'))
      const expected = await readFile(fixtureUrl(recorded), 'utf8')
      const ours = await ourOutcome(await readProject(root, settingsIn(root, settings)), parseHistory(expected))
      assert.fixture(formatOutcome(ours), expected)
    }),
  )
}

const row = (installedRank: number, version: string, type: string): AppliedMigration => ({
  installedRank,
  version: parseVersion(version),
  description: 'x',
  type,
  script: 'x',
  checksum: 1,
  success: true,
})

const folder = async (root: string, names: readonly string[]): Promise<MigrationFolder> => {
  await mkdir(join(root, 'sql'))
  for (const name of names) await applyToFolder({ verb: 'add', rest: name }, join(root, 'sql'))
  return readFolder(await readProject(root, {}))
}

test('an undo row of a paid edition makes its migration undone and pending again', () =>
  withTemporaryFolder(async (root) => {
    const states = migrationStates(await folder(root, ['V1__x.sql', 'V2__x.sql']), [
      row(1, '1', 'SQL'),
      row(2, '2', 'SQL'),
      row(3, '2', 'UNDO_SQL'),
    ])
    assert.equal(
      states.map(({ state, type }) => `${state} ${type}`),
      ['Success SQL', 'Undone SQL', 'Success UNDO_SQL', 'Pending SQL'],
    )
  }))

test('a Java migration is there when its source is; what it holds is not compared', () =>
  withTemporaryFolder(async (root) => {
    const found = await folder(root, ['V1__x.java'])
    assert.equal(
      migrationStates(found, [row(1, '1', 'SPRING_JDBC')]).map(({ state }) => state),
      ['Success'],
    )
    assert.equal(validateMigrations(found, [row(1, '1', 'JDBC')]), [])
  }))

test('no history table: as on an empty database', () =>
  withTemporaryFolder(async (root) => {
    const states = migrationStates(await folder(root, ['V1__x.sql', 'R__y.sql']), null)
    assert.equal(
      states.map(({ state }) => state),
      ['Pending', 'Pending'],
    )
  }))

test.run()
