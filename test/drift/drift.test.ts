import { cp, rm } from 'node:fs/promises'
import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSettings } from '../../src/config/load-settings.ts'
import type { Settings } from '../../src/config/types.ts'
import { driftCodes } from '../../src/plan/drift-codes.ts'
import { check } from '../../src/project.ts'
import type { CheckReport } from '../../src/results.ts'
import { eachServer, majors, type TestDatabase } from '../support/databases.ts'
import { matchFixture } from '../support/fixture.ts'
import { migrate } from '../support/migrate.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { codeOf, describeFindings, makeDrift, readDriftCases, runLine } from './drifting-project.ts'
import { makeInSync } from './in-sync-project.ts'

// Each folder of fixtures/drift makes a project that is in sync drift in one way. Then `check` finds that, only that, and
// says it in the words of expected.json; the command it names repairs it.
const codes = Object.keys(driftCodes)
const all = await readDriftCases()
const cases = all.filter((name) => name.includes(process.env['CASE'] ?? ''))

test('every code has a fixture, and every fixture a code', () => {
  assert.equal(
    all.filter((name) => codeOf(name, codes) === undefined),
    [],
  )
  const shown = new Set(all.map((name) => codeOf(name, codes)))
  assert.equal(
    codes.filter((code) => !shown.has(code)),
    [],
  )
})

eachServer((server, open, major) => {
  // How each server behaves is for the tests of evolution and recording; what is said about it is the same everywhere.
  if (major !== majors.at(-1)) return

  const settingsFor = (cwd: string, url: string): Promise<Settings> =>
    loadSettings({ cwd, env: {}, home: cwd, flags: { url } })

  const look = async (folder: string, { url }: { readonly url: string }): Promise<CheckReport> =>
    check(await settingsFor(folder, url), { tables: [], all: true })

  /** With its migrations and accessors, as generated on an empty server. */
  let inSync = ''

  test.before(async () => {
    const db = await open()
    try {
      inSync = await makeInSync(db)
    } finally {
      await db.close()
    }
  })

  test.after(() => rm(inSync, { recursive: true }))

  const withProject = (use: (folder: string, db: TestDatabase & { readonly url: string }) => Promise<void>) =>
    withTemporaryFolder(async (folder) => {
      const db = await open()
      try {
        await cp(inSync, folder, { recursive: true })
        await migrate(db, folder)
        await use(folder, db)
      } finally {
        await db.close()
      }
    })

  test(`without drift nothing is found (${server})`, () =>
    withProject(async (folder, db) => {
      assert.equal(describeFindings(await look(folder, db), folder), [])
    }))

  for (const name of cases) {
    test(`${name} (${server})`, () =>
      withProject(async (folder, db) => {
        const { run = [] } = await makeDrift(name, folder, db)
        for (const line of run) {
          const ran = await runLine(line, folder, { DATABASE_URL: db.url })
          assert.is(ran.exitCode, 0, ran.stderr)
        }
        const report = await look(folder, db)
        const findings = describeFindings(report, folder)
        await matchFixture(`${JSON.stringify(findings, null, 2)}\n`, `drift/${name}/expected.json`)
        const [finding, ...others] = findings
        assert.is(finding?.code, codeOf(name, codes))
        assert.equal(others, [])
        assert.is(report.ok, finding?.severity !== 'error')
        if (finding === undefined || finding.fix === null) return

        if (finding.fix !== 'flyway migrate') {
          const ran = await runLine(finding.fix, folder, { DATABASE_URL: db.url })
          assert.is(ran.exitCode, 0, ran.stderr)
        }
        await migrate(db, folder)
        assert.equal(describeFindings(await look(folder, db), folder), [], `repaired by ${finding.fix}`)
      }))
  }

  test(`status tells of migrations whose file is gone (${server})`, () =>
    withProject(async (folder, db) => {
      await makeDrift('migration-missing', folder, db)
      const ran = await runLine('versiongen status', folder, { DATABASE_URL: db.url })
      assert.is(ran.exitCode, 0)
      assert.is(ran.stderr, 'note: files of applied migrations are gone (1): versiongen check names them\n')
    }))

  test(`no second backfill is written behind one that failed (${server})`, () =>
    withProject(async (folder, db) => {
      await db.script(`alter table mine disable trigger user;
        insert into mine (mine_guid, mine_no, mine_name) values ('b5d5a8a2-0000-4000-8000-000000000003', 'E3', 'Elkview');
        alter table mine enable trigger user;
        update flyway_schema_history set success = false where description = 'backfill mine version table'`)
      const codes = (await look(folder, db)).tables.flatMap(({ findings }) => findings.map(({ code }) => code))
      assert.equal(codes, ['migration-pending'])
      const ran = await runLine('versiongen --all', folder, { DATABASE_URL: db.url })
      assert.match(ran.stdout + ran.stderr, 'nothing was written')
      assert.match(ran.stdout + ran.stderr, '[migration-failed]')
    }))

  test(`the statements that widen transaction ids do (${server})`, () =>
    withProject(async (folder, db) => {
      await makeDrift('transaction-table-half-full', folder, db)
      const [finding] = (await look(folder, db)).findings
      await db.script(finding?.message.split('migration of your own: ')[1] ?? '')
      assert.equal(describeFindings(await look(folder, db), folder), [])
      await db.script(`select setval('transaction_id_seq', 3000000000); update mine set mine_name = 'Pretium'`)
      assert.equal(describeFindings(await look(folder, db), folder), [])
    }))
})

test.run()
