import { callbackEvents } from './events.ts'
import type { FlywayConfig, Migration, MigrationKind, Version } from './types.ts'
import { isMagicVersion, parseVersion } from './version.ts'

/** The part of the configuration that decides what a file name means. */
export type NamingConfig = Pick<
  FlywayConfig,
  'versionedPrefix' | 'undoPrefix' | 'baselinePrefix' | 'repeatablePrefix' | 'separator' | 'suffixes'
>

/** What Flyway makes of a file name. */
export type MigrationName =
  | {
      readonly valid: true
      readonly kind: MigrationKind
      readonly type: Migration['type']
      /** Null for repeatables and callbacks. */
      readonly version: Version | null
      /** With spaces for underscores. */
      readonly description: string
      /** For a callback its event, such as `afterMigrate`; else the configured prefix. */
      readonly prefix: string
    }
  | { readonly valid: false; readonly reason: string }

/**
 * Reads a file name by Flyway's rules (ResourceNameParser, ScriptMigrationResolver): the longest fitting prefix first,
 * split at the first separator, the suffix in any case. Null for files that Flyway does not look at, such as
 * `notes.txt`, `V1__x.sql.conf` or a bare `R.sql`; `valid: false` for those that `validateMigrationNaming` complains about.
 */
export const parseMigrationName = (fileName: string, config: NamingConfig): MigrationName | null => {
  const suffix = findSuffix(fileName, config.suffixes)
  if (suffix !== undefined) {
    const name = parseStem(fileName.slice(0, fileName.length - suffix.length), 'sql', config)
    return name.valid && fileName.length === name.prefix.length + suffix.length && name.kind !== 'callback'
      ? null
      : name
  }
  const other = findOtherType(fileName)
  if (other === undefined) return null
  const name = parseStem(other.stem, other.type, config)
  if (!name.valid || name.prefix === fileName || (other.type === 'java' && name.kind === 'callback')) return null
  return name
}

const findSuffix = (fileName: string, suffixes: readonly string[]): string | undefined => {
  const upper = fileName.toUpperCase()
  return suffixes.find((suffix) => upper.endsWith(suffix.toUpperCase()))
}

const scripts = /\.(?:cmd|bat|ps1|py|sh|bash)$/i
const java = /\.(?:java|kt|groovy|scala|class)$/

/** Scripts by their extension, or without any (there Flyway on Windows differs), and Java migrations. */
const findOtherType = (fileName: string): { readonly type: 'script' | 'java'; readonly stem: string } | undefined => {
  if (scripts.test(fileName)) return { type: 'script', stem: fileName.replace(scripts, '') }
  if (java.test(fileName)) return { type: 'java', stem: fileName.replace(java, '') }
  return fileName.split('.').filter((part) => part !== '').length < 2 ? { type: 'script', stem: fileName } : undefined
}

const parseStem = (stem: string, type: Migration['type'], config: NamingConfig): MigrationName => {
  const found = findPrefix(stem, config)
  if (found === undefined) return { valid: false, reason: `starts with none of the prefixes ${listPrefixes(config)}` }
  const { prefix, kind } = found
  const rest = stem.slice(prefix.length)
  const at = rest.indexOf(config.separator)
  const left = at < 0 ? rest : rest.slice(0, at)
  const description = (at < 0 ? '' : rest.slice(at + config.separator.length)).replaceAll('_', ' ')
  if (kind === 'repeatable' || kind === 'callback') {
    if (left === '') return { valid: true, kind, type, version: null, description, prefix }
    return { valid: false, reason: `has ${JSON.stringify(left)} between ${prefix} and ${config.separator}` }
  }
  if (left === '') return { valid: false, reason: `has no version between ${prefix} and ${config.separator}` }
  if (isMagicVersion(left))
    return { valid: false, reason: `has for a version the word ${left}, which means something else` }
  const version = parseVersion(left)
  if (version !== null) return { valid: true, kind, type, version, description, prefix }
  return { valid: false, reason: `has a version that is none: ${JSON.stringify(left)}` }
}

/** Longest first, case-sensitive; of equally long ones in Flyway's order. An empty prefix fits everything. */
const findPrefix = (stem: string, config: NamingConfig): Prefix | undefined => {
  let found: Prefix | undefined
  for (const candidate of [...configuredPrefixes(config), ...eventPrefixes]) {
    if (stem.startsWith(candidate.prefix) && candidate.prefix.length > (found?.prefix.length ?? -1)) found = candidate
  }
  return found
}

interface Prefix {
  readonly prefix: string
  readonly kind: MigrationKind
}

const eventPrefixes: readonly Prefix[] = callbackEvents.map((prefix) => ({ prefix, kind: 'callback' }))

const configuredPrefixes = (config: NamingConfig): readonly Prefix[] => [
  { prefix: config.versionedPrefix, kind: 'versioned' },
  { prefix: config.repeatablePrefix, kind: 'repeatable' },
  { prefix: config.baselinePrefix, kind: 'baseline' },
  { prefix: config.undoPrefix, kind: 'undo' },
]

const listPrefixes = (config: NamingConfig): string =>
  configuredPrefixes(config)
    .map(({ prefix }) => prefix)
    .join(', ')
