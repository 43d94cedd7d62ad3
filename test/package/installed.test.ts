import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sharedServerUrl } from '../support/databases.ts'
import { denoExecutable } from '../support/deno.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { runCommand, runSuccessfully } from '../support/run-command.ts'
import { createDatabaseAt } from '../support/server.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

let folder = ''
let packed: readonly { readonly path: string; readonly size: number }[] = []

/** A user's project: the packed package from npm, migrations, models, a configuration file. */
const makeProject = async (name: string, { own = false } = {}): Promise<string> => {
  const project = join(folder, name)
  await mkdir(project)
  const installed = join(folder, 'installed')
  await cp(join(installed, 'package.json'), join(project, 'package.json'))
  const modules = 'node_modules'
  if (own) await cp(join(installed, modules), join(project, modules), { recursive: true, verbatimSymlinks: true })
  else await symlink(join(installed, modules), join(project, modules))
  for (const part of ['migrations', 'models', 'flyway.toml', 'versiongen.config.ts', 'tsconfig.json', 'orm.d.ts']) {
    await cp(fixtureUrl(`mines/${part}`), join(project, part), { recursive: true })
  }
  return project
}

const listGenerated = async (project: string): Promise<readonly string[]> => [
  ...(await readdir(join(project, 'migrations'))).filter((file) => file.includes('_version_table')).sort(),
  ...(await readdir(join(project, 'history'))).sort(),
]

test.before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'versiongen-package-')))
  const report = await runSuccessfully('npm', ['pack', '--json', '--silent', '--pack-destination', folder], {
    cwd: root,
  })
  const [{ filename, files }] = JSON.parse(report.slice(report.indexOf('['))) as [
    { readonly filename: string; readonly files: typeof packed },
  ]
  packed = files
  const installed = join(folder, 'installed')
  await mkdir(installed)
  await writeFile(join(installed, 'package.json'), '{ "name": "mines", "private": true, "type": "module" }\n')
  await runSuccessfully('npm', ['install', '--prefer-offline', '--no-fund', '--no-audit', join(folder, filename)], {
    cwd: installed,
  })
})

test.after(() => rm(folder, { recursive: true }))

test('the package holds what users need and nothing else', () => {
  const strange = packed.filter(
    ({ path }) =>
      !/^(dist\/(src|cli)\/.+\.(js|d\.ts)|package\.json|LICENSE|(README|CHANGELOG|CONTRIBUTING|docs\/[\w-]+)\.md)$/.test(
        path,
      ),
  )
  assert.equal(strange, [])
  for (const path of ['package.json', 'README.md', 'LICENSE', 'dist/cli/main.js', 'dist/src/history/mod.d.ts']) {
    assert.ok(
      packed.some((file) => file.path === path),
      path,
    )
  }
  const size = packed.reduce((sum, file) => sum + file.size, 0)
  assert.ok(size < 1_700_000, `${size} bytes unpacked`)
})

test('what its pages link to is in the package', async () => {
  const paths = new Set(packed.map(({ path }) => path))
  const links: string[] = []
  for (const page of paths) {
    if (!page.endsWith('.md')) continue
    const text = await readFile(join(root, page), 'utf8')
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) links.push(join(dirname(page), link))
  }
  assert.ok(links.length > 10)
  assert.equal(
    links.filter((link) => !paths.has(link)),
    [],
  )
})

test('npx versiongen --table mine writes a history, and check agrees', async () => {
  const project = await makeProject('npx')
  await runSuccessfully('npx', ['--no-install', 'versiongen', '--table', 'mine', '--shadow'], { cwd: project })
  const [create, backfill, ...accessors] = await listGenerated(project)
  assert.match(create ?? '', /__create_mine_version_table\.sql$/)
  assert.match(backfill ?? '', /__backfill_mine_version_table\.sql$/)
  assert.equal(accessors, ['index.ts', 'mine.ts'])
  await runSuccessfully('npx', ['--no-install', 'versiongen', 'check', '--table', 'mine', '--shadow'], { cwd: project })
})

test('the exit codes are those of the contract', async () => {
  const project = await makeProject('exit-codes')
  const versiongen = (...args: string[]): Promise<number> =>
    runCommand('npx', ['--no-install', 'versiongen', ...args], { cwd: project }).then(({ exitCode }) => exitCode)
  assert.is(await versiongen('--version'), 0)
  assert.is(await versiongen('check', '--table', 'mine', '--shadow'), 1)
  assert.is(await versiongen('--table', 'mien', '--shadow'), 2)
})

test('import and require reach every export', async () => {
  const project = await makeProject('exports')
  const names = ['versiongen', 'versiongen/history', 'versiongen/config']
  const list = (load: string): string =>
    `for (const name of ${JSON.stringify(names)}) console.log(name, Object.keys(${load}).sort().join())`
  await writeFile(join(project, 'import.mjs'), list('await import(name)'))
  await writeFile(join(project, 'require.cjs'), list('require(name)'))
  const imported = await runSuccessfully(process.execPath, ['import.mjs'], { cwd: project })
  const required = await runSuccessfully(process.execPath, ['require.cjs'], { cwd: project })
  assert.match(imported, /^versiongen .*\bgenerate\b/m)
  assert.match(imported, /^versiongen\/history .*\bwithActor\b/m)
  assert.match(imported, /^versiongen\/config .*\bdefineConfig\b/m)
  assert.is(required, imported)
})

test('the runtime and the command line start without heavy modules', async () => {
  const project = await makeProject('light')
  await writeFile(join(project, 'history.mjs'), `await import('versiongen/history')`)
  const trace = { cwd: project, env: { NODE_DEBUG: 'esm' } }
  const { stderr } = await runCommand(process.execPath, ['history.mjs'], trace)
  assert.not.match(stderr, /node_modules\/(?!versiongen)/)
})

test('the declarations check with a strict consumer, without skipLibCheck', async () => {
  const project = await makeProject('types')
  await writeFile(
    join(project, 'consumer.ts'),
    `import { generate, versioned } from 'versiongen'
import { defineConfig } from 'versiongen/config'
import { withActor } from 'versiongen/history'
export const all = [generate, versioned, defineConfig, withActor] as const
// @ts-expect-error: there is no such setting
defineConfig({ modles: 'src/models/*.ts' })
`,
  )
  const typeRoots = dirname(dirname(createRequire(import.meta.url).resolve('@types/node/package.json')))
  await runSuccessfully(
    join(root, 'node_modules/.bin/tsc'),
    [
      ...['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext'],
      ...['--target', 'es2022', '--lib', 'es2023', '--typeRoots', typeRoots, '--types', 'node', 'consumer.ts'],
    ],
    { cwd: project },
  )
})

/** What README.md tells people to allow. */
const denoPermissions = (host?: string): readonly string[] => [
  '--allow-read',
  '--allow-write=.',
  '--allow-env',
  '--allow-sys=cpus,homedir',
  ...(host === undefined ? [] : [`--allow-net=${host}`]),
]

test('Deno runs the same files with few permissions', async () => {
  const project = await makeProject('deno', { own: true })
  const main = 'node_modules/versiongen/dist/cli/main.js'
  const run = (...args: readonly string[]): Promise<string> =>
    runSuccessfully(denoExecutable(), ['run', '--no-prompt', ...denoPermissions(), main, ...args], { cwd: project })
  await run('--table', 'mine', '--shadow')
  assert.is((await listGenerated(project)).length, 4)
  await run('check', '--table', 'mine', '--shadow')
})

test('Deno reaches a server with postgres.js and no more than its host', async () => {
  const project = await makeProject('deno-server')
  const url = await createDatabaseAt(await sharedServerUrl(18))
  const { host } = new URL(url)
  const status = ['node_modules/versiongen/dist/cli/main.js', 'check', '--all', '--url', url, '--json']
  const { exitCode, stdout, stderr } = await runCommand(
    denoExecutable(),
    ['run', '--no-prompt', ...denoPermissions(host), ...status],
    { cwd: project },
  )
  assert.is(exitCode, 1, stderr)
  assert.match(stdout, /"table-missing"/)
})

test('Deno imports the runtime with no permission at all', async () => {
  const project = await makeProject('deno-history')
  await writeFile(
    join(project, 'main.ts'),
    `import { withActor } from 'versiongen/history'\nconsole.log(typeof withActor)\n`,
  )
  const out = await runSuccessfully(denoExecutable(), ['run', '--no-prompt', 'main.ts'], { cwd: project })
  assert.is(out.trim(), 'function')
})

test('the version is the same everywhere', async () => {
  const versionIn = async (file: string): Promise<unknown> =>
    (JSON.parse(await readFile(join(root, file), 'utf8')) as { readonly version: unknown }).version
  const project = await makeProject('version')
  const printed = await runSuccessfully('npx', ['--no-install', 'versiongen', '--version'], { cwd: project })
  assert.is(printed.trim(), await versionIn('package.json'))
  assert.is(printed.trim(), await versionIn('deno.json'))
})

test.run()
