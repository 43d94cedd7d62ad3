import { basename } from 'node:path'
import { parseLocation, scriptOf } from './location.ts'
import { parseMigrationName } from './name.ts'
import type { FlywayConfig, Migration, MigrationFolder } from './types.ts'
import { compareVersions, highestVersion, versionKey } from './version.ts'

/** A migration of which only the name is known: one of another commit. */
export type NamedMigration = Pick<Migration, 'file' | 'script' | 'kind' | 'type' | 'version' | 'description'>

/** The migrations of the branch that this one is to be merged into. */
export interface BaseMigrations {
  /** At its tip. */
  readonly tip: readonly NamedMigration[]
  /** Where this branch left it. */
  readonly fork: readonly NamedMigration[]
}

/** What will go wrong once this branch is merged. */
export interface Clash {
  readonly code: 'migration-duplicate' | 'migration-order'
  /** New on this branch. */
  readonly migration: Migration
  /** There already: of the same version (or, repeatable, description), or the highest one. */
  readonly other: NamedMigration
}

/** What Flyway would find in these files of a location, absolute. */
export const nameMigrations = (
  location: string,
  files: readonly string[],
  config: FlywayConfig,
): readonly NamedMigration[] => {
  const parsed = parseLocation(location)
  return files.flatMap((file) => {
    const script = scriptOf(parsed, file)
    const name = parseMigrationName(basename(file), config)
    if (script === undefined || name === null || !name.valid || isHidden(parsed.root, file)) return []
    const { kind, type, version, description } = name
    return [{ file, script, kind, type, version, description }]
  })
}

/** The migrations that only this branch has, in the order of the folder. A file that was moved is not new. */
export const findNewMigrations = (
  { migrations }: Pick<MigrationFolder, 'migrations'>,
  { tip, fork }: BaseMigrations,
): readonly Migration[] => {
  const here = new Set(migrations.map(({ file }) => file))
  const known = new Set([...tip, ...fork].map(({ file }) => file))
  const gone = new Set(fork.filter(({ file }) => !here.has(file)).map(identity))
  return migrations.filter(
    (migration) => migration.kind !== 'callback' && !known.has(migration.file) && !gone.has(identity(migration)),
  )
}

/** What the tip still has once this branch is merged: less what was deleted or moved here. */
export const findRemaining = (
  { migrations }: Pick<MigrationFolder, 'migrations'>,
  { tip, fork }: BaseMigrations,
): readonly NamedMigration[] => {
  const here = new Set(migrations.map(({ file }) => file))
  const deleted = new Set(fork.map(({ file }) => file).filter((file) => !here.has(file)))
  return tip.filter(({ file, kind }) => !deleted.has(file) && kind !== 'callback')
}

/** New migrations that the base has another one of, or that are below what was applied from there. */
export const findClashes = (
  folder: Pick<MigrationFolder, 'migrations' | 'config'>,
  base: BaseMigrations,
): readonly Clash[] => {
  const remaining = findRemaining(folder, base)
  const taken = new Map(remaining.map((migration) => [slot(migration), migration]))
  const highest = findHighest(remaining)
  return findNewMigrations(folder, base).flatMap((migration): readonly Clash[] => {
    const same = taken.get(slot(migration))
    if (same !== undefined) return [{ code: 'migration-duplicate', migration, other: same }]
    const { kind, version } = migration
    if (kind !== 'versioned' || version === null || folder.config.outOfOrder || !highest?.version) return []
    return compareVersions(version, highest.version) < 0 ? [{ code: 'migration-order', migration, other: highest }] : []
  })
}

/** What there may be one of only. */
const slot = ({ kind, version, description }: NamedMigration): string =>
  version === null ? `${kind} ${description}` : `${kind} ${versionKey(version)}`

const identity = (migration: NamedMigration): string => `${slot(migration)} ${migration.description}`

const findHighest = (migrations: readonly NamedMigration[]): NamedMigration | undefined => {
  const versioned = migrations.filter(({ kind }) => kind === 'versioned')
  const highest = highestVersion(versioned.flatMap(({ version }) => version ?? []))
  return versioned.find(({ version }) => version === highest)
}

/** Flyway leaves out hidden folders. */
const isHidden = (root: string, file: string): boolean =>
  file
    .slice(root.length + 1)
    .split('/')
    .slice(0, -1)
    .some((part) => part.startsWith('.'))
