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
import { eachServer, majors } from '../support/databases.ts'
import { startFlyway } from '../support/flyway.ts'
import { runCommand } from '../support/run-command.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const selection = { tables: ['mine'], all: false }
const options = { dryRun: false, force: false, now: new Date('2026-05-06T07:08:09Z') }
const squawk = join(import.meta.dirname, '../../node_modules/.bin/squawk')

const flyway = await startFlyway()
if (flyway !== undefined) {
  eachServer((name, open, major) => {
    if (major !== majors.at(-1)) return
    test(`indexes are made while writers go on, an invalid one anew (${name})`, async () => {
      const database = await open()
      const [writer, other] = [new pg.Client(database.url), new pg.Client(database.url)]
      await writer.connect()
      await other.connect()
      try {
        await withTemporaryFolder(async (root) => {
          const describe = (versioned: string): Promise<void> =>
            writeFile(
              join(root, 'mine.ts'),
              `export class Mine { static __versioned__ = ${versioned}; static tableName = 'mine'; id!: number; name!: string }`,
            )
          const settingsFor = (url?: string): Settings =>
            resolveSettings({
              cwd: root,
              env: {},
              config: { models: '*.ts', migrations: 'sql', concurrentIndexes: true },
              flags: url === undefined ? { shadow: true } : { url },
            })
          const migrate = (lock = 'false'): ReturnType<typeof flyway.ask> =>
            flyway.ask('migrate', {
              url: database.url,
              locations: `filesystem:${root}/sql`,
              'postgresql.transactional.lock': lock,
            })
          await mkdir(join(root, 'sql'))
          await writeFile(
            join(root, 'sql/V1__mine.sql'),
            `create table mine (id int primary key, name text);
             insert into mine select g, 'mine ' || g from generate_series(1, 100) g;`,
          )
          await describe('{}')
          assert.equal(await migrate(), [['ok', '1']])
          await generate(settingsFor(database.url), selection, options)
          assert.equal(await migrate(), [['ok', '2']])

          await describe(`{ indexes: 'continuum' }`)
          // What a build that failed leaves.
          await database
            .script('create unique index concurrently ix_mine_version_operation_type on mine_version (operation_type)')
            .catch(() => undefined)
          const indexes = (): Promise<readonly { name: string; valid: boolean }[]> =>
            database.query(
              `select indexrelid::regclass::text as name, indisvalid as valid from pg_index join pg_class on oid = indexrelid
                where indrelid = 'mine_version'::regclass order by relname collate "C"`,
            )
          assert.ok((await indexes()).some(({ valid }) => !valid))
          await generate(settingsFor(database.url), selection, options)
          const written = (await readdir(join(root, 'sql'))).sort().slice(3)
          assert.equal(written, ['V4__index_mine_version_table.sql', 'V4__index_mine_version_table.sql.conf'])
          assert.is(await readFile(join(root, 'sql', written[1] ?? ''), 'utf8'), 'executeInTransaction=false\n')
          const again = await generate(settingsFor(database.url), selection, options)
          assert.equal([again.files, again.findings.map(({ code }) => code)], [[], ['migration-pending']])
          const lint = await runCommand(squawk, [join(root, 'sql', written[0] ?? '')])
          assert.is(lint.exitCode, 0, lint.stdout)

          const [refused] = await migrate('true')
          assert.match(refused?.join(' ') ?? '', /transactional\.lock=false/)

          await other.query(`begin; update mine set name = 'other' where id = 1`)
          const migrating = migrate()
          const isBuilding = async (): Promise<boolean> =>
            (await indexes()).some(({ name: index, valid }) => !valid && index === 'ix_mine_version_transaction_id')
          while (!(await isBuilding())) await sleep(5)
          for (let id = 2; id < 50; id++) await writer.query(`update mine set name = 'new' where id = ${id}`)
          assert.ok(await isBuilding(), 'still waits for the other transaction')
          await other.query('commit')
          assert.equal(await migrating, [['ok', '1']])

          assert.equal(
            (await indexes()).map(({ name: index, valid }) => [index, valid]),
            [
              ['ix_mine_version_end_transaction_id', true],
              ['ix_mine_version_operation_type', true],
              ['ix_mine_version_pk_validity', true],
              ['ix_mine_version_transaction_id', true],
              ['mine_version_pkey', true],
            ],
          )
          assert.equal(await findViolations(database, await planTable(database, 'mine')), [])
          const { ok, tables, findings } = await check(settingsFor(database.url), selection)
          assert.ok(ok, JSON.stringify([tables, findings]))
          assert.equal((await generate(settingsFor(database.url), selection, options)).files, [])
          const shadow = await check(settingsFor(), selection)
          assert.ok(shadow.ok, JSON.stringify(shadow))
        })
      } finally {
        await other.end()
        await writer.end()
        await database.close()
      }
    })
  })
}

test('stop', () => flyway?.stop())

test.run()
