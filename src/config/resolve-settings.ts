import { statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Driver } from '../database/types.ts'
import { VersiongenError } from '../errors.ts'
import { defaultPatterns } from '../models/discover.ts'
import { guessImportExtension } from './import-extension.ts'
import { readDotenv } from './read-dotenv.ts'
import type { Config, Flags, Settings, Target } from './types.ts'

/** What settings are made of, and where from. */
export interface SettingsInput {
  /** The working directory, absolute. */
  readonly cwd: string
  /** The environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The user's home directory, for paths that begin with `~/`. */
  readonly home?: string | undefined
  readonly flags?: Flags | undefined
  /** Already checked: by TypeScript, or by `loadConfig`. */
  readonly config?: Config | undefined
  /** The file {@link config} came from, absolute; its paths are relative to the file's folder. */
  readonly configFile?: string | undefined
}

/**
 * Fills in every default and makes every path absolute. Flags beat the configuration, which beats the environment.
 *
 * The database is the first that is named: `--shadow`, `--url`, the configuration's `shadow` or `url`, `DATABASE_URL`,
 * `PGSERVICE`, `PGHOST`, `PGHOSTADDR`, `PGPORT` or `PGDATABASE`; then the same variables in `.env` of the root folder,
 * which is read only when nothing else names a database; then the shadow database.
 *
 * @throws {VersiongenError} `config-invalid` for what cannot go together, such as the driver pglite and a URL
 *
 * @example
 * ```ts
 * import { resolveSettings } from './resolve-settings.ts'
 *
 * const settings = resolveSettings({ cwd: '/srv/app', env: {}, config: { models: 'src/models/*.ts' } })
 * settings.target // { kind: 'shadow' }
 * ```
 */
export const resolveSettings = ({ cwd, env, home, flags = {}, config = {}, configFile }: SettingsInput): Settings => {
  const root = configFile === undefined ? resolve(cwd) : dirname(resolve(cwd, configFile))
  const path = (from: string, text: string): string =>
    home !== undefined && /^~[\\/]/.test(text) ? join(home, text.slice(2)) : resolve(from, text)
  const location = (from: string, text: string): string => path(from, folderOf(text))

  const named = nameTarget(env, flags, config) ?? nameTargetInDotenv(root, env)
  const target: Target = named?.target ?? { kind: 'shadow' }
  const out = flags.out !== undefined ? path(cwd, flags.out) : path(root, config.out ?? defaultOut(root))
  return {
    root,
    configFile: configFile === undefined ? undefined : resolve(cwd, configFile),
    target,
    driver: chooseDriver(target, flags, config),
    env: named?.env ?? env,
    models: flags.models?.map((glob) => rebaseGlob(glob, cwd, root)) ?? list(config.models) ?? defaultPatterns,
    migrations:
      flags.migrations?.map((each) => location(cwd, each)) ??
      list(config.migrations)?.map((each) => location(root, each)),
    flyway: config.flyway ?? {},
    out,
    importExtension: config.importExtension ?? guessImportExtension(out),
    values: { int8: 'string', numeric: 'string', timestamptz: 'Date', ...defined(config.values) },
    naming: config.naming ?? 'preserve',
    types: Object.entries(config.types ?? {}).flatMap(([table, columns]) =>
      Object.entries(columns).map(([column, type]) => ({
        table,
        column,
        name: type.name,
        package: /^(?:\.{0,2}|[a-z]:)[\\/]/i.test(type.import) ? undefined : type.import,
        file: path(root, type.import),
      })),
    ),
    brandedIds: config.brandedIds ?? false,
    versioned: defined(config.versioned),
    transactionTable: config.transactionTable ?? 'transaction',
    lockTimeout: config.lockTimeout ?? '5s',
    statementTimeout: config.statementTimeout ?? '30s',
    concurrentIndexes: config.concurrentIndexes ?? false,
    asOfFunctions: config.asOfFunctions ?? true,
    backfill: {
      mode: 'auto',
      above: 1_000_000,
      batchSize: 1000,
      ...defined(config.backfill),
      ...(flags.backfill === undefined ? {} : { mode: flags.backfill }),
    },
  }
}

interface NamedTarget {
  readonly target: Target
  readonly env: SettingsInput['env']
}

const nameTarget = (env: SettingsInput['env'], flags: Flags, config: Config): NamedTarget | undefined => {
  const shadow: NamedTarget = { target: { kind: 'shadow' }, env }
  if (flags.against !== undefined) return { target: server(flags.against, '--against'), env }
  if (flags.shadow === true) return shadow
  if (flags.url !== undefined) return { target: server(flags.url, '--url'), env }
  if (flags.driver === 'pglite' || config.shadow === true) return shadow
  if (config.url !== undefined) return { target: server(config.url, 'url in the configuration'), env }
  if (config.driver === 'pglite' && flags.driver === undefined) return shadow
  return nameTargetByEnvironment(env, '')
}

const nameTargetInDotenv = (root: string, env: SettingsInput['env']): NamedTarget | undefined =>
  nameTargetByEnvironment({ ...readDotenv(root), ...defined(env) }, ' in .env')

const nameTargetByEnvironment = (env: SettingsInput['env'], suffix: string): NamedTarget | undefined => {
  if (isSet(env['DATABASE_URL'])) return { target: server(env['DATABASE_URL'], `DATABASE_URL${suffix}`), env }
  const variable = targetVariables.find((name) => isSet(env[name]))
  if (variable === undefined) return undefined
  return { target: { kind: 'server', url: undefined, namedBy: `${variable}${suffix}` }, env }
}

/** Of libpq's variables, those that say where a database is; a lone `PGUSER` or `PGPASSWORD` does not. */
const targetVariables: readonly string[] = ['PGSERVICE', 'PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE']

const isSet = (value: string | undefined): value is string => value !== undefined && value !== ''

/** Refuses a URL that is plainly for something else. Never repeats it: a password may stand in it. */
const server = (url: string, namedBy: string): Target => {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme !== undefined && ['postgres', 'postgresql', 'socket'].includes(scheme))
    return { kind: 'server', url, namedBy }
  if (scheme === undefined && url.startsWith('/')) return { kind: 'server', url, namedBy }
  const what = scheme === undefined ? 'it has no scheme' : `its scheme is ${scheme}:`
  throw new VersiongenError('config-invalid', `${namedBy} is not a Postgres connection URL: ${what}`, {
    hint: 'write postgres://user@host:5432/database, or use --shadow to work without a database',
  })
}

const chooseDriver = (target: Target, flags: Flags, config: Config): Driver => {
  const driver = flags.driver ?? config.driver
  if (target.kind === 'shadow') {
    if (flags.driver === undefined || flags.driver === 'pglite') return 'pglite'
    throw new VersiongenError('config-invalid', `--driver ${flags.driver} needs a database, and none is named`, {
      hint: 'add --url URL or set DATABASE_URL; without one the shadow database is used, which runs on pglite',
    })
  }
  if (driver !== 'pglite') return driver ?? ('Deno' in globalThis ? 'postgres' : 'pg')
  if (flags.driver === undefined && (target.namedBy === '--url' || target.namedBy === '--against'))
    return 'Deno' in globalThis ? 'postgres' : 'pg'
  throw new VersiongenError(
    'config-invalid',
    `pglite is embedded and cannot connect to a server (${target.namedBy ?? 'url'})`,
    {
      hint: 'choose the driver pg or postgres, or leave the URL out',
    },
  )
}

/** Flyway's spelling of a location on disk, `filesystem:db/migration`, is a folder; other kinds are not on this disk. */
const folderOf = (location: string): string => {
  const kind = /^([a-z][a-z0-9]+):/i.exec(location)?.[1]
  if (kind === undefined) return location
  if (kind === 'filesystem') return location.slice('filesystem:'.length)
  throw new VersiongenError(
    'config-invalid',
    `the migrations location ${JSON.stringify(location)} is not a folder on disk`,
    {
      hint: 'name the folder that holds the files, such as src/main/resources/db/migration',
    },
  )
}

/** A glob that was relative to `cwd`, relative to `root`. */
const rebaseGlob = (glob: string, cwd: string, root: string): string => {
  const negated = glob.startsWith('!')
  const base = relative(root, cwd).replaceAll('\\', '/')
  const pattern = negated ? glob.slice(1) : glob
  const rebased =
    base === '' || pattern.startsWith('/') ? pattern : `${escapeGlob(base)}/${pattern.replace(/^\.\//, '')}`
  return negated ? `!${rebased}` : rebased
}

/** A path as a glob that means just it. */
export const escapeGlob = (path: string): string => path.replace(/[*?[\]{}()!@+]/g, '\\$&')

const defaultOut = (root: string): string =>
  statSync(join(root, 'src'), { throwIfNoEntry: false })?.isDirectory() ? 'src/history' : 'history'

const list = (value: string | readonly string[] | undefined): readonly string[] | undefined =>
  typeof value === 'string' ? [value] : value

/** Without the keys whose value is undefined, so that a spread does not undo a default. */
const defined = <T extends object>(value: T | undefined): T =>
  Object.fromEntries(Object.entries(value ?? {}).filter(([, each]) => each !== undefined)) as T
