import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { VersiongenError } from '../errors.ts'
import { decodeMigration } from '../flyway/checksum.ts'
import type { MigrationFolder } from '../flyway/types.ts'
import type { Progress } from '../results.ts'
import { type EmbeddedDatabase, openPglite } from './pglite.ts'
import { defaultSchemaOf, runMigrations, setSearchPath, type Surroundings } from './run-migrations.ts'
import { openShadowCache, type ShadowCache } from './shadow-cache.ts'
import { findExtensions, loadExtensions } from './shadow-extensions.ts'
import type { Database } from './types.ts'

/** Counts up when what a cached data directory holds changes without the migrations changing. */
const cacheFormat = 2

const label = 'shadow database'

export interface ShadowOptions {
  /** Where initialised and migrated data directories are kept between runs; undefined: nowhere. */
  readonly cacheDir?: string | undefined
  readonly progress?: Progress
  /** Reads a migration file; by default from disk, in the encoding of the configuration. */
  readonly read?: (file: string) => Promise<string>
  /** `${flyway:timestamp}`; fixed by default, so that the same files make the same database. */
  readonly timestamp?: string
}

/**
 * Builds a throw-away embedded Postgres by running a Flyway folder as `flyway migrate` would on an empty database, with a
 * `flyway_schema_history` that says so. With a cache folder, the same files are run once only.
 *
 * @throws {VersiongenError} `shadow-migration`, `shadow-unsupported` or `migration-placeholder` with file and line; the code of
 * the first problem Flyway itself would refuse the folder for
 */
export const openShadow = async (folder: MigrationFolder, options: ShadowOptions = {}): Promise<Database> => {
  refuseWhatFlywayRefuses(folder)
  const { progress = () => {}, read = readEncoded(folder.config.encoding) } = options
  const surroundings: Surroundings = {
    timestamp: options.timestamp ?? '2000-01-01 00:00:00',
    workingDirectory: folder.config.workingDirectory ?? '',
  }
  const texts = await readTexts(folder, read)
  const cache = openShadowCache(options.cacheDir)
  const version = await findPgliteVersion()
  const extensions = await loadExtensions(findExtensions([...texts.values()]))
  const name = `migrated-${hashOf([cacheFormat, version, surroundings, folder.config, describeFiles(folder, texts)])}`

  const saved = await startFrom(cache, name, extensions)
  const db = saved ?? (await startEmpty(cache, version, extensions, progress))
  let saving: Promise<void> | undefined
  try {
    if (saved === undefined) {
      await runMigrations(db, folder, texts, surroundings, progress)
      await db.script('discard all')
      if (options.cacheDir !== undefined) saving = cache.save(name, await dump(db))
    }
    await db.script(setSearchPath(defaultSchemaOf(folder), await findOwnSearchPath(db)))
  } catch (error) {
    await db.close()
    throw error
  }
  return {
    driver: db.driver,
    label: db.label,
    query: db.query,
    script: db.script,
    close: async () => {
      await saving
      await db.close()
    },
  }
}

const refuseWhatFlywayRefuses = ({ problems }: MigrationFolder): void => {
  const fatal = problems.find((problem) => problem.fatal)
  const [file] = fatal?.files ?? []
  if (fatal === undefined) return
  throw new VersiongenError(fatal.code, fatal.message, {
    ...(file === undefined ? {} : { where: { file } }),
    hint: 'Flyway refuses to run this folder: repair it first',
  })
}

const readEncoded =
  (encoding: string) =>
  async (file: string): Promise<string> =>
    decodeMigration(await readFile(file), encoding)

const readTexts = async (
  { migrations }: MigrationFolder,
  read: (file: string) => Promise<string>,
): Promise<ReadonlyMap<string, string>> => {
  const files = migrations.filter(({ type, kind }) => type === 'sql' && kind !== 'undo').map(({ file }) => file)
  return new Map(
    await Promise.all(files.map(async (file) => [file, (await read(file)).replace(/^\uFEFF/, '')] as const)),
  )
}

/** What the migrations are, wherever they lie: the key of the cache. */
const describeFiles = ({ migrations }: MigrationFolder, texts: ReadonlyMap<string, string>): unknown =>
  migrations.map((migration) => ({
    ...migration,
    location: undefined,
    file: undefined,
    version: migration.version?.text,
    text: texts.get(migration.file),
  }))

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32)

type Extensions = Awaited<ReturnType<typeof loadExtensions>>

const startFrom = async (
  cache: ShadowCache,
  name: string,
  extensions: Extensions,
): Promise<EmbeddedDatabase | undefined> => {
  const data = await cache.load(name)
  if (data === undefined) return undefined
  try {
    return await openPglite(label, { loadDataDir: new Blob([data]), extensions })
  } catch {
    await cache.remove(name) // made again by what follows
    return undefined
  }
}

/** A fresh data directory takes seconds to initialise, and is the same for every project. */
const startEmpty = async (
  cache: ShadowCache,
  version: string,
  extensions: Extensions,
  progress: Progress,
): Promise<EmbeddedDatabase> => {
  const name = `empty-${version}-${cacheFormat}`
  const saved = await startFrom(cache, name, extensions)
  if (saved !== undefined) return saved
  progress('starting the shadow database')
  // Small segments of write-ahead log: the whole directory is kept in memory, and in the cache.
  const db = await openPglite(label, { extensions, initDbStartParams: ['--wal-segsize=1'] })
  await cache.save(name, await dump(db))
  return db
}

const dump = async (db: EmbeddedDatabase): Promise<Uint8Array> => {
  await db.script('checkpoint')
  return db.dump()
}

/** What `ALTER ROLE` or `ALTER DATABASE … SET search_path` in a migration would give the next session. */
const findOwnSearchPath = async (db: Database): Promise<string | undefined> => {
  const rows = await db.query<{ path: string }>(`
    select substr(setting, length('search_path=') + 1) as path
    from pg_catalog.pg_db_role_setting, unnest(setconfig) as setting
    where setting like 'search\\_path=%'
      and setdatabase in (0, (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()))
      and setrole in (0, (select oid from pg_catalog.pg_roles where rolname = session_user))
    order by setrole <> 0 desc, setdatabase <> 0 desc
    limit 1`)
  return rows[0]?.path || undefined
}

/** Part of the cache's keys. Where the package is not a file (a URL in Deno), all versions share one. */
const findPgliteVersion = async (): Promise<string> => {
  try {
    const manifest = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'))
    const { version } = JSON.parse(await readFile(fileURLToPath(manifest), 'utf8')) as { readonly version: string }
    return version
  } catch {
    return 'any'
  }
}
