import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Config, Settings } from '../../src/config/types.ts'
import { resolveSettings } from '../../src/config/resolve-settings.ts'
import { check, generate, status } from '../../src/project.ts'
import type { GenerateResult, Selection } from '../../src/results.ts'
import { eachServer, type TestDatabase } from '../support/databases.ts'
import { migrate } from '../support/migrate.ts'
import { copyMines } from '../support/mines.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const mine: Selection = { tables: ['mine'], all: false }
const now = new Date('2026-05-06T07:08:09Z')
const config: Config = { models: 'models/*.ts', out: 'history' }

const settingsFor = (root: string, url?: string): Settings =>
  resolveSettings({ cwd: root, env: {}, home: root, config, flags: url === undefined ? { shadow: true } : { url } })

const run = (settings: Settings, selection: Selection = mine, dryRun = false): Promise<GenerateResult> =>
  generate(settings, selection, { dryRun, force: false, now })

const names = ({ files }: GenerateResult, root: string): readonly string[] =>
  files.map(({ path }) => path.slice(root.length + 1))

test('with a shadow: writes two migrations, an accessor and the index; a second run writes nothing', () =>
  withTemporaryFolder(async (root) => {
    await copyMines(root)
    const settings = settingsFor(root)
    const dry = await run(settings, mine, true)
    assert.is((await readdir(root)).includes('history'), false)
    const result = await run(settings)
    assert.equal(
      result.files,
      dry.files.map((file) => file),
    )
    assert.equal(names(result, root), [
      'migrations/V2026.05.6.07.08__create_mine_version_table.sql',
      'migrations/V2026.05.6.07.09__backfill_mine_version_table.sql',
      'history/mine.ts',
      'history/index.ts',
    ])
    assert.equal((await run(settings)).files, [])
    const report = await check(settings, mine)
    assert.equal(
      report.tables.flatMap(({ findings }) => findings),
      [],
    )
    assert.ok(report.ok)
  }))

test('with a shadow: all models at once, then in sync', () =>
  withTemporaryFolder(async (root) => {
    await copyMines(root)
    const settings = settingsFor(root)
    const all: Selection = { tables: [], all: true }
    await run(settings, all)
    const report = await check(settings, all)
    assert.equal(
      [...report.findings, ...report.tables.flatMap(({ findings }) => findings)].map(({ message }) => message),
      [],
    )
    assert.equal((await run(settings, all)).files, [])
    const rows = await status(settings, all)
    assert.ok(rows.length >= 12)
    for (const row of rows)
      assert.equal([row.versionTableState, row.triggers, row.rowsWithoutVersion], ['ok', 'ok', 0], row.table)
  }))

/** One drift: how it is made, what `check` calls it, and whether `generate` then `migrate` repairs it. */
interface Drift {
  readonly name: string
  readonly sql?: string
  readonly files?: (root: string) => Promise<void>
  readonly codes: readonly string[]
  readonly object?: string
}

const drifts: readonly Drift[] = [
  {
    name: 'a trigger dropped',
    sql: 'drop trigger mine_version_update on mine',
    codes: ['trigger-missing'],
    object: 'public.mine.mine_version_update',
  },
  {
    name: 'a trigger disabled',
    sql: 'alter table mine disable trigger mine_version_delete',
    codes: ['trigger-disabled'],
    object: 'public.mine.mine_version_delete',
  },
  { name: 'all triggers disabled', sql: 'alter table mine disable trigger user', codes: ['trigger-disabled'] },
  {
    name: 'a trigger replaced by another',
    sql: `create or replace trigger mine_version_insert after insert on mine
            referencing new table as touched for each statement when (pg_trigger_depth() = 0) execute function mine_version_record()`,
    codes: ['trigger-outdated'],
  },
  {
    name: 'the function edited',
    sql: `do $do$ begin
            execute replace(pg_get_functiondef('mine_version_record'::regproc), 'begin', 'begin -- edited');
          end $do$`,
    codes: ['function-outdated'],
    object: 'public.mine_version_record()',
  },
  {
    name: 'the search path changed',
    sql: 'alter function mine_version_record() set search_path = public',
    codes: ['search-path'],
  },
  {
    name: 'a setting dropped',
    sql: 'alter function mine_version_record() reset row_security',
    codes: ['function-outdated'],
  },
  {
    name: 'security definer taken away',
    sql: 'alter function mine_version_record() security invoker',
    codes: ['function-outdated'],
  },
  {
    name: 'execute granted to everybody',
    sql: 'grant execute on function mine_version_record() to public',
    codes: ['grant'],
  },
  {
    name: 'history made writable',
    sql: 'grant update on mine_version to pg_monitor',
    codes: ['grant'],
  },
  {
    name: 'row security on the base table',
    sql: 'alter table mine enable row level security',
    codes: ['row-security'],
  },
  {
    name: 'a column added',
    sql: `alter table mine add column "Total $ ""paid""" numeric(12, 2) default 1.50`,
    codes: ['column-missing', 'function-outdated', 'accessor-outdated'],
  },
  {
    name: 'a column widened',
    sql: 'alter table mine alter column update_user type varchar(100)',
    codes: ['accessor-outdated', 'column-type'],
  },
  {
    name: 'a version column that forbids null',
    sql: 'alter table mine_version alter column mine_note set not null',
    codes: ['column-nullability'],
  },
  {
    name: 'rows without a version',
    sql: 'alter table mine disable trigger user; insert into mine select (jsonb_populate_record(m, \'{"mine_guid": "00000000-0000-4000-8000-0000000000ff", "mine_no": "X1"}\')).* from mine m limit 1; alter table mine enable trigger user',
    codes: ['backfill-missing'],
  },
  {
    name: 'the accessor deleted',
    files: (root) => rm(join(root, 'history/mine.ts')),
    codes: ['accessor-missing'],
  },
  { name: 'the index deleted', files: (root) => rm(join(root, 'history/index.ts')), codes: ['accessor-missing'] },
]

eachServer((server, open) => {
  const inSync = async (db: TestDatabase & { readonly url: string }, root: string): Promise<Settings> => {
    await copyMines(root)
    await migrate(db, root)
    const settings = settingsFor(root, db.url)
    await run(settings)
    return settings
  }

  test(`on a server: pending until applied, then in sync (${server})`, () =>
    withTemporaryFolder(async (root) => {
      const db = await open()
      try {
        const settings = await inSync(db, root)
        assert.equal(
          (await run(settings)).findings.map(({ code }) => code),
          ['migration-pending'],
        )
        assert.equal((await run(settings)).files, [])
        const before = await check(settings, mine)
        assert.is(before.ok, false)
        assert.equal(
          before.tables.flatMap(({ findings }) => findings.map(({ code }) => code)),
          ['migration-pending'],
        )
        await migrate(db, root)
        const after = await check(settings, mine)
        assert.equal([...after.findings, ...after.tables.flatMap(({ findings }) => findings)], [])
        const [row] = await status(settings, mine)
        assert.equal([row?.rowsWithoutVersion, row?.pendingMigrations, row?.triggers], [0, 0, 'ok'])
      } finally {
        await db.close()
      }
    }))

  test(`on a server: every drift is found, and repaired by one run (${server})`, () =>
    withTemporaryFolder(async (root) => {
      const db = await open()
      try {
        const settings = await inSync(db, root)
        await migrate(db, root)
        for (const drift of drifts) {
          if (drift.sql !== undefined) await db.script(drift.sql)
          await drift.files?.(root)
          const report = await check(settings, mine)
          const findings = [...report.findings, ...report.tables.flatMap((table) => table.findings)]
          assert.is(report.ok, false, drift.name)
          assert.equal([...new Set(findings.map(({ code }) => code))].sort(), [...drift.codes].sort(), drift.name)
          if (drift.object !== undefined)
            assert.ok(
              findings.some(({ object }) => object === drift.object),
              drift.name,
            )
          assert.ok(
            findings.every(({ fix, message }) => fix !== null && message !== ''),
            drift.name,
          )
          await run(settings)
          await migrate(db, root)
          const after = await check(settings, mine)
          assert.equal(
            [...after.findings, ...after.tables.flatMap((table) => table.findings)],
            [],
            `${drift.name}: repaired`,
          )
          assert.equal((await run(settings)).files, [], `${drift.name}: nothing left to do`)
        }
      } finally {
        await db.close()
      }
    }))

  test(`on a server: a broken chain and an orphaned history are found (${server})`, () =>
    withTemporaryFolder(async (root) => {
      const db = await open()
      try {
        const settings = await inSync(db, root)
        await migrate(db, root)
        await db.script(`update mine_version set mine_note = 'forged' where mine_no = (select min(mine_no) from mine);
          create table quarry_version (id int, transaction_id bigint, end_transaction_id bigint,
            operation_type smallint not null, primary key (id, transaction_id))`)
        const report = await check(settings, mine)
        assert.equal(
          report.tables.flatMap(({ findings }) => findings.map(({ code, object }) => [code, object])),
          [['chain-broken', 'public.mine_version']],
        )
        assert.equal(
          report.findings.map(({ code, object, severity }) => [code, object, severity]),
          [['version-table-orphan', 'public.quarry_version', 'warning']],
        )
      } finally {
        await db.close()
      }
    }))

  test(`on a server: tables whose names run together wait for their own migrations (${server})`, () =>
    withTemporaryFolder(async (root) => {
      const db = await open()
      try {
        await copyMines(root)
        await writeFile(
          join(root, 'migrations/V2024.05.1.08.00__create_schemas.sql'),
          'create schema a; create schema a_b; create table a.b_c (id int primary key); create table a_b.c (id int primary key);',
        )
        await writeFile(
          join(root, 'models/alike.ts'),
          `export class One { static __versioned__ = { table: 'a.b_c' } }
           export class Two { static __versioned__ = { table: 'a_b.c' } }`,
        )
        await migrate(db, root)
        const settings = settingsFor(root, db.url)
        const first = await run(settings, { tables: ['a.b_c'], all: false })
        assert.is(first.files.filter(({ kind }) => kind === 'migration').length, 2)
        const second = await run(settings, { tables: ['a_b.c'], all: false })
        assert.is(second.files.filter(({ kind }) => kind === 'migration').length, 2)
      } finally {
        await db.close()
      }
    }))

  test(`on a server: what was changed by hand is not overwritten (${server})`, () =>
    withTemporaryFolder(async (root) => {
      const db = await open()
      try {
        const settings = await inSync(db, root)
        await migrate(db, root)
        const accessor = join(root, 'history/mine.ts')
        const text = await readFile(accessor, 'utf8')
        await writeFile(accessor, text.replace('export interface MineKey', 'export interface MineIdentity'))
        try {
          await run(settings)
          assert.unreachable('an edited accessor was overwritten')
        } catch (error) {
          assert.is((error as { code?: string }).code, 'accessor-edited')
        }
        const report = await check(settings, mine)
        assert.match(report.tables[0]?.findings[0]?.fix ?? '', /--force$/)
        await generate(settings, mine, { dryRun: false, force: true, now })
        assert.is(await readFile(accessor, 'utf8'), text)
      } finally {
        await db.close()
      }
    }))
})

test.run()
