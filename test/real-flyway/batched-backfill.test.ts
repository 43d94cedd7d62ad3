import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { resolveSettings } from '../../src/config/resolve-settings.ts'
import type { Settings } from '../../src/config/types.ts'
import { check, generate } from '../../src/project.ts'
import { findViolations, planTable } from '../recording/recorded-table.ts'
import { eachServer } from '../support/databases.ts'
import { startFlyway } from '../support/flyway.ts'
import { runCommand } from '../support/run-command.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const selection = { tables: ['mine'], all: false }
const options = { dryRun: false, force: false, now: new Date('2026-05-06T07:08:09Z') }
const squawk = join(import.meta.dirname, '../../node_modules/.bin/squawk')

const flyway = await startFlyway()
if (flyway !== undefined) {
  // So many that a busy machine is not through with them before it is told to stop.
  const rows = 20_000

  eachServer((name, open) => {
    test(`a backfill in batches, killed beside writers and run again by Flyway (${name})`, async () => {
      const database = await open()
      const writer = new pg.Client({ connectionString: database.url })
      await writer.connect()
      try {
        await withTemporaryFolder(async (root) => {
          await mkdir(join(root, 'sql'))
          await writeFile(
            join(root, 'sql/V1__mine.sql'),
            `create table mine (id int primary key, name text);
             insert into mine select g, 'mine ' || g from generate_series(1, ${rows}) g;`,
          )
          await writeFile(
            join(root, 'mine.ts'),
            `export class Mine { static __versioned__ = {}; static tableName = 'mine'; id!: number; name!: string }`,
          )
          const settingsFor = (url?: string): Settings =>
            resolveSettings({
              cwd: root,
              env: {},
              config: { models: '*.ts', migrations: 'sql', backfill: { above: 5000, batchSize: 100 } },
              flags: url === undefined ? { shadow: true } : { url },
            })
          const migrate = { url: database.url, locations: `filesystem:${root}/sql` }
          assert.equal(await flyway.ask('migrate', migrate), [['ok', '1']])
          await generate(settingsFor(database.url), selection, options)
          const written = (await readdir(join(root, 'sql'))).sort()
          assert.equal(written.slice(1), [
            'V2__create_mine_version_table.sql',
            'V3__backfill_mine_version_table.sql',
            'V3__backfill_mine_version_table.sql.conf',
          ])
          const conf = await readFile(join(root, 'sql', written.at(-1) ?? ''), 'utf8')
          assert.is(conf, 'executeInTransaction=false\n')
          const lint = await runCommand(squawk, [join(root, 'sql/V3__backfill_mine_version_table.sql')])
          assert.is(lint.exitCode, 0, lint.stdout)

          const state = { running: true }
          const writing = (async () => {
            for (let n = 1; state.running; n++) {
              await writer.query(`update mine set name = name || '!' where id = ${((n * 7919) % rows) + 1}`)
              await writer.query(`delete from mine where id = ${((n * 104729) % rows) + 1}`)
              await writer.query(`insert into mine values (${rows + n}, 'new')`)
            }
          })()
          // A failure elsewhere ends the connection under it; it is looked at below.
          writing.catch(() => undefined)
          const count = async (): Promise<number> => {
            const [found] = await database.query<{ there: boolean }>(
              `select to_regclass('mine_version') is not null as there`,
            )
            if (found?.there !== true) return 0
            return (
              (await database.query<{ rows: number }>(`select count(*)::int as rows from mine_version`))[0]?.rows ?? 0
            )
          }
          /** Lets Flyway migrate until there are so many versions, then ends the backfill in this way. */
          const interrupt = async (
            how: 'pg_terminate_backend' | 'pg_cancel_backend',
            versions: number,
          ): Promise<void> => {
            const migrating = flyway.ask('migrate', migrate)
            while ((await count()) < versions) await sleep(2)
            await database.query(
              `select ${how}(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                  and query like 'do $versiongen$%declare%batch record%'`,
            )
            assert.is((await migrating)[0]?.[0], 'error')
            const [left] = await database.query(
              `select from mine b where not exists (select from mine_version v where v.id = b.id) limit 1`,
            )
            assert.ok(left, 'too late')
          }
          // The end of its connection, and an error: Flyway notes neither, and goes on where the last batch ended.
          await interrupt('pg_terminate_backend', 1500)
          await interrupt('pg_cancel_backend', 4000)
          assert.equal(await flyway.ask('migrate', migrate), [['ok', '1']])
          state.running = false
          await writing
          assert.equal(await findViolations(database, await planTable(database, 'mine')), [])
          const { ok, tables, findings } = await check(settingsFor(database.url), selection)
          assert.ok(ok, JSON.stringify([tables, findings]))
          assert.equal((await generate(settingsFor(database.url), selection, options)).files, [])
          // The shadow database runs the file as its .conf says, too.
          const shadow = await check(settingsFor(), selection)
          assert.ok(shadow.ok, JSON.stringify(shadow))
        })
      } finally {
        await writer.end()
        await database.close()
      }
    })
  })
}

test('stop', () => flyway?.stop())

test.run()
