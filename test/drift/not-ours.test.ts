import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { eachServer, type TestDatabase } from '../support/databases.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { runLine } from './drifting-project.ts'
import { makeInSync } from './in-sync-project.ts'

const sql = await readFile(fixtureUrl('check/not-ours.sql'), 'utf8')

eachServer((server, open) => {
  const withProject = async (
    use: (folder: string, db: TestDatabase & { readonly url: string }) => Promise<void>,
  ): Promise<void> => {
    const db = await open()
    const folder = await makeInSync(db)
    await db.script('create role not_ours_reader')
    try {
      await use(folder, db)
    } finally {
      await db.script('drop owned by not_ours_reader; drop role not_ours_reader')
      await db.close()
      await rm(folder, { recursive: true })
    }
  }

  test(`what is not ours is no drift, and nothing is written because of it (${server})`, () =>
    withProject(async (folder, db) => {
      await db.script(sql)
      for (const line of ['', `--against ${db.url}`]) {
        const ran = await runLine(`versiongen check ${line}`, folder, { DATABASE_URL: db.url })
        assert.equal([ran.exitCode, ran.stderr, ran.stdout], [0, '', '2 tables in sync\n'], line)
      }
      const ran = await runLine('versiongen --all', folder, { DATABASE_URL: db.url })
      assert.match(ran.stdout, 'nothing was written')
    }))

  test(`a column that somebody added to a version table is read, like one that was dropped from the table (${server})`, () =>
    withProject(async (folder, db) => {
      await db.script(
        'alter table mine_version add column note text, add column noted_at timestamptz not null default now()',
      )
      const run = async (args: string): Promise<string> =>
        (await runLine(`versiongen ${args}`, folder, { DATABASE_URL: db.url })).stdout
      const before = await readdir(join(folder, 'migrations'))
      assert.match(await run('check'), /\[accessor-outdated\][^]*\n1 error in 2 tables/)
      await run('--all')
      assert.equal(await readdir(join(folder, 'migrations')), before)
      assert.match(await readFile(join(folder, 'history/mine.ts'), 'utf8'), 'readonly noted_at: Date | null')
      assert.is(await run('check'), '2 tables in sync\n')
    }))

  test(`objects of extensions are nobody's history (${server})`, () =>
    withProject(async (folder, db) => {
      await db.script(`create table quarry_version (quarry_id integer, transaction_id bigint, end_transaction_id bigint,
          operation_type smallint not null, primary key (quarry_id, transaction_id))`)
      const check = (): Promise<{ readonly stdout: string }> =>
        runLine('versiongen check', folder, { DATABASE_URL: db.url })
      assert.match((await check()).stdout, '[version-table-orphan]')
      // What an extension installs belongs to it.
      await db.script(`insert into pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
        select 'pg_class'::regclass, 'quarry_version'::regclass, 0, 'pg_extension'::regclass, oid, 0, 'e'
          from pg_extension where extname = 'plpgsql'`)
      assert.is((await check()).stdout, '2 tables in sync\n')
    }))
})

test.run()
