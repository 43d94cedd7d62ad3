import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VERSION } from '../../src/version.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { isDeno, runChild } from './child.ts'

const withProject = (use: (cwd: string) => Promise<void>): Promise<void> =>
  withTemporaryFolder(async (folder) => {
    const cwd = join(folder, 'project')
    cpSync(fileURLToPath(fixtureUrl('cli/project')), cwd, { recursive: true })
    await use(cwd)
  })

/** Every file of the project but what is cached in node_modules. */
const filesIn = (cwd: string): readonly string[] =>
  readdirSync(cwd, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name).slice(cwd.length + 1))
    .sort()

const before = ['db/migration/V1__create_mine.sql', 'package.json', 'src/models/mine.ts', 'tsconfig.json']

test('--version and --help', async () => {
  await withProject(async (cwd) => {
    const version = await runChild(['--version'], { cwd })
    assert.equal(version, { exitCode: 0, signal: null, stdout: `${VERSION}\n`, stderr: '' })
    const help = await runChild(['--help'], { cwd })
    assert.is(help.exitCode, 0)
    assert.is(help.stdout, readFileSync(fixtureUrl('cli/help/versiongen.txt'), 'utf8'))
  })
})

test('under Deno: help needs no permission, and a missing one is a plain error', async () => {
  if (!isDeno) return
  await withProject(async (cwd) => {
    assert.is((await runChild(['--help'], { cwd, permissions: [] })).exitCode, 0)
    const ended = await runChild(['check'], { cwd, permissions: ['--allow-read'] })
    assert.is(ended.exitCode, 2)
    assert.match(ended.stderr, /^error\[permission\] .*--allow-env.*\n {2}hint: .+\n$/)
  })
})

test('from a project to its history and back to nothing to do', async () => {
  await withProject(async (cwd) => {
    const first = await runChild(['--table', 'mine'], { cwd })
    assert.is(first.stderr, '')
    assert.is(first.exitCode, 0)
    const after = filesIn(cwd)
    assert.equal(
      after.filter((file) => !before.includes(file)),
      [
        'db/migration/V2__create_mine_version_table.sql',
        'db/migration/V3__backfill_mine_version_table.sql',
        'src/history/index.ts',
        'src/history/mine.ts',
      ],
    )
    const second = await runChild(['--table', 'mine', '--json'], { cwd })
    assert.equal((JSON.parse(second.stdout) as { files: object[] }).files, [])
    assert.equal(filesIn(cwd), after)

    const clean = await runChild(['check'], { cwd })
    assert.equal(clean, { exitCode: 0, signal: null, stdout: '1 table in sync\n', stderr: '' })
    rmSync(join(cwd, 'src/history/mine.ts'))
    const drift = await runChild(['check', '--format', 'github'], { cwd })
    assert.is(drift.exitCode, 1)
    assert.match(drift.stdout, /^::error file=src\/models\/mine\.ts,line=2,title=accessor-missing/)
    const status = await runChild(['status', '--json'], { cwd })
    assert.is(status.exitCode, 0)
    assert.is((JSON.parse(status.stdout) as { tables: { accessor: string }[] }).tables[0]?.accessor, 'missing')
  })
})

test('--dry-run prints and writes nothing', async () => {
  await withProject(async (cwd) => {
    const { exitCode, stdout } = await runChild(['--table', 'mine', '--dry-run'], { cwd })
    assert.is(exitCode, 0)
    assert.match(stdout, /==> db\/migration\/V2__create_mine_version_table\.sql <==\n/)
    assert.equal(filesIn(cwd), before)
  })
})

interface Refusal {
  readonly title: string
  readonly args: readonly string[]
  readonly prepare?: (cwd: string) => void
  readonly env?: Readonly<Record<string, string>>
  readonly stderr: RegExp
}

const refusals: readonly Refusal[] = [
  {
    title: 'usage',
    args: ['--tabel', 'mine'],
    stderr: /^error\[usage\] unknown option --tabel\n {2}hint: did you mean --table\?\n$/,
  },
  { title: 'no such table', args: ['--table', 'mien'], stderr: /^error\[table-not-found\] .*mien\n {2}hint: .*mine/ },
  {
    title: 'a half-edited configuration',
    args: ['--table', 'mine'],
    prepare: (cwd) => writeFileSync(join(cwd, 'versiongen.config.ts'), 'export default {\n  out: "x",\n  models: [\n'),
    stderr:
      /^error\[config-syntax\] versiongen\.config\.ts:\d+(:\d+)?: the configuration file does not parse: .+\n {2}hint: .+\n$/,
  },
  {
    title: 'no model',
    args: ['--table', 'mine'],
    prepare: (cwd) => rmSync(join(cwd, 'src/models'), { recursive: true }),
    stderr: /^error\[no-models\] .+\n {2}hint: .+\n$/,
  },
  ...[['check'], ['check', '--offline'], ['status'], ['--all']].map((args) => ({
    title: `no file where models were said to be: ${args.join(' ')}`,
    args: [...args, '--models', 'nowhere/*.ts'],
    stderr: /^error\[no-models\] no file is there for models: nowhere\/\*\.ts\n {2}hint: correct --models.+\n$/,
  })),
  {
    title: 'no model where models were said to be',
    args: ['check'],
    prepare: (cwd) => {
      writeFileSync(join(cwd, 'versiongen.config.json'), '{ "models": "src/models/*.ts" }')
      writeFileSync(join(cwd, 'src/models/mine.ts'), 'export class Mine {}\n')
    },
    stderr: /^error\[no-models\] no model is marked with __versioned__\n {2}hint: .+\n$/,
  },
  {
    title: 'a wrong model',
    args: ['--table', 'mine'],
    prepare: (cwd) =>
      writeFileSync(
        join(cwd, 'src/models/mine.ts'),
        'export class Mine {\n  static __versioned__ = { exlude: [] }\n}\n',
      ),
    stderr: /^error\[model-option\] src\/models\/mine\.ts:2:\d+: .+\n {2}hint: .*exclude.*\n$/,
  },
  {
    title: 'no migrations',
    args: ['--table', 'mine'],
    prepare: (cwd) => rmSync(join(cwd, 'db'), { recursive: true }),
    stderr: /^error\[migrations-not-found\] .+\n {2}hint: .+\n$/,
  },
  {
    title: 'a migration that fails',
    args: ['check'],
    prepare: (cwd) => writeFileSync(join(cwd, 'db/migration/V2__oops.sql'), 'select 1;\ncreat table x ();\n'),
    stderr: /^error\[[a-z-]+\] db\/migration\/V2__oops\.sql:2(:\d+)?: .+\n {2}hint: .+\n$/,
  },
  {
    title: 'a URL of another database',
    args: ['check'],
    env: { DATABASE_URL: 'mysql://me:secret@localhost/mines' },
    stderr: /^error\[config-invalid\] DATABASE_URL is not a Postgres connection URL: its scheme is mysql:\n/,
  },
]

for (const { title, args, prepare, env = {}, stderr } of refusals) {
  test(`exit code 2 and no file left behind: ${title}`, async () => {
    await withProject(async (cwd) => {
      prepare?.(cwd)
      const files = filesIn(cwd)
      const ended = await runChild(args, { cwd, env })
      assert.is(ended.exitCode, 2)
      assert.match(ended.stderr, stderr)
      assert.not.match(ended.stderr, 'secret')
      assert.is(ended.stdout, '')
      assert.equal(filesIn(cwd), files)
    })
  })
}

test('exit code 2: nobody listens at the URL', async () => {
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
  await withProject(async (cwd) => {
    const ended = await runChild(['check', '--url', `postgres://me:secret@127.0.0.1:${port}/mines`, '--json'], { cwd })
    assert.is(ended.exitCode, 2)
    assert.match(ended.stderr, /^error\[[a-z-]+\] .+\n {2}hint: .+\n$/)
    assert.not.match(ended.stderr + ended.stdout, 'secret')
    assert.is((JSON.parse(ended.stdout) as { ok: boolean }).ok, false)
  })
})

test('a project in which nobody has said where models are may have none yet', async () => {
  await withProject(async (cwd) => {
    rmSync(join(cwd, 'src/models'), { recursive: true })
    const ended = await runChild(['check', '--offline'], { cwd })
    assert.is(ended.exitCode, 0, ended.stderr)
  })
})

test('exit code 2: a folder one may not write to', async () => {
  if (process.getuid?.() === 0) return
  await withProject(async (cwd) => {
    mkdirSync(join(cwd, 'src/history'))
    chmodSync(join(cwd, 'src/history'), 0o500)
    const ended = await runChild(['--table', 'mine'], { cwd })
    assert.is(ended.exitCode, 2)
    assert.equal(filesIn(cwd), before)
  })
})

test('whoever reads may stop reading', async () => {
  await withProject(async (cwd) => {
    const ended = await runChild(['--table', 'mine', '--dry-run', '--json'], {
      cwd,
      meddle: ({ stdout }) => stdout?.destroy(),
    })
    assert.equal(ended, { exitCode: 0, signal: null, stdout: '', stderr: '' })
  })
})

test('Ctrl-C while it works: nothing is written', async () => {
  await withProject(async (cwd) => {
    writeFileSync(join(cwd, 'db/migration/V2__wait.sql'), 'select pg_sleep(4);\n')
    const files = filesIn(cwd)
    const ended = await runChild(['--table', 'mine'], {
      cwd,
      meddle: (child) => setTimeout(() => child.kill('SIGINT'), 2500),
    })
    assert.ok(ended.exitCode === 130 || ended.signal === 'SIGINT', JSON.stringify(ended))
    assert.equal(filesIn(cwd), files)
  })
})

test('init: writes a configuration once', async () => {
  await withProject(async (cwd) => {
    const first = await runChild(['init'], { cwd })
    assert.is(first.exitCode, 0)
    // What is generated imports it at run time.
    assert.match(first.stdout, / 1\. npm install versiongen\n[^]* npx versiongen --table NAME --dry-run\n/)
    assert.ok(existsSync(join(cwd, 'versiongen.config.ts')))
    const second = await runChild(['init'], { cwd })
    assert.is(second.exitCode, 2)
    assert.match(
      second.stderr,
      /^error\[config-exists\] versiongen\.config\.ts: there is a configuration file already\n/,
    )
    assert.is((await runChild(['init', '--force'], { cwd })).exitCode, 0)
    assert.is((await runChild(['check'], { cwd })).exitCode, 1)
  })
})

test.run()
