import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { resolveSettings, type SettingsInput } from '../../src/config/resolve-settings.ts'
import type { Config, Flags } from '../../src/config/types.ts'
import { VersiongenError } from '../../src/errors.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'versiongen-settings-')))
test.after(() => rmSync(folder, { recursive: true }))

const project = (files: Readonly<Record<string, string>> = {}): string => {
  const root = mkdtempSync(join(folder, 'p'))
  for (const [name, text] of Object.entries({ 'package.json': '{}', ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

const refused = (input: Partial<SettingsInput>): VersiongenError => {
  try {
    resolveSettings({ cwd: project(), env: {}, ...input })
  } catch (error) {
    if (error instanceof VersiongenError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const ownDriver = 'Deno' in globalThis ? 'postgres' : 'pg'
const url = 'postgres://u:secret@h/d'

interface TargetCase {
  readonly given: { flags?: Flags; config?: Config; env?: Record<string, string>; dotenv?: string }
  /** `shadow`, or who named the database. */
  readonly want: string
  readonly driver?: string
}

const targets: readonly TargetCase[] = [
  { given: {}, want: 'shadow', driver: 'pglite' },
  { given: { env: { PGUSER: 'u', PGPASSWORD: 'x', DATABASE_URL: '' } }, want: 'shadow' },
  { given: { env: { PGDATABASE: 'd' } }, want: 'PGDATABASE' },
  { given: { env: { PGHOST: '/run', PGSERVICE: 's' } }, want: 'PGSERVICE' },
  { given: { env: { PGHOST: 'h', DATABASE_URL: url } }, want: 'DATABASE_URL', driver: ownDriver },
  { given: { env: { DATABASE_URL: url }, config: { url } }, want: 'url in the configuration' },
  { given: { env: { DATABASE_URL: url }, config: { url }, flags: { url } }, want: '--url' },
  { given: { env: { DATABASE_URL: url }, config: { url }, flags: { url, shadow: true } }, want: 'shadow' },
  { given: { env: { DATABASE_URL: url }, config: { url, shadow: true } }, want: 'shadow' },
  { given: { config: { shadow: true }, flags: { url } }, want: '--url' },
  { given: { env: { DATABASE_URL: url }, flags: { driver: 'pglite' } }, want: 'shadow' },
  { given: { env: { DATABASE_URL: url }, config: { driver: 'pglite' } }, want: 'shadow' },
  { given: { config: { driver: 'pglite' }, flags: { url } }, want: '--url', driver: ownDriver },
  { given: { config: { driver: 'postgres' } }, want: 'shadow', driver: 'pglite' },
  { given: { config: { driver: 'postgres' }, flags: { url } }, want: '--url', driver: 'postgres' },
  { given: { config: { driver: 'postgres' }, flags: { url, driver: 'pg' } }, want: '--url', driver: 'pg' },
  { given: { dotenv: `DATABASE_URL="${url}"\n` }, want: 'DATABASE_URL in .env' },
  { given: { dotenv: 'PGHOST=h\n' }, want: 'PGHOST in .env' },
  { given: { dotenv: 'PGHOST=h\n', env: { DATABASE_URL: url } }, want: 'DATABASE_URL' },
  { given: { dotenv: `DATABASE_URL=${url}`, env: { DATABASE_URL: '' } }, want: 'shadow' },
  { given: { dotenv: `DATABASE_URL=${url}`, flags: { shadow: true } }, want: 'shadow' },
]

for (const { given, want, driver } of targets) {
  test(`database: ${JSON.stringify(given)} is ${want}`, () => {
    const cwd = project(given.dotenv === undefined ? {} : { '.env': given.dotenv })
    const settings = resolveSettings({ cwd, env: given.env ?? {}, flags: given.flags, config: given.config })
    assert.is(settings.target.kind === 'shadow' ? 'shadow' : settings.target.namedBy, want)
    if (driver !== undefined) assert.is(settings.driver, driver)
  })
}

test('of .env only what names a database is taken, and the environment beats it', () => {
  const cwd = project({ '.env': 'PGHOST=h\nPGUSER=file\nFLYWAY_LOCATIONS=filesystem:/flyway/sql\n' })
  const { env } = resolveSettings({ cwd, env: { PGUSER: 'shell', PATH: '/bin' } })
  assert.equal(env, { PGHOST: 'h', PGUSER: 'shell', PATH: '/bin' })
})

test('what cannot go together is refused, and no password is repeated', () => {
  const cases: readonly [Partial<SettingsInput>, RegExp][] = [
    [{ flags: { driver: 'pg' } }, /^--driver pg needs a database, and none is named$/],
    [{ flags: { driver: 'postgres', shadow: true } }, /^--driver postgres needs a database/],
    [{ flags: { driver: 'pglite', url } }, /^pglite is embedded and cannot connect to a server \(--url\)$/],
    [{ config: { driver: 'pglite', url } }, /cannot connect to a server \(url in the configuration\)$/],
    [{ flags: { url: 'mysql://u:secret@h/d' } }, /^--url is not a Postgres connection URL: its scheme is mysql:$/],
    [{ env: { DATABASE_URL: 'postgresql+psycopg2://u:secret@h/d' } }, /^DATABASE_URL is not .* postgresql\+psycopg2:$/],
    [{ env: { DATABASE_URL: 'secret' } }, /^DATABASE_URL is not .*: it has no scheme$/],
    [
      { config: { migrations: 'classpath:db/migration' } },
      /^the migrations location "classpath:db\/migration" is not a folder/,
    ],
  ]
  for (const [input, message] of cases) {
    const error = refused(input)
    assert.is(error.code, 'config-invalid')
    assert.match(error.message, message)
    assert.not.match(`${error.message} ${error.hint ?? ''}`, 'secret')
    assert.ok(error.hint)
  }
})

test('paths of the configuration are relative to its file, those of flags to the working directory', () => {
  const root = project({ 'a b/[x]/y.txt': '' })
  const cwd = join(root, 'a b/[x]')
  const input = { cwd, env: {}, home: '/home/me', configFile: join(root, 'versiongen.config.ts') }
  const config = { models: 'm/*.ts', migrations: ['filesystem:sql', '/abs', '~/sql'], out: 'o' }
  const byConfig = resolveSettings({ ...input, config })
  assert.is(byConfig.root, root)
  assert.equal(byConfig.models, ['m/*.ts'])
  assert.equal(byConfig.migrations, [join(root, 'sql'), '/abs', '/home/me/sql'])
  assert.is(byConfig.out, join(root, 'o'))
  const flags = { models: ['./m/*.ts', '!n/**', '/abs/*.ts'], migrations: ['../sql'], out: 'o' }
  const byFlags = resolveSettings({ ...input, config, flags })
  assert.equal(byFlags.models, ['a b/\\[x\\]/m/*.ts', '!a b/\\[x\\]/n/**', '/abs/*.ts'])
  assert.equal(byFlags.migrations, [join(root, 'a b/sql')])
  assert.is(byFlags.out, join(cwd, 'o'))
})

test('defaults', () => {
  const cwd = project({ 'src/index.ts': '' })
  const settings = resolveSettings({ cwd, env: {}, config: { values: { int8: 'bigint' }, url: undefined } })
  assert.is(settings.out, join(cwd, 'src/history'))
  assert.is(resolveSettings({ cwd: join(cwd, 'src'), env: {} }).out, join(cwd, 'src/history'))
  assert.is(settings.migrations, undefined)
  assert.equal(settings.values, { int8: 'bigint', numeric: 'string', timestamptz: 'Date' })
  assert.is(settings.transactionTable, 'transaction')
  assert.is(settings.lockTimeout, '5s')
  assert.is(settings.statementTimeout, '30s')
  assert.is(settings.naming, 'preserve')
  assert.equal(settings.backfill, { mode: 'auto', above: 1_000_000, batchSize: 1000 })
  const config = { backfill: { mode: 'transaction', above: 5 } } as const
  const chosen = resolveSettings({ cwd, env: {}, config, flags: { backfill: 'batches' } })
  assert.equal(chosen.backfill, { mode: 'batches', above: 5, batchSize: 1000 })
})

const tsconfig = (compilerOptions: object, more: object = {}): Record<string, string> => ({
  'tsconfig.json': JSON.stringify({ ...more, compilerOptions }),
})

const extensions: readonly [files: Record<string, string>, extension: '.ts' | '.js' | ''][] = [
  [{}, '.ts'],
  [{ 'deno.json': '{}', ...tsconfig({ module: 'NodeNext' }) }, '.ts'],
  [{ 'deno.jsonc': '// none' }, '.ts'],
  [tsconfig({ module: 'NodeNext' }), '.js'],
  [tsconfig({ module: 'node16' }), '.js'],
  [tsconfig({ module: 'NodeNext', rewriteRelativeImportExtensions: true }), '.ts'],
  [tsconfig({ moduleResolution: 'bundler', allowImportingTsExtensions: true }), '.ts'],
  [tsconfig({ module: 'ESNext', moduleResolution: 'Bundler' }), ''],
  [tsconfig({ module: 'commonjs' }), ''],
  [{ 'tsconfig.json': '{ // comment\n "compilerOptions": { "module": "nodenext", }, }' }, '.js'],
  [{ ...tsconfig({}, { extends: './base' }), 'base.json': '{"compilerOptions": {"module": "nodenext"}}' }, '.js'],
  [{ ...tsconfig({}, { extends: './tsconfig.json' }) }, ''],
  [
    {
      ...tsconfig({ moduleResolution: 'bundler' }, { extends: ['@tsconfig/node20/tsconfig.json', 'not-there'] }),
      'node_modules/@tsconfig/node20/tsconfig.json': '{"compilerOptions": {"module": "nodenext"}}',
    },
    '',
  ],
  [
    {
      ...tsconfig({}, { extends: '@tsconfig/node20' }),
      'node_modules/@tsconfig/node20/tsconfig.json': '{"compilerOptions": {"module": "nodenext"}}',
    },
    '.js',
  ],
  [{ ...tsconfig({ module: 'nodenext' }), 'src/tsconfig.json': '{"compilerOptions": {"module": "preserve"}}' }, ''],
]

for (const [files, extension] of extensions) {
  test(`import extension '${extension}' for ${JSON.stringify(files)}`, () => {
    const cwd = project({ 'src/x.ts': '', ...files })
    assert.is(resolveSettings({ cwd, env: {} }).importExtension, extension)
    assert.is(resolveSettings({ cwd, env: {}, config: { importExtension: '.js' } }).importExtension, '.js')
  })
}

test.run()
