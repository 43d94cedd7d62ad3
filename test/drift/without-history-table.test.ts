import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ran } from '../cli/context.ts'
import { eachServer, majors, type TestDatabase } from '../support/databases.ts'
import { runLine } from './drifting-project.ts'
import { makeInSync } from './in-sync-project.ts'

// Whoever runs the migrations with psql has no history table of Flyway's. Then the version tables tell what has run.
eachServer((server, open, major) => {
  if (major !== majors.at(-1)) return

  const withProject = async (use: (folder: string, db: TestDatabase & { readonly url: string }) => Promise<void>) => {
    const db = await open()
    const folder = await makeInSync(db)
    try {
      await db.script('drop table flyway_schema_history')
      await use(folder, db)
    } finally {
      await db.close()
      await rm(folder, { recursive: true })
    }
  }
  const noted = /^note: .+ has no flyway_schema_history: .+\n$/

  const filesIn = (folder: string): Promise<readonly string[]> => readdir(join(folder, 'migrations'))

  const codesOf = ({ stdout }: Ran): readonly string[] =>
    (JSON.parse(stdout) as { tables: { findings: { code: string }[] }[] }).tables.flatMap(({ findings }) =>
      findings.map(({ code }) => code),
    )

  test(`what has run is in sync, and in order (${server})`, () =>
    withProject(async (folder, db) => {
      const env = { DATABASE_URL: db.url }
      const checked = await runLine('versiongen check', folder, env)
      assert.match(checked.stderr, noted)
      assert.is(checked.exitCode, 0, checked.stdout)
      assert.is((await runLine('versiongen check --quiet', folder, env)).stderr, '')
      const status = await runLine('versiongen status', folder, env)
      assert.match(status.stdout, /2 tables in order\n$/)
      assert.match(status.stderr, noted)
    }))

  test(`drift is found, and its alteration is written once (${server})`, () =>
    withProject(async (folder, db) => {
      const env = { DATABASE_URL: db.url }
      await db.script('alter table mine add column late text')
      const drifting = await runLine('versiongen check --json', folder, env)
      assert.ok(codesOf(drifting).includes('column-missing'), drifting.stdout)
      assert.not.ok(codesOf(drifting).includes('migration-pending'))

      const before = await filesIn(folder)
      const written = await runLine('versiongen --all', folder, env)
      assert.is(written.exitCode, 0, written.stderr)
      assert.match(written.stderr, noted)
      const files = (await filesIn(folder)).filter((file) => !before.includes(file)).sort()
      assert.equal(
        files.map((file) => file.replace(/^V\d+__/, '')),
        ['alter_mine_version_table.sql', 'backfill_mine_version_table.sql'],
      )

      // Until it has run it is what is pending, and is not written again.
      const waiting = await runLine('versiongen check --json', folder, env)
      assert.ok(codesOf(waiting).includes('migration-pending'), waiting.stdout)
      await runLine('versiongen --all', folder, env)
      assert.is((await filesIn(folder)).length, before.length + 2)

      for (const file of files) await db.script(await readFile(join(folder, 'migrations', file), 'utf8'))
      assert.equal(codesOf(await runLine('versiongen check --json', folder, env)), [])
      await db.script('alter table mine add column later text')
      assert.ok(codesOf(await runLine('versiongen check --json', folder, env)).includes('column-missing'))
    }))

  test(`where no version table is, all is pending (${server})`, () =>
    withProject(async (folder, db) => {
      await db.script('drop table mine_version cascade; drop function mine_version_record cascade')
      const env = { DATABASE_URL: db.url }
      const checked = await runLine('versiongen check --json', folder, env)
      assert.equal(codesOf(checked), ['migration-pending'])
      await db.script('drop table permit_version cascade')
      assert.equal(codesOf(await runLine('versiongen check --json', folder, env)), [
        'migration-pending',
        'migration-pending',
      ])
    }))

  test(`a backfill that has not run is pending (${server})`, () =>
    withProject(async (folder, db) => {
      const env = { DATABASE_URL: db.url }
      const files = await filesIn(folder)
      await db.script('truncate mine_version')
      assert.equal(codesOf(await runLine('versiongen check --json', folder, env)), ['migration-pending'])
      await runLine('versiongen --all', folder, env)
      assert.equal(await filesIn(folder), files)
      const backfill = files.find((file) => file.endsWith('__backfill_mine_version_table.sql')) ?? ''
      await db.script(await readFile(join(folder, 'migrations', backfill), 'utf8'))
      assert.equal(codesOf(await runLine('versiongen check --json', folder, env)), [])
    }))
})

test.run()
