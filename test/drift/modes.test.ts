import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { CheckReport } from '../../src/results.ts'
import { eachServer, majors, type TestDatabase } from '../support/databases.ts'
import { fixtureUrl, matchFixture } from '../support/fixture.ts'
import { migrate } from '../support/migrate.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { makeDrift, readDriftCases, readIfThere, runLine } from './drifting-project.ts'
import { makeInSync } from './in-sync-project.ts'

// The other ways to check: files only, a live database against its migrations, a shadow for a database.
type Report = Pick<CheckReport, 'ok' | 'findings' | 'skipped'> & { readonly tables: CheckReport['tables'] }

const byHand = await readFile(fixtureUrl('check/by-hand.sql'), 'utf8')

/** What files alone tell of the cases of `fixtures/drift`; of the others nothing. */
const inFiles: ReadonlyMap<string, string> = new Map([
  ['accessor-missing', 'accessor-missing'],
  ['accessor-missing-index', 'accessor-missing'],
  ['accessor-outdated-edited', 'accessor-outdated'],
  ['migration-duplicate', 'migration-duplicate'],
  ['migration-name', 'migration-name'],
  ['model-duplicate', 'model-duplicate'],
  ['table-missing', 'accessor-missing'],
])

const codesOf = ({ tables, findings }: Report): readonly string[] =>
  [...tables.flatMap((table) => table.findings), ...findings].map(({ code }) => code)

eachServer((server, open, major) => {
  if (major !== majors.at(-1)) return

  let folder = ''
  let db: TestDatabase & { readonly url: string }

  test.before(async () => {
    db = await open()
    folder = await makeInSync(db)
  })

  test.after(async () => {
    await db.close()
    await rm(folder, { recursive: true })
  })

  const check = async (line: string, cwd: string): Promise<Report> => {
    const ran = await runLine(`versiongen check ${line} --json`, cwd, {
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    })
    assert.is(ran.stderr, '')
    const report = JSON.parse(ran.stdout) as Report
    assert.is(ran.exitCode, report.ok ? 0 : 1)
    return report
  }

  test(`--offline reads files only, finds what they tell, and says what it did not look at (${server})`, async () => {
    const clean = await check('--offline', folder)
    assert.equal(codesOf(clean), [])
    assert.equal(
      clean.tables.map(({ table, versionTable }) => [table, versionTable]),
      [
        ['mine', 'mine_version'],
        ['permit', 'permit_version'],
      ],
    )
    assert.ok(clean.skipped?.includes('which migrations have run'))
    for (const name of await readDriftCases()) {
      if ((await readIfThere(fixtureUrl(`drift/${name}/after.sql`))) !== undefined) continue
      await withTemporaryFolder(async (copy) => {
        await cp(folder, copy, { recursive: true })
        await makeDrift(name, copy, { url: undefined, script: () => Promise.reject(new Error('no database')) })
        assert.equal(codesOf(await check('--offline', copy)), [inFiles.get(name) ?? []].flat(), name)
      })
    }
  })

  test(`--offline finds two tables with one history, and takes a table by name (${server})`, () =>
    withTemporaryFolder(async (copy) => {
      await cp(folder, copy, { recursive: true })
      await writeFile(
        join(copy, 'models/quarry.ts'),
        `export class Quarry { static __versioned__ = { versionTable: 'permit_version' } }`,
      )
      assert.equal(codesOf(await check('--offline', copy)), ['version-table-foreign', 'accessor-missing'])
      assert.equal(codesOf(await check('--offline --table mine', copy)), [])
      const ran = await runLine('versiongen check --offline --table quary', copy, {})
      assert.is(ran.exitCode, 2)
      assert.match(
        ran.stderr,
        /^error\[model-not-found\] no model stands for the table quary\n {2}hint: did you mean quarry\?/,
      )
    }))

  test(`--against: nothing, then what was changed by hand, and no password (${server})`, async () => {
    const secret = new URL(db.url)
    assert.is(secret.password, 'postgres')
    assert.equal(codesOf(await check(`--against ${db.url}`, folder)), [])
    await withTemporaryFolder(async (copy) => {
      await cp(folder, copy, { recursive: true })
      // Not run yet, so nobody's doing.
      await writeFile(join(copy, 'migrations/V9__later.sql'), 'alter table mine_version drop column mine_no;')
      assert.equal(codesOf(await check(`--against ${db.url}`, copy)), [])
    })
    await db.script(byHand)
    const ran = await runLine(`versiongen check --against ${db.url}`, folder, {})
    assert.is(ran.exitCode, 1)
    // Which text a function has is for its own tests.
    await matchFixture(ran.stdout.replaceAll(/md5 [0-9a-f]{32}/g, 'md5 …'), 'check/by-hand.txt')
    secret.password = 'wr0ng-s3cret'
    secret.port = '1'
    const failed = await runLine(`versiongen check --against ${secret.href} --verbose`, folder, {})
    assert.is(failed.exitCode, 2)
    assert.not.match(failed.stdout + failed.stderr, 'wr0ng-s3cret')
    const table = await runLine('versiongen check --against mysql://me:wr0ng-s3cret@h/d', folder, {})
    assert.match(
      table.stderr,
      /^error\[config-invalid\] --against is not a Postgres connection URL: its scheme is mysql:/,
    )
    assert.not.match(table.stderr, 'wr0ng-s3cret')
  })

  test(`--shadow finds what a database finds that has run the same migrations (${server})`, () =>
    withTemporaryFolder(async (copy) => {
      const live = await open()
      try {
        await cp(folder, copy, { recursive: true })
        await writeFile(join(copy, 'migrations/V9__by_hand.sql'), byHand)
        await migrate(live, copy)
        const [shadow, found] = [await check('--shadow', copy), await check(`--url ${live.url}`, copy)]
        assert.ok(codesOf(found).length > 10)
        assert.equal(shadow, found)
        await writeFile(join(copy, 'migrations/V09__twice.sql'), 'select 1')
        const refused = await check('--shadow', copy)
        assert.equal(codesOf(refused), ['migration-duplicate'])
        assert.is(refused.skipped?.length, 1)
      } finally {
        await live.close()
      }
    }))
})

test.run()
