import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSettings } from '../../src/config/load-settings.ts'
import type { Settings } from '../../src/config/types.ts'
import { check, generate } from '../../src/project.ts'
import { eachServer } from '../support/databases.ts'
import { startFlyway } from '../support/flyway.ts'
import { copyMines } from '../support/mines.ts'
import { runCommand } from '../support/run-command.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const all = { tables: [], all: true }
const flywaySettings = { 'placeholders.application_role': 'mds', validateMigrationNaming: 'true' }

let folder = ''
let generated: readonly string[] = []

const settingsFor = (url?: string): Promise<Settings> =>
  loadSettings({ cwd: folder, env: {}, flags: url === undefined ? { shadow: true } : { url } })

test.before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'versiongen-mines-')))
  await copyMines(folder)
  const before = new Set(await readdir(join(folder, 'migrations')))
  await generate(await settingsFor(), all, { dryRun: false, force: false, now: new Date('2024-05-01T12:00:00Z') })
  generated = (await readdir(join(folder, 'migrations'))).filter((file) => !before.has(file)).sort()
})

test.after(() => rm(folder, { recursive: true }))

test('every model has its migrations, in the shape of the folder', () => {
  assert.is(generated.length, 26)
  for (const file of generated)
    assert.match(file, /^V2024\.05\.\d?\d\.\d\d\.\d\d__(create|backfill)_\w+_version_table\.sql$/)
})

test('squawk has nothing to say about the migrations', async () => {
  const files = generated.map((file) => join(folder, 'migrations', file))
  const squawk = join(root, 'node_modules/.bin/squawk')
  const { exitCode, stdout, stderr } = await runCommand(squawk, ['--config', join(root, '.squawk.toml'), ...files])
  assert.is(exitCode, 0, stdout + stderr)
})

test('the accessors type-check in the project', async () => {
  const { exitCode, stdout } = await runCommand(join(root, 'node_modules/.bin/tsc'), [
    ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--isolatedModules'],
    ...['--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023', '--allowImportingTsExtensions'],
    ...['--ignoreConfig', '--typeRoots', join(root, 'node_modules/@types'), '--types', 'node'],
    join(folder, 'history/index.ts'),
  ])
  assert.is(exitCode, 0, stdout)
})

test('with the migrations not yet run elsewhere, a second run writes nothing and check is content', async () => {
  const settings = await settingsFor()
  const { files } = await generate(settings, all, { dryRun: false, force: false, now: new Date() })
  assert.equal(files, [])
  const { ok, tables, findings } = await check(settings, all)
  assert.ok(ok, JSON.stringify([tables.flatMap((table) => table.findings), findings], undefined, 2))
})

const flyway = await startFlyway()
if (flyway !== undefined) {
  test.after(() => flyway.stop())
  eachServer((name, open) => {
    test(`the real Flyway runs and validates them all, and check is content (${name})`, async () => {
      const database = await open()
      try {
        const options = { url: database.url, locations: `filesystem:${join(folder, 'migrations')}`, ...flywaySettings }
        assert.equal(await flyway.ask('migrate', options), [['ok', '39']])
        assert.equal(await flyway.ask('validate', options), [['ok', 'true']])

        const settings = await settingsFor(database.url)
        const { ok, tables, findings } = await check(settings, all)
        assert.ok(ok, JSON.stringify([tables.flatMap((table) => table.findings), findings], undefined, 2))
        const again = await generate(settings, all, { dryRun: false, force: false, now: new Date() })
        assert.equal(again.files, [])
      } finally {
        await database.close()
      }
    })
  })
}

test.run()
