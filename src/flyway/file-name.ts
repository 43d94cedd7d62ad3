import { createHash } from 'node:crypto'
import type { NamingConfig } from './name.ts'
import type { Version } from './types.ts'

/** Most file systems take 255 bytes; this leaves room for prefix, version and `.sql.conf`. */
const maximalDescription = 120

/**
 * The name of a new versioned file: `V12__create_mine_version_table.sql`, with the configured prefix, separator and
 * first suffix.
 */
export const migrationFileName = (config: NamingConfig, version: Version, description: string): string =>
  `${config.versionedPrefix}${version.text}${config.separator}${description}${config.suffixes[0] ?? '.sql'}`

/**
 * A description for file names around a table's name: `describeMigration('create', 'mine', 'version_table')` is
 * `create_mine_version_table`. Only `A-Z a-z 0-9 _` come out, never `__`; a name that had to be changed for that, or
 * shortened, gets eight digits of its hash behind it, so that no two names share a description.
 */
export const describeMigration = (before: string, tableName: string, after: string): string =>
  [before, safeName(tableName, maximalDescription - before.length - after.length - 2), after]
    .filter((part) => part !== '')
    .join('_')

const safeName = (name: string, length: number): string => {
  const plain = name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_|_$/g, '')
  if (plain === name && name.length <= length && !/_[0-9a-f]{8}$/.test(name)) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  const kept = plain.slice(0, length - hash.length - 1).replace(/_$/, '')
  return kept === '' ? hash : `${kept}_${hash}`
}
