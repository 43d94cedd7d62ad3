import { chmod, chown, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { eachServer, majors, type TestDatabase } from '../support/databases.ts'
import { migrate } from '../support/migrate.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { type CommandEnd, runVersiongen } from './command.ts'

const tables = `create table mine (mine_guid uuid primary key, name text);
create table keyless (name text);
create view mine_view as select * from mine;
create materialized view mine_matview as select * from mine;
create table parted (id int primary key, name text) partition by range (id);
create table parted_1 partition of parted for values from (0) to (10);
create table own_columns (id int primary key, transaction_id text, end_transaction_id text, operation_type text);
create table plain (id int primary key);
`

const model = (name: string, table: string, more = ''): string =>
  `export class ${name} {\n  static __versioned__ = { table: '${table}'${more} }\n}\n`

/** Every file and folder with its content, so that nothing appears, goes or changes unseen. */
const snapshot = async (root: string): Promise<readonly string[]> => {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const lines = entries
    .filter(({ parentPath }) => !parentPath.includes('node_modules'))
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name)
      return `${path} ${entry.isFile() ? await readFile(path, 'utf8') : entry.isDirectory() ? 'folder' : 'other'}`
    })
  return (await Promise.all(lines)).sort()
}

const writeProject = async (root: string): Promise<void> => {
  await mkdir(join(root, 'db/migration'), { recursive: true })
  await mkdir(join(root, 'src/models'), { recursive: true })
  await writeFile(join(root, 'db/migration/V1__tables.sql'), tables)
  await writeFile(join(root, 'src/models/mine.ts'), model('Mine', 'mine'))
  await writeFile(join(root, 'package.json'), '{ "type": "module" }')
  await writeFile(join(root, 'flyway.toml'), '[flyway]\nlocations = ["filesystem:db/migration"]\n')
}

/** One line, one hint, exit code 2, nothing on standard output. */
const assertRefused = ({ exitCode, signal, stdout, stderr }: CommandEnd, code: RegExp, said: RegExp): void => {
  assert.equal({ exitCode, signal, stdout }, { exitCode: 2, signal: null, stdout: '' }, stderr)
  assert.match(stderr, new RegExp(`^error\\[${code.source}\\] [^\\n]+(\\n  hint: [^\\n]+)?\\n$`))
  assert.match(stderr, said)
  assert.not.match(stderr, /geheim|\bat .*\.ts:\d+\)|defect/)
}

interface Case {
  readonly title: string
  readonly args?: readonly string[]
  readonly code: RegExp
  readonly said: RegExp
  readonly prepare?: (root: string, db: TestDatabase) => Promise<unknown>
  readonly url?: (url: URL) => void
  readonly uid?: number
}

const addModel =
  (name: string, table: string, more?: string) =>
  (root: string): Promise<unknown> =>
    writeFile(join(root, 'src/models', `${name}.ts`), model(name, table, more))

const cases: readonly Case[] = [
  { title: 'no such table', args: ['--table', 'nine'], code: /table-not-found/, said: /nine\n.*mine/ },
  { title: 'no model', args: ['--table', 'plain'], code: /model-not-found/, said: /plain/ },
  {
    title: 'a model of no table',
    args: ['--table', 'gone'],
    code: /table-missing/,
    said: /src\/models\/Gone\.ts:2/,
    prepare: addModel('Gone', 'gone'),
  },
  {
    title: 'no key',
    args: ['--table', 'keyless'],
    code: /table-no-key/,
    said: /Keyless\.ts:2.*public\.keyless/,
    prepare: addModel('Keyless', 'keyless'),
  },
  { title: 'two models', code: /model-duplicate/, said: /Mine and Other/, prepare: addModel('Other', 'public.mine') },
  {
    title: 'a view',
    args: ['--table', 'mine_view'],
    code: /table-missing/,
    said: /view/,
    prepare: addModel('View', 'mine_view'),
  },
  {
    title: 'a materialized view',
    args: ['--table', 'mine_matview'],
    code: /table-missing/,
    said: /materialized view/,
    prepare: addModel('View', 'mine_matview'),
  },
  {
    title: 'a partition',
    args: ['--table', 'parted_1'],
    code: /table-missing/,
    said: /parted_1.*partition.*parted/,
    prepare: addModel('Part', 'parted_1'),
  },
  {
    title: 'columns of a version table',
    args: ['--table', 'own_columns'],
    code: /model-column/,
    said: /transaction_id.*transactionColumn/,
    prepare: addModel('Own', 'own_columns'),
  },
  {
    title: 'a version table that is something else',
    code: /version-table-foreign/,
    said: /mine_version/,
    prepare: (_, db) => db.script('create table mine_version (a int)'),
  },
  {
    title: 'a version table that is a view',
    code: /version-table-foreign/,
    said: /mine_version/,
    prepare: (_, db) => db.script('create view mine_version as select 1 as a'),
  },
  {
    title: 'a transaction table that is something else',
    code: /transaction-table/,
    said: /public\.transaction.*transactionTable/,
    prepare: (_, db) => db.script('create table transaction (amount int)'),
  },
  {
    title: 'a name that Flyway does not keep',
    code: /name-unwritable/,
    said: /public\.mine.*U\+FEFF/,
    prepare: (_, db) => db.script('alter table mine add column "b\ufeffom" int'),
  },
  {
    title: 'a wrong password',
    code: /database-authentication/,
    said: /password/,
    url: (url) => (url.password = 'geheim'),
  },
  {
    title: 'a database that is not there',
    code: /database-not-found/,
    said: /elsewhere/,
    url: (url) => (url.pathname = '/elsewhere'),
  },
  {
    title: 'nobody at the port',
    code: /database-unreachable/,
    said: /127\.0\.0\.1:1\b/,
    url: (url) => ((url.port = '1'), (url.password = 'geheim')),
  },
  {
    title: 'a half-edited configuration',
    code: /config-syntax/,
    said: /versiongen\.config\.ts/,
    prepare: (root) => writeFile(join(root, 'versiongen.config.ts'), 'export default { out: '),
  },
  {
    title: 'a configuration with a wrong key',
    code: /config-[a-z]+/,
    said: /modles/,
    prepare: (root) => writeFile(join(root, 'versiongen.config.json'), '{ "modles": "x" }'),
  },
  {
    title: 'a model that does not parse',
    code: /model-syntax/,
    said: /Half\.ts:\d/,
    prepare: (root) => writeFile(join(root, 'src/models/Half.ts'), 'export class Half { static __versioned__ = {'),
  },
  {
    title: 'a folder where the accessor goes',
    code: /file-[a-z]+/,
    said: /src\/history\/mine\.ts/,
    prepare: (root) => mkdir(join(root, 'src/history/mine.ts'), { recursive: true }),
  },
  {
    title: 'a file where the folder of accessors goes',
    code: /file-[a-z]+/,
    said: /src\/history/,
    prepare: (root) => writeFile(join(root, 'src/history'), 'a file'),
  },
  {
    title: 'a link that leads nowhere where the accessors go',
    code: /file-[a-z]+/,
    said: /src\/history/,
    prepare: (root) => symlink('nowhere/else', join(root, 'src/history')),
  },
  {
    title: 'an accessor of someone else',
    code: /accessor-edited/,
    said: /src\/history\/mine\.ts/,
    prepare: (root) =>
      mkdir(join(root, 'src/history')).then(() =>
        writeFile(join(root, 'src/history/mine.ts'), 'export const mine = 1\n'),
      ),
  },
  {
    title: 'no folder of migrations',
    args: ['--table', 'mine', '--migrations', 'db/nowhere'],
    code: /[a-z-]+/,
    said: /db\/nowhere/,
  },
  {
    title: 'a disk that is full',
    args: ['--table', 'mine', '--out', '/dev/full/history'],
    code: /file-[a-z]+/,
    said: /\/dev\/full/,
  },
  {
    title: 'a role without rights on the schema of the history table',
    code: /history-unreadable/,
    said: /flyway_schema_history/,
    prepare: (_, db) =>
      db.script(`drop role if exists hostile_outsider; create role hostile_outsider login password 'geheim'`),
    url: (url) => ((url.username = 'hostile_outsider'), (url.password = 'geheim')),
  },
]

// What refuses is the same on every server, and the child processes run under Node: once is enough.
eachServer((server, open, major) => {
  if (major !== majors.at(-1)) return
  const isDeno = 'Deno' in globalThis
  /** A database with the tables, and a project beside it. */
  const withProject = (
    use: (root: string, db: TestDatabase & { readonly url: string }) => Promise<void>,
  ): Promise<void> =>
    withTemporaryFolder(async (root) => {
      const db = await open()
      try {
        await writeProject(root)
        await migrate(db, root)
        await use(root, db)
      } finally {
        await db.close()
      }
    })

  for (const { title, args = ['--table', 'mine'], code, said, prepare, url } of isDeno ? cases.slice(0, 2) : cases) {
    test(`one line, exit code 2, nothing left behind: ${title} (${server})`, () =>
      withProject(async (root, db) => {
        await prepare?.(root, db)
        const before = await snapshot(root)
        const target = new URL(db.url)
        url?.(target)
        assertRefused(await runVersiongen(args, { cwd: root, env: { DATABASE_URL: target.href } }), code, said)
        assert.equal(await snapshot(root), before)
      }))
  }

  if (isDeno) return
  test(`a role that may only read: generate writes files, check compares (${server})`, () =>
    withProject(async (root, db) => {
      const role = 'hostile_reader'
      await db.script(`do $$ begin create role ${role} login password 'geheim'; exception when duplicate_object then null; end $$;
        grant select on all tables in schema public to ${role}; alter default privileges in schema public grant select on tables to ${role};`)
      const url = new URL(db.url)
      url.username = role
      url.password = 'geheim'
      const env = { DATABASE_URL: url.href }
      const written = await runVersiongen(['--table', 'mine'], { cwd: root, env })
      assert.is(written.exitCode, 0, written.stderr)
      await migrate(db, root)
      await db.script(`insert into mine values (gen_random_uuid(), 'x')`)
      const checked = await runVersiongen(['check'], { cwd: root, env })
      assert.is(checked.exitCode, 0, checked.stdout + checked.stderr)
      const again = await runVersiongen(['--table', 'mine', '--json'], { cwd: root, env })
      assert.equal((JSON.parse(again.stdout) as { readonly files: readonly unknown[] }).files, [])
      await db.script(`alter default privileges in schema public revoke select on tables from ${role}`)
    }))

  for (const folder of ['db/migration', 'src/history', 'src']) {
    test(`a folder one may not write to: ${folder} (${server})`, () =>
      withProject(async (root, db) => {
        if (process.getuid?.() !== 0) return
        const nobody = 65534
        await mkdir(join(root, 'src/history'), { recursive: true }).then(() =>
          folder === 'src'
            ? import('node:fs/promises').then(({ rmdir }) => rmdir(join(root, 'src/history')))
            : undefined,
        )
        await chmod(root, 0o755)
        for (const each of ['db', 'db/migration', 'src', 'src/models', ...(folder === 'src' ? [] : ['src/history'])]) {
          await chown(join(root, each), nobody, nobody)
        }
        await chmod(join(root, folder), 0o555)
        const before = await snapshot(root)
        const ended = await runVersiongen(['--table', 'mine'], {
          cwd: root,
          uid: nobody,
          env: { DATABASE_URL: db.url, HOME: root },
        })
        assertRefused(ended, /file-unwritable/, /permission denied/)
        assert.match(ended.stderr, folder)
        assert.equal(await snapshot(root), before)
        assert.ok((await stat(join(root, folder))).isDirectory())
      }))
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} at any moment: all files or none (${server})`, () =>
      withProject(async (root, db) => {
        const before = await snapshot(root)
        const env = { DATABASE_URL: db.url }
        const started = performance.now()
        const whole = await runVersiongen(['--table', 'mine'], { cwd: root, env })
        const lasts = performance.now() - started
        assert.is(whole.exitCode, 0, whole.stderr)
        const all = await snapshot(root)
        const added = all.filter((entry) => !before.includes(entry))
        assert.is(added.length, 5, 'four files and a folder')
        await rm(join(root, 'src/history'), { recursive: true })
        for (const file of await readdir(join(root, 'db/migration'))) {
          if (file !== 'V1__tables.sql') await rm(join(root, 'db/migration', file))
        }
        assert.equal(await snapshot(root), before)
        for (const part of [0.3, 0.6, 0.8, 0.9, 0.95, 1]) {
          const ended = await runVersiongen(['--table', 'mine'], {
            cwd: root,
            env,
            meddle: (child) => setTimeout(() => child.kill(signal), lasts * part),
          })
          const after = await snapshot(root)
          // The signal may come after the writing and before the end: then all is there, whatever the exit code.
          const isDone = ended.exitCode === 0 || after.length > before.length
          assert.equal(after, isDone ? all : before, `${signal} at ${part}: ${ended.signal ?? ended.exitCode}`)
          if (isDone) break
        }
      }))
  }
})

test.run()
