import { isAbsolute, resolve } from 'node:path'
import type { FlywayOverrides } from '../config/types.ts'
import { VersiongenError } from '../errors.ts'
import { readConfigFiles, splitList } from './config-files.ts'
import { discoverLocation } from './discover-location.ts'
import { resolveLocations } from './location.ts'
import { applyEnvironment, readEnvironment, type RawSettings } from './raw-settings.ts'
import type { FlywayConfig } from './types.ts'
import { isMagicVersion, parseVersion } from './version.ts'

export interface FlywayConfigSources {
  /** The project folder, absolute. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The user's home folder, where Flyway looks for files, too; undefined: not looked at. */
  readonly home: string | undefined
  /** Given explicitly: folders (relative to `cwd`), or Flyway locations. They replace all that is configured. */
  readonly locations?: readonly string[] | undefined
  readonly overrides: FlywayOverrides
}

/**
 * Reads Flyway's configuration with its own precedence: `overrides` and `locations`, then `FLYWAY_*`, then its files,
 * then its defaults. Without any configured location the usual folders are looked at.
 *
 * @throws VersiongenError `flyway-config` (a mistake in a file, with file and line), `flyway-location` (a location that
 * is missing, unreadable or not on disk), `migrations-not-found`, `migrations-ambiguous`.
 */
export const readFlywayConfig = async ({
  cwd,
  env,
  home,
  locations,
  overrides,
}: FlywayConfigSources): Promise<FlywayConfig> => {
  const { settings: fromFiles, files } = await readConfigFiles({ cwd, env, home })
  const settings = applyEnvironment(new Map([...fromFiles, ...prefer(fromFiles, readEnvironment(env))]))
  const workingDirectory = resolve(cwd, readText(settings, 'workingdirectory') ?? '.')
  const config: Omit<FlywayConfig, 'locations'> = {
    workingDirectory,
    ...readNaming(settings, overrides),
    ...readPlaceholders(settings, overrides),
    encoding: readText(settings, 'encoding') ?? 'UTF-8',
    defaultSchema: overrides.defaultSchema ?? readText(settings, 'defaultschema'),
    schemas: overrides.schemas ?? readList(settings, 'schemas') ?? [],
    historyTable: overrides.table ?? readText(settings, 'table') ?? 'flyway_schema_history',
    outOfOrder: overrides.outOfOrder ?? readFlag(settings, 'outoforder') ?? false,
    target: readVersion(settings, 'target'),
    baselineVersion: readVersion(settings, 'baselineversion') ?? '1',
    ignoreMigrationPatterns: readList(settings, 'ignoremigrationpatterns') ?? ['*:future'],
    executeInTransaction: readFlag(settings, 'executeintransaction') ?? true,
    transactionalLock: readFlag(settings, 'postgresql.transactional.lock') ?? true,
    sources: files,
  }
  return { ...config, locations: await findLocations(settings, config, cwd, locations) }
}

const findLocations = async (
  settings: RawSettings,
  config: Omit<FlywayConfig, 'locations'>,
  cwd: string,
  explicit: readonly string[] | undefined,
): Promise<readonly string[]> => {
  if (explicit && explicit.length > 0) return resolveLocations(explicit, cwd, 'filesystem')
  const configured = readList(settings, 'locations') ?? []
  if (configured.length > 0) return resolveLocations(configured, config.workingDirectory, 'classpath')
  return [await discoverLocation(cwd, config)]
}

const readNaming = (
  settings: RawSettings,
  overrides: FlywayOverrides,
): Pick<
  FlywayConfig,
  | 'versionedPrefix'
  | 'undoPrefix'
  | 'baselinePrefix'
  | 'repeatablePrefix'
  | 'separator'
  | 'suffixes'
  | 'validateMigrationNaming'
> => ({
  versionedPrefix: overrides.sqlMigrationPrefix ?? readPrefix(settings, 'sqlmigrationprefix') ?? 'V',
  undoPrefix: readText(settings, 'undosqlmigrationprefix') ?? 'U',
  baselinePrefix: readPrefix(settings, 'baselinemigrationprefix') ?? 'B',
  repeatablePrefix:
    overrides.repeatableSqlMigrationPrefix ?? readPrefix(settings, 'repeatablesqlmigrationprefix') ?? 'R',
  separator: overrides.sqlMigrationSeparator ?? readText(settings, 'sqlmigrationseparator') ?? '__',
  suffixes: overrides.sqlMigrationSuffixes ?? readList(settings, 'sqlmigrationsuffixes') ?? ['.sql'],
  validateMigrationNaming: overrides.validateMigrationNaming ?? readFlag(settings, 'validatemigrationnaming') ?? false,
})

const readPlaceholders = (
  settings: RawSettings,
  overrides: FlywayOverrides,
): Pick<FlywayConfig, 'placeholderReplacement' | 'placeholderPrefix' | 'placeholderSuffix' | 'placeholders'> => {
  const prefix = 'placeholders.'
  const configured = [...settings].flatMap(([key, { value }]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), String(value)] as const] : [],
  )
  const explicit = Object.entries(overrides.placeholders ?? {}).map(
    ([key, value]) => [key.toLowerCase(), value] as const,
  )
  return {
    placeholderReplacement: overrides.placeholderReplacement ?? readFlag(settings, 'placeholderreplacement') ?? true,
    placeholderPrefix: overrides.placeholderPrefix ?? readText(settings, 'placeholderprefix') ?? '${',
    placeholderSuffix: overrides.placeholderSuffix ?? readText(settings, 'placeholdersuffix') ?? '}',
    placeholders: Object.fromEntries([...configured, ...explicit]),
  }
}

/** A variable beats the files, also what they say for one environment. */
const prefer = (files: RawSettings, variables: RawSettings): RawSettings => {
  const environment = variables.get('environment') ?? files.get('environment')
  const prefix = `environments.${String(environment?.value ?? 'default').toLowerCase()}.flyway.`
  return new Map([...variables].flatMap(([key, setting]) => [[key, setting] as const, [`${prefix}${key}`, setting]]))
}

/** Unlike other settings, a prefix may be empty. */
const readPrefix = (settings: RawSettings, key: string): string | undefined =>
  settings.get(key)?.value === '' ? '' : readText(settings, key)

const readText = (settings: RawSettings, key: string): string | undefined => {
  const found = settings.get(key)
  if (found === undefined || found.value === '') return undefined
  if (typeof found.value === 'string') return found.value
  return fail(key, 'is one text, not a list', found.origin)
}

const readList = (settings: RawSettings, key: string): readonly string[] | undefined => {
  const found = settings.get(key)
  if (found === undefined) return undefined
  return typeof found.value === 'string' ? splitList(found.value) : found.value
}

const readFlag = (settings: RawSettings, key: string): boolean | undefined => {
  const text = readText(settings, key)
  if (text === undefined) return undefined
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  return fail(key, `is true or false, not ${JSON.stringify(text)}`, settings.get(key)?.origin)
}

const readVersion = (settings: RawSettings, key: string): string | undefined => {
  const text = readText(settings, key)
  if (text === undefined) return undefined
  if (isMagicVersion(text) || parseVersion(text.replace(/\?$/, '')) !== null) return text
  return fail(key, `is a version, not ${JSON.stringify(text)}`, settings.get(key)?.origin)
}

const fail = (key: string, message: string, origin = ''): never => {
  const where = isAbsolute(origin) ? { where: { file: origin } } : { where: { object: origin } }
  throw new VersiongenError('flyway-config', `Flyway's setting ${key} ${message}`, where)
}
