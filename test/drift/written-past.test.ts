import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { eachServer, majors, type TestDatabase } from '../support/databases.ts'
import { migrate } from '../support/migrate.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { runLine } from './drifting-project.ts'
import { makeInSync } from './in-sync-project.ts'

// Whatever else is wrong with a table, lost changes are found with it, and one round repairs both; what only looks lost is not.

const disable = 'alter table mine disable trigger user'
const change = `update mine set mine_name = 'Past' where mine_no = 'B1'; delete from mine where mine_no = 'C2';
  insert into mine (mine_guid, mine_no, mine_name) values (gen_random_uuid(), 'D4', 'Dome')`

const cases: Readonly<Record<string, { readonly sql: string; readonly codes: readonly string[] }>> = {
  'triggers that are still disabled': {
    sql: `${disable}; delete from permit; ${change}`,
    codes: ['trigger-disabled', 'trigger-disabled', 'trigger-disabled', 'trigger-disabled'],
  },
  'a function that all tables share, edited': {
    sql: `${disable}; delete from permit; ${change}; alter table mine enable trigger user;
      create or replace function transaction_at(timestamptz) returns bigint language sql as 'select 1::bigint'`,
    codes: ['function-outdated'],
  },
  'a recording function, edited': {
    sql: `${disable}; delete from permit; ${change}; alter table mine enable trigger user;
      create or replace function mine_version_record() returns trigger language plpgsql as 'begin return null; end'`,
    codes: ['function-outdated', 'search-path'],
  },
  'a grant, and a column that forbids null': {
    sql: `${disable}; delete from permit; ${change}; alter table mine enable trigger user;
      grant insert on mine_version to public; alter table mine_version alter mine_no set not null`,
    codes: ['column-nullability', 'grant'],
  },
}

eachServer((server, open, major) => {
  if (major !== majors.at(-1)) return
  let inSync = ''
  test.before(async () => {
    const db = await open()
    inSync = await makeInSync(db).finally(() => db.close())
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

  for (const [title, { sql, codes }] of Object.entries(cases)) {
    test(`${title} (${server})`, () =>
      withProject(async (folder, db) => {
        await db.script(sql)
        const run = async (line: string): Promise<string> =>
          (await runLine(`versiongen ${line}`, folder, { DATABASE_URL: db.url })).stdout
        const check = async (): Promise<readonly string[]> => {
          const { tables } = JSON.parse(await run('check --table mine --json')) as {
            tables: readonly { findings: readonly { code: string }[] }[]
          }
          return tables.flatMap(({ findings }) => findings.map(({ code }) => code)).sort()
        }
        assert.equal(await check(), [...codes, 'backfill-missing', 'chain-broken'].sort())
        await run('--all')
        assert.equal(await check(), ['migration-pending'])
        const before = await readdir(join(folder, 'migrations'))
        // Nothing is written twice.
        await run('--all')
        assert.equal(await readdir(join(folder, 'migrations')), before)
        await migrate(db, folder)
        assert.is(await run('check'), '2 tables in sync\n')
        const versions = await db.query<{ version: string }>(
          `select concat_ws(' ', mine_no, mine_name, operation_type) as version from mine_version order by mine_no, transaction_id`,
        )
        assert.equal(
          versions.map(({ version }) => version),
          ['B1 Brucejack 0', 'B1 Past 1', 'C2 Copper Mountain 0', 'C2 Copper Mountain 2', 'D4 Dome 0'],
        )
      }))
  }

  test(`rows that a policy hides are an error, and not taken for gone (${server})`, () =>
    withProject(async (folder, db) => {
      const role = `seer_${process.pid}`
      await db.script(`create role ${role} login password 'seer'; alter table mine owner to ${role};
        grant select on all tables in schema public to ${role};
        alter table mine enable row level security; alter table mine force row level security`)
      try {
        await runLine('versiongen --all', folder, { DATABASE_URL: db.url })
        await migrate(db, folder)
        await db.script(`alter table mine_version owner to ${role}`)
        const as = new URL(db.url)
        as.username = role
        as.password = 'seer'
        for (const line of ['check', '--all', 'status', 'verify']) {
          const ran = await runLine(`versiongen ${line}`, folder, { DATABASE_URL: as.href })
          assert.equal([ran.exitCode, ran.stdout], [2, ''], line)
          assert.match(
            ran.stderr,
            /^error\[database-permission\] [^\n]*row-level security policy for table "mine"\n {2}hint: all rows have to be seen: connect as a role with BYPASSRLS/,
          )
        }
        await db.script(`alter role ${role} bypassrls`)
        const ran = await runLine('versiongen check --table permit', folder, { DATABASE_URL: as.href })
        assert.is(ran.stdout, '1 table in sync\n')
      } finally {
        await db.script(`drop owned by ${role} cascade; drop role ${role}`)
      }
    }))
})

test.run()
