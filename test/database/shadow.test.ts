import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openShadow } from '../../src/database/shadow.ts'
import { VersiongenError } from '../../src/errors.ts'
import { readFolder } from '../../src/flyway/read-folder.ts'
import type { FlywayConfig } from '../../src/flyway/types.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const defaults: Omit<FlywayConfig, 'locations'> = {
  versionedPrefix: 'V',
  undoPrefix: 'U',
  baselinePrefix: 'B',
  repeatablePrefix: 'R',
  separator: '__',
  suffixes: ['.sql'],
  placeholderReplacement: true,
  placeholderPrefix: '${',
  placeholderSuffix: '}',
  placeholders: {},
  encoding: 'UTF-8',
  defaultSchema: undefined,
  schemas: [],
  historyTable: 'flyway_schema_history',
  outOfOrder: false,
  validateMigrationNaming: false,
  target: undefined,
  baselineVersion: '1',
  ignoreMigrationPatterns: [],
  executeInTransaction: true,
  transactionalLock: true,
  workingDirectory: '/work',
  sources: [],
}

type Files = Readonly<Record<string, string>>

/** Writes a folder of migrations, builds the shadow database and asks it one question. */
const ask = (files: Files, sql: string, config: Partial<FlywayConfig> = {}): Promise<readonly object[]> =>
  withTemporaryFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    const migrations = await readFolder({ ...defaults, locations: [folder], ...config })
    const db = await openShadow(migrations, { cacheDir: join(cacheOfThisRun, 'cache') })
    try {
      return await db.query(sql)
    } finally {
      await db.close()
    }
  })

const refuse = async (files: Files, config: Partial<FlywayConfig> = {}): Promise<VersiongenError> => {
  try {
    await ask(files, 'select 1', config)
  } catch (error) {
    if (error instanceof VersiongenError) return error
    throw error
  }
  throw new Error('the shadow database came up')
}

let cacheOfThisRun = ''

test('runs baseline, versions, repeatables and callbacks in Flyway’s order, and records them', async () => {
  const rows = await ask(
    {
      'V1__never.sql': 'select 1/0;',
      'V2_5__two.sql': 'insert into log values (2);',
      'B2__base.sql': 'create table log (what text, at serial);',
      'R__last.sql': "insert into log values ('R');",
      'V10__ten.sql': 'insert into log values (10);',
      'afterVersioned.sql': "insert into log values ('afterVersioned');",
      'afterMigrate__x.sql': "insert into log values ('afterMigrate');",
      'beforeRepeatables.sql': "insert into log values ('beforeRepeatables');",
      'U10__undo.sql': 'select 1/0;',
    },
    `select (select string_agg(what, ' ' order by at) from log) as log,
      (select string_agg(concat_ws(' ', installed_rank, version, type, script), ', ' order by installed_rank)
       from flyway_schema_history) as history`,
  )
  assert.equal(rows, [
    {
      log: '2 10 afterVersioned beforeRepeatables R afterMigrate',
      history: '1 2 SQL_BASELINE B2__base.sql, 2 2.5 SQL V2_5__two.sql, 3 10 SQL V10__ten.sql, 4 SQL R__last.sql',
    },
  ])
})

test('makes schemas, fills placeholders, loads extensions, makes roles and databases, copies data', async () => {
  const files = {
    'V1__all.sql': `create extension if not exists "uuid-ossp"; create extension hstore;
      create table \${Name} (id uuid default uuid_generate_v4(), h hstore, "\${flyway:defaultSchema}" text);
      grant select on \${name} to "rea""der"; alter table \${name} owner to keeper; grant connect on database prod to keeper;
      create policy p on \${name} to "rea""der"; alter default privileges for role keeper grant select on tables to "rea""der";
      set role keeper; create table kept (a int, b text);`,
    'V2__copy.sql': "copy kept (a, b) from stdin;\n1\tx;'\n2\t\\N\n\\.\nupdate kept set a = a + 1;",
    'V3__later.sql': 'create index concurrently on kept (a);\nvacuum kept;\n',
    'V4__raw.sql': "comment on table kept is '${raw}';",
    'V4__raw.sql.conf': 'placeholderReplacement=false',
    'V5__one_by_one.sql':
      'create index concurrently k on kept (b);\nset lock_timeout = 1;\nreindex index concurrently k;',
    'V5__one_by_one.sql.conf': 'executeInTransaction=false',
  }
  const rows = await ask(
    files,
    `select (select string_agg(concat_ws(':', a, b), ' ' order by a) from kept) as kept,
      obj_description('app.kept'::regclass) as comment, tableowner as owner, current_schemas(false) as path,
      (select string_agg(concat_ws(' ', installed_rank, type, script), ', ' order by installed_rank)
       from app.flyway_schema_history where installed_rank < 2) as history
     from pg_tables where tablename = 'things'`,
    { schemas: ['app', 'audit'], placeholders: { name: 'things' } },
  )
  assert.equal(rows, [
    {
      kept: "2:x;' 3",
      comment: '${raw}',
      owner: 'keeper',
      path: ['app', 'public'],
      history: '0 SCHEMA "app","audit", 1 SQL V1__all.sql',
    },
  ])
})

test('a migration of our own that fails is deleted and written again', async () => {
  const error = await refuse({
    'V1__create_mine_version_table.sql': '-- History of public.mine: from here on.\nselect gone from mine;',
  })
  assert.is(
    error.hint,
    'if no database has run it, delete it and let versiongen write it again; otherwise name one that has, with --url',
  )
})

test('names file, line and column of what fails', async () => {
  const error = await refuse({ 'V1__x.sql': "select 'é😀';\n\n-- x\nselect 'é😀',\n  nope;" })
  assert.is(error.code, 'shadow-migration')
  assert.match(error.message, 'column "nope" does not exist')
  assert.is(error.where?.file?.endsWith('V1__x.sql'), true)
  assert.equal([error.where?.line, error.where?.column], [5, 3])
  assert.is(error.hint, 'correct the migration, or name a database that has run it, with --url')
  const late = await refuse({ 'V1__x.sql': 'create table a ();\n\ncreate table a ();' })
  assert.equal([late.code, late.where?.line], ['shadow-migration', 3])
})

for (const [what, sql] of [
  ['extension "postgis"', 'create extension postgis'],
  ['CREATE TABLESPACE', "create tablespace fast location '/x'"],
  ['CREATE SUBSCRIPTION', "create subscription s connection 'x' publication p"],
  ['language "plperl"', "create function f() returns int language plperl as ''"],
] as const) {
  test(`says that it cannot do ${what}, where, and the way out`, async () => {
    const error = await refuse({ 'V1__x.sql': `select 1;\n${sql};` })
    assert.is(error.code, 'shadow-unsupported')
    assert.match(error.message, what)
    assert.is(error.where?.line, 2)
    assert.match(error.hint ?? '', '--url')
  })
}

test('a placeholder without a value', async () => {
  const error = await refuse({ 'V1__x.sql': 'select 1;\nselect ${nope};' })
  assert.equal([error.code, error.where?.line], ['migration-placeholder', 2])
})

test('comes back from the cache, and does without a damaged one', async () => {
  await withTemporaryFolder(async (folder) => {
    await writeFile(join(folder, 'V1__x.sql'), 'create table made as select clock_timestamp() as at;')
    const migrations = await readFolder({ ...defaults, locations: [folder] })
    const cacheDir = join(folder, 'cache')
    const made = async (): Promise<unknown> => {
      const db = await openShadow(migrations, { cacheDir })
      const [row] = await db.query<{ at: string }>('select at::text from made')
      await db.close()
      return row?.at
    }
    const first = await made()
    assert.is(await made(), first)
    for (const file of await readdir(cacheDir)) {
      const packed = await readFile(join(cacheDir, file))
      await writeFile(join(cacheDir, file), packed.subarray(0, packed.length / 2))
    }
    const rebuilt = await made()
    assert.is.not(rebuilt, first)
    assert.is(await made(), rebuilt)
    assert.equal(
      (await readdir(cacheDir)).filter((file) => file.endsWith('.tmp')),
      [],
    )
  })
})

test.before(async () => {
  cacheOfThisRun = await mkdtemp(join(tmpdir(), 'versiongen-shadow-test-'))
})
test.after(async () => {
  await rm(cacheOfThisRun, { recursive: true, force: true })
})
test.run()
