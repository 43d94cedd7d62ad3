import type { QualifiedName } from '../catalog/types.ts'
import { VersiongenError } from '../errors.ts'
import { replacePlaceholders } from '../flyway/placeholders.ts'
import type { Migration, MigrationFolder } from '../flyway/types.ts'
import { compareVersions, highestVersion, parseVersion } from '../flyway/version.ts'
import type { Progress } from '../results.ts'
import type { EmbeddedDatabase } from './pglite.ts'
import { createHistoryTable, recordMigration, recordSchemas } from './record-history.ts'
import { runScript } from './run-script.ts'

/** The values of Flyway's built-in placeholders that do not follow from its configuration. */
export interface Surroundings {
  /** `${flyway:timestamp}`, as `2026-11-23 10:30:00`. */
  readonly timestamp: string
  readonly workingDirectory: string
}

/** The schema Flyway works in, and of its history table. */
export const defaultSchemaOf = ({ config }: MigrationFolder): string =>
  config.defaultSchema ?? config.schemas[0] ?? 'public'

/** `SET search_path` as Flyway does it: its schema, then the connection's own path. */
export const setSearchPath = (schema: string, original = '"$user", public'): string =>
  `set search_path = "${schema.replaceAll('"', '""')}", ${original}`

/**
 * Runs a folder as `flyway migrate` does on an empty database (Flyway 13, DbMigrate): the schemas, the history table, the
 * highest baseline and the versions above it, or all versions, then the repeatables; callbacks at their places.
 *
 * @param texts the content of every SQL file of the folder
 * @throws {VersiongenError} as `runScript`; `shadow-unsupported` for a migration that is not SQL, `migration-placeholder` for a placeholder
 * without a value
 */
export const runMigrations = async (
  db: EmbeddedDatabase,
  folder: MigrationFolder,
  texts: ReadonlyMap<string, string>,
  surroundings: Surroundings,
  progress: Progress = () => {},
): Promise<void> => {
  const { config } = folder
  const schema = defaultSchemaOf(folder)
  const table: QualifiedName = { schema, name: config.historyTable }
  let rank = 0

  const restoreSession = `reset session authorization; reset role; ${setSearchPath(schema)}`
  const run = async (migration: Migration): Promise<void> => {
    const text = texts.get(migration.file) ?? ''
    await runScript(db, {
      file: migration.file,
      text: fillPlaceholders(migration, text, folder, surroundings),
      executeInTransaction: migration.executeInTransaction ?? (config.executeInTransaction ? undefined : false),
    })
  }
  const call = async (event: string): Promise<void> => {
    for (const callback of callbacksOf(folder, event)) {
      await db.script(restoreSession)
      await run(callback)
    }
  }
  const apply = async (migration: Migration): Promise<void> => {
    if (migration.type !== 'sql') throw notSql(migration)
    await call('beforeEachMigrate')
    await db.script(restoreSession)
    await run(migration)
    await call('afterEachMigrate')
    rank++
    await db.script(`${restoreSession}; ${recordMigration(table, rank, migration)}`)
  }

  const versioned = selectVersioned(folder)
  const repeatables =
    config.target?.toLowerCase() === 'next' ? [] : folder.migrations.filter(({ kind }) => kind === 'repeatable')
  const total = versioned.length + repeatables.length
  const report = (): void => progress(`building the shadow database: migration ${rank} of ${total}`)

  await call('afterConnect')
  await call('beforeValidate')
  await call('afterValidate')
  await createSchemas(db, folder, table, call)
  await call('beforeMigrate')
  for (const migration of versioned) {
    await apply(migration)
    report()
  }
  await call('afterVersioned')
  if (repeatables.length > 0) await call('beforeRepeatables')
  for (const migration of repeatables) {
    await apply(migration)
    report()
  }
  if (total > 0) await call('afterMigrateApplied')
  await call('afterMigrate')
  await call('afterMigrateOperationFinish')
}

/** On an empty database the highest baseline stands for everything up to its version. */
const selectVersioned = ({ config, migrations }: MigrationFolder): Migration[] => {
  const target = config.target?.toLowerCase()
  if (target === 'current') return []
  const limit =
    target === undefined || target === 'latest' || target === 'next' ? null : parseVersion(target.replace(/\?$/, ''))
  const within = migrations.filter(
    ({ version }) => version !== null && (limit === null || compareVersions(version, limit) <= 0),
  )
  const baselines = within.filter(({ kind }) => kind === 'baseline')
  const highest = highestVersion(baselines.flatMap(({ version }) => version ?? []))
  const start = baselines.find(({ version }) => version === highest)
  const rest = within.filter(
    ({ kind, version }) =>
      kind === 'versioned' && version !== null && (highest === undefined || compareVersions(version, highest) > 0),
  )
  const selected = start === undefined ? rest : [start, ...rest]
  return target === 'next' ? selected.slice(0, 1) : selected
}

const createSchemas = async (
  db: EmbeddedDatabase,
  folder: MigrationFolder,
  table: QualifiedName,
  call: (event: string) => Promise<void>,
): Promise<void> => {
  const wanted = [...new Set([...folder.config.schemas, table.schema])]
  const rows = await db.query<{ name: string }>('select nspname as name from pg_catalog.pg_namespace')
  const missing = wanted.filter((schema) => !rows.some(({ name }) => name === schema))
  if (missing.length > 0) {
    await call('beforeCreateSchema')
    await call('createSchema')
  }
  for (const schema of missing) await db.script(`create schema "${schema.replaceAll('"', '""')}"`)
  await db.script(createHistoryTable(table))
  if (missing.length > 0) await db.script(recordSchemas(table, missing))
}

/** A callback's event is its file name up to the separator or the suffix. */
const callbacksOf = ({ config, migrations }: MigrationFolder, event: string): Migration[] =>
  migrations.filter(({ kind, type, script }) => {
    if (kind !== 'callback' || type !== 'sql') return false
    const name = script.slice(script.lastIndexOf('/') + 1)
    if (!name.startsWith(event)) return false
    const rest = name.slice(event.length)
    return (
      rest.startsWith(config.separator) || config.suffixes.some((suffix) => rest.toLowerCase() === suffix.toLowerCase())
    )
  })

const fillPlaceholders = (
  migration: Migration,
  text: string,
  folder: MigrationFolder,
  { timestamp, workingDirectory }: Surroundings,
): string => {
  const { config } = folder
  if (!(migration.placeholderReplacement ?? config.placeholderReplacement)) return text
  const builtIn = new Map([
    ['flyway:defaultschema', defaultSchemaOf(folder)],
    ['flyway:table', config.historyTable],
    ['flyway:user', 'postgres'],
    ['flyway:database', 'postgres'],
    ['flyway:timestamp', timestamp],
    ['flyway:filename', migration.script.slice(migration.script.lastIndexOf('/') + 1)],
    ['flyway:workingdirectory', workingDirectory],
    ['flyway:environment', 'default'],
  ])
  const { text: filled, unknown } = replacePlaceholders(text, config, builtIn)
  const [first] = unknown
  if (first === undefined) return filled
  const shown = `${config.placeholderPrefix}${first.slice(0, 60)}${config.placeholderSuffix}`
  throw new VersiongenError('migration-placeholder', `there is no value for the placeholder ${shown}`, {
    where: {
      file: migration.file,
      line: text.slice(0, text.indexOf(`${config.placeholderPrefix}${first}`)).split('\n').length,
    },
    hint: 'give it one in flyway.placeholders, or write placeholderReplacement=false into the .conf of the file',
  })
}

const notSql = ({ file, type }: Migration): VersiongenError =>
  new VersiongenError('shadow-unsupported', `the shadow database runs SQL only, and this migration is a ${type} one`, {
    where: { file },
    hint: 'name a database that has run the migrations, with --url',
  })
