import { cp, rm } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { CheckReport } from '../../src/results.ts'
import { eachServer, majors, type TestDatabase } from '../support/databases.ts'
import { migrate } from '../support/migrate.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { describeFindings, makeDrift, readDriftCases, runLine } from './drifting-project.ts'
import { makeInSync } from './in-sync-project.ts'

// Who may write history: by rights, as the owner of a part of it, or through triggers that run as the owner.
type Database = TestDatabase & { readonly url: string }

eachServer((server, open, major) => {
  if (major !== majors.at(-1)) return

  let inSync = ''

  test.before(async () => {
    const db = await open()
    inSync = await makeInSync(db)
    await db.close()
  })

  test.after(() => rm(inSync, { recursive: true }))

  const run = (line: string, folder: string, { url }: Database): ReturnType<typeof runLine> =>
    runLine(`versiongen ${line}`, folder, { DATABASE_URL: url })

  const check = async (line: string, folder: string, db: Database): Promise<readonly string[]> => {
    const report = JSON.parse((await run(`check ${line} --json`, folder, db)).stdout) as CheckReport
    return describeFindings(report, folder).map(
      ({ code, severity, object, actual }) => `${severity} ${code} ${object}: ${actual ?? ''}`,
    )
  }

  /** Made by roles that are this database's alone: `app` and `deployer` in the SQL. */
  const withRoles = (use: (folder: string, db: Database, sql: (text: string) => Promise<void>) => Promise<void>) =>
    withTemporaryFolder(async (folder) => {
      const db = await open()
      const suffix = new URL(db.url).pathname.slice(1)
      const sql = (text: string): Promise<void> => db.script(text.replaceAll(/\b(app|deployer)\b/g, `$1_${suffix}`))
      try {
        await cp(inSync, folder, { recursive: true })
        await sql('create role app; create role deployer; grant usage, create on schema public to app, deployer')
        await migrate(db, folder)
        await use(folder, db, sql)
      } finally {
        await sql(
          'reset role; drop schema public cascade; drop owned by app, deployer; drop role app, deployer',
        ).finally(() => db.close())
      }
    })

  /** As Continuum leaves them: all tables are the application's. */
  const takenOver = `
    alter table mine owner to app; alter table permit owner to app;
    alter table mine_version owner to app; alter table permit_version owner to app;
    alter table transaction owner to app; comment on table transaction is null;
    create function note() returns trigger language plpgsql as 'begin return new; end'; alter function note() owner to app;
    create trigger note before insert on transaction for each row execute function note();`

  test(`--against finds the same, and nothing is written where a person has to decide (${server})`, async () => {
    const cases = (await readDriftCases()).filter((name) => /^grant(?!-(execute|taken))/.test(name))
    assert.ok(cases.length > 8)
    for (const name of cases) {
      await withRoles(async (folder, db) => {
        await makeDrift(name, folder, db)
        const found = await check('', folder, db)
        assert.is(found.length, 1, name)
        assert.equal(await check(`--against ${db.url}`, folder, db), found, name)
        if (/-(owner|trigger)/.test(name)) assert.match((await run('--all', folder, db)).stdout, 'nothing was written')
      })
    }
  })

  test(`tables that were taken over are no failure, whoever migrates (${server})`, () =>
    withRoles(async (folder, db, sql) => {
      await sql(takenOver)
      const isWarned = async (): Promise<void> => {
        const found = await check('', folder, db)
        assert.equal(
          found.map((text) => text.replace(/:.*/, '')),
          [
            'warning grant public.mine_version',
            'warning grant public.transaction.note',
            'warning grant public.permit_version',
          ],
        )
        assert.match((await run('--all', folder, db)).stdout, 'nothing was written')
      }
      await isWarned()
      await sql(`grant app to deployer; alter function mine_version_record() owner to deployer;
        alter function permit_version_record() owner to deployer; alter function transaction_fits(text, text) owner to deployer`)
      await isWarned()
      await sql(
        `revoke app from deployer; grant select, insert, update on mine_version, permit_version, transaction to deployer`,
      )
      await isWarned()
      assert.is((await run(`check --against ${db.url}`, folder, db)).exitCode, 0)
      await sql('revoke insert on transaction from deployer')
      assert.match((await check('', folder, db)).join('\n'), /^error grant public.mine_version: /m)
    }))

  test(`tables of one role are in sync (${server})`, () =>
    withRoles(async (folder, db, sql) => {
      await sql(`do $$ declare each text; begin
        for each in select format('alter table %s owner to app', oid::regclass) from pg_class
                     where relnamespace = 'public'::regnamespace and relkind = 'r'
          union all select format('alter function %s owner to app', oid::regprocedure) from pg_proc
                     where pronamespace = 'public'::regnamespace
        loop execute each; end loop; end $$`)
      assert.equal(await check('', folder, db), [])
      assert.equal(await check(`--against ${db.url}`, folder, db), [])
    }))

  test(`rights that were passed on are taken back, those of who records are not (${server})`, () =>
    withRoles(async (folder, db, sql) => {
      await sql(`alter function mine_version_record() owner to deployer; grant usage on schema public to app;
        grant select, insert, update on mine_version, transaction to deployer;
        grant update on mine_version, transaction to app with grant option; set role app;
        grant update on mine_version, transaction to public; reset role`)
      const before = await check('', folder, db)
      assert.is(before.filter((text) => text.startsWith('error grant')).length, 4, before.join('\n'))
      assert.is((await run('--all', folder, db)).exitCode, 0)
      await migrate(db, folder)
      assert.equal(
        (await check('', folder, db)).map((text) => text.replace(/:.*/, '')),
        ['warning grant public.mine_version'],
      )
      await sql(`grant select, update on mine to app; set role app; update mine set mine_name = 'Premier'; reset role`)
    }))

  test(`what somebody put in place of the transaction table before it was made is found (${server})`, () =>
    withTemporaryFolder(async (folder) => {
      const db = await open()
      const evil = `evil_${new URL(db.url).pathname.slice(1)}`
      try {
        await db.script(`create role ${evil}; grant usage, create on schema public to ${evil}; set role ${evil};
          create table transaction (id bigint generated by default as identity primary key,
            issued_at timestamptz not null default clock_timestamp(), remote_addr text, user_id text);
          create function pwn() returns trigger language plpgsql as 'begin return new; end';
          create trigger t before insert on transaction for each row execute function pwn();
          grant all on transaction to public; reset role`)
        await cp(inSync, folder, { recursive: true })
        await migrate(db, folder)
        const found = await check('', folder, db)
        assert.equal(
          found.map((text) => text.replace(/:.*/, '')),
          ['warning grant public.transaction', 'error grant public.transaction.t'],
        )
      } finally {
        await db
          .script(`drop schema public cascade; drop owned by ${evil}; drop role ${evil}`)
          .finally(() => db.close())
      }
    }))
})

test.run()
