import { VersiongenError } from '../errors.ts'
import { parseProperties } from './properties.ts'
import { parseToml, type TomlTable, type TomlValue } from './toml.ts'

/** A setting as found, not yet understood. */
export interface RawSetting {
  readonly value: string | readonly string[]
  /** The file with the setting, or the environment variable. */
  readonly origin: string
}

/** Settings by their lower-case name without `flyway.`: `locations`, `placeholders.db-user`, `postgresql.transactional.lock`. */
export type RawSettings = ReadonlyMap<string, RawSetting>

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads `flyway.conf`: `flyway.locations=…`, `${ENV}` replaced (nothing when it is not set).
 *
 * @throws VersiongenError `flyway-config` with file and line.
 */
export const readConfFile = (text: string, file: string, env: Environment): RawSettings => {
  const settings = new Map<string, RawSetting>()
  for (const { key, value } of parseProperties(text, file)) {
    if (!/^flyway\./i.test(key)) continue
    const expanded = value.replace(/\$\{([^}]+)\}/g, (_, name: string) => env[name] ?? '')
    settings.set(key.slice('flyway.'.length).toLowerCase(), { value: expanded, origin: file })
  }
  return settings
}

/**
 * Reads the tables `[flyway]`, `[environments.NAME]` and `[environments.NAME.flyway]` of a `flyway.toml`, and leaves
 * all others alone. Settings of an environment come out as `environments.NAME.…`; see {@link applyEnvironment}.
 *
 * @throws VersiongenError `flyway-config` with file and line.
 */
export const readTomlFile = (text: string, file: string, env: Environment): RawSettings => {
  const settings = new Map<string, RawSetting>()
  const root = parseToml(text, file)
  const add = (prefix: string, table: TomlTable): void => {
    for (const [key, value] of table) {
      const name = `${prefix}${key}`
      if (value instanceof Map) add(`${name}.`, value)
      else settings.set(name.toLowerCase(), { value: toText(value, env), origin: file })
    }
  }
  for (const [name, prefix] of [
    ['flyway', ''],
    ['environments', 'environments.'],
  ] as const) {
    const table = root.get(name)
    if (table instanceof Map) add(prefix, table)
    else if (table !== undefined) {
      throw new VersiongenError('flyway-config', `${name} has to be a table`, { where: { file } })
    }
  }
  return settings
}

/** Reads `FLYWAY_LOCATIONS`, `FLYWAY_PLACEHOLDERS_X`, `FLYWAY_POSTGRESQL_TRANSACTIONAL_LOCK` and the like. */
export const readEnvironment = (env: Environment): RawSettings => {
  const settings = new Map<string, RawSetting>()
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || !variable.startsWith('FLYWAY_')) continue
    settings.set(environmentKey(variable.slice('FLYWAY_'.length)), { value, origin: variable })
  }
  return settings
}

/** Lets what `[environments.NAME]` says count for the environment in force, and drops all the others. */
export const applyEnvironment = (settings: RawSettings): RawSettings => {
  const selected = settings.get('environment')?.value ?? 'default'
  const prefix = `environments.${String(selected).toLowerCase()}.`
  const result = new Map([...settings].filter(([key]) => !key.startsWith('environments.')))
  for (const [key, setting] of settings) {
    if (!key.startsWith(prefix)) continue
    const name = key.slice(prefix.length)
    if (name === 'schemas' && !result.has(name)) result.set(name, setting)
    if (name.startsWith('flyway.')) result.set(name.slice('flyway.'.length), setting)
  }
  return result
}

const environmentKey = (name: string): string => {
  if (name.startsWith('PLACEHOLDERS_')) return `placeholders.${name.slice('PLACEHOLDERS_'.length).toLowerCase()}`
  if (name === 'POSTGRESQL_TRANSACTIONAL_LOCK') return 'postgresql.transactional.lock'
  return name.replaceAll('_', '').toLowerCase()
}

const toText = (value: TomlValue, env: Environment): RawSetting['value'] => {
  const text = (item: TomlValue): string =>
    String(item).replace(/\$\{env\.([^}]+)\}/g, (whole, name: string) => env[name] ?? whole)
  return Array.isArray(value) ? value.map(text) : text(value)
}
