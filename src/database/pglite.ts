import type { PGlite, PGliteOptions } from '@electric-sql/pglite'
import type { Database } from './types.ts'
import { toQueryError } from './query-error.ts'
import { parserOf, parsers, writeParameter } from './values.ts'

/** A {@link Database} with what only an embedded one can do. */
export interface EmbeddedDatabase extends Database {
  /** As `script`, with data for the one `COPY … FROM '/dev/blob'` in it. */
  copyIn(sql: string, data: string): Promise<void>
  /** The whole data directory as an uncompressed tar. */
  dump(): Promise<Uint8Array>
}

/**
 * Starts the embedded Postgres.
 *
 * @param label what to call it in messages
 * @param options PGlite's own; without `dataDir` it lives in memory
 */
export const openPglite = async (label: string, options: PGliteOptions): Promise<EmbeddedDatabase> => {
  const { PGlite } = await import('@electric-sql/pglite')
  const pglite = await PGlite.create({ ...options, startParams: startParameters(PGlite.defaultStartParams) })
  exchangeText(pglite)

  const attempt = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      throw toQueryError(error, label)
    }
  }

  return {
    driver: 'pglite',
    label,
    query: <Row extends object>(sql: string, parameters: readonly unknown[] = []) =>
      attempt(async () => (await pglite.query<Row>(sql, parameters.map(writeParameter))).rows),
    script: (sql) => attempt(async () => void (await pglite.exec(sql))),
    copyIn: (sql, data) => attempt(async () => void (await pglite.exec(sql, { blob: new Blob([data]) }))),
    dump: () => attempt(async () => new Uint8Array(await (await pglite.dumpDataDir('none')).arrayBuffer())),
    close: () => pglite.close(),
  }
}

/** A server's usual search path instead of PGlite's `public`, and as little write-ahead log as possible: it is dumped. */
const startParameters = (defaults: readonly string[]): string[] => [
  ...defaults.map((parameter) => (parameter.startsWith('search_path=') ? 'search_path="$user", public' : parameter)),
  ...['wal_recycle=off', 'min_wal_size=32MB', 'full_page_writes=off'].flatMap((setting) => ['-c', setting]),
]

/** Replaces PGlite's conversions, which it keeps in two plain objects, by those all drivers share. */
const exchangeText = (pglite: PGlite): void => {
  for (const oid of Object.keys(pglite.serializers)) pglite.serializers[oid] = (text: unknown) => String(text)
  const known = [...Object.keys(pglite.parsers).map(Number), ...parsers.keys()]
  for (const oid of known) pglite.parsers[oid] = parserOf(oid)
}
