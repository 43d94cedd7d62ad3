import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { PGlite, types as pgliteTypes } from '@electric-sql/pglite'
import pg from 'pg'
import type { Test } from 'uvu'
import type { Database } from '../../src/database/types.ts'
import { createDatabaseAt, startServer } from './server.ts'
import type { Major } from './server.ts'

/** A fresh, empty database. Closing it also drops it. */
export interface TestDatabase extends Database {
  /** `PGlite`, `Postgres 14`. */
  readonly name: string
  /** Of the superuser; undefined on PGlite, which takes no connections. */
  readonly url: string | undefined
  /** Undefined on a server. */
  readonly pglite: PGlite | undefined
}

export const allMajors: readonly Major[] = [14, 15, 16, 17, 18]

/** The majors that tests run on: 14 and 18, or what `VERSIONGEN_TEST_MAJORS=14,15,16,17,18` says. */
export const majors: readonly Major[] = allMajors.filter((major) =>
  (process.env['VERSIONGEN_TEST_MAJORS'] ?? '14,18').split(',').includes(String(major)),
)

/**
 * Calls `use` once for PGlite and once for each of {@link majors}, with a name and a function that opens a fresh
 * empty database.
 *
 * @example
 * ```ts
 * eachDatabase((name, open) => {
 *   test(`adds (${name})`, async () => {
 *     const database = await open()
 *     …
 *     await database.close()
 *   })
 * })
 * ```
 */
export const eachDatabase = (use: (name: string, open: () => Promise<TestDatabase>) => void): void => {
  use('PGlite', openPglite)
  eachServer((name, open) => use(name, open))
}

/** As {@link eachDatabase}, on real servers only: for what needs more than one connection. */
export const eachServer = (
  use: (name: string, open: () => Promise<TestDatabase & { readonly url: string }>, major: Major) => void,
): void => {
  for (const major of majors) use(`Postgres ${major}`, () => openOnServer(major), major)
}

/**
 * Registers a test once for each database of {@link eachDatabase}, named `<title> (PGlite)` and so on; opens the
 * database before and closes it after.
 */
export const testOnEachDatabase = (
  test: Test,
  title: string,
  body: (database: TestDatabase) => Promise<unknown>,
): void =>
  eachDatabase((name, open) => {
    test(`${title} (${name})`, async () => {
      const database = await open()
      try {
        await body(database)
      } finally {
        await database.close()
      }
    })
  })

/**
 * The connection string, of the superuser, of the one server of this major that the whole test run shares; started
 * now if the test file runs alone. Do not stop or reconfigure it: `startServer` gives one that is yours.
 */
export const sharedServerUrl = (major: Major): Promise<string> => {
  const given = process.env[`VERSIONGEN_TEST_SERVER_${major}`]
  if (given !== undefined) return Promise.resolve(given)
  const started = ownServers.get(major) ?? startServer(major).then((server) => server.url())
  ownServers.set(major, started)
  return started
}

const ownServers = new Map<Major, Promise<string>>()

const openOnServer = async (major: Major): Promise<TestDatabase & { readonly url: string }> =>
  openDatabaseOn(await sharedServerUrl(major), major)

/** A fresh, empty database on a server of one's own, given by its connection string. */
export const openDatabaseOn = async (
  server: string,
  major: Major,
): Promise<TestDatabase & { readonly url: string }> => {
  const url = await createDatabaseAt(server)
  const client = new pg.Client({
    connectionString: url,
    types: { getTypeParser: (oid: number) => (text: string) => parse(oid, text) },
  })
  await client.connect()
  return {
    name: `Postgres ${major}`,
    driver: 'pg',
    label: `Postgres ${major}`,
    url,
    pglite: undefined,
    query: async (sql, parameters = []) => (await client.query(sql, [...parameters])).rows,
    script: async (sql) => void (await client.query(sql)),
    close: async () => {
      await client.end()
      await dropDatabase(server, url)
    },
  }
}

const dropDatabase = async (server: string, url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    const name = decodeURIComponent(new URL(url).pathname.slice(1))
    // A client that has said goodbye may still be listening: it would take being thrown out for an error.
    for (let tries = 0; tries < 40; tries++) {
      const { rows } = await client.query('select from pg_stat_activity where datname = $1', [name])
      if (rows.length === 0) break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`)
  } finally {
    await client.end()
  }
}

const openPglite = async (): Promise<TestDatabase> => {
  const pglite = await PGlite.create({ loadDataDir: await emptyPglite() })
  return {
    name: 'PGlite',
    driver: 'pglite',
    label: 'PGlite',
    url: undefined,
    pglite,
    query: async <Row extends object>(sql: string, parameters: readonly unknown[] = []) =>
      (await pglite.query<Row>(sql, [...parameters], { parsers: pgliteParsers })).rows,
    script: async (sql) => void (await pglite.exec(sql)),
    close: () => pglite.close(),
  }
}

/** An initialised, empty PGlite, made once per version of it (4 s), then loaded from a file (0.6 s). */
const emptyPglite = async (): Promise<Blob> => {
  const manifest = join(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')), '..', 'package.json')
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { readonly version: string }
  const file = join(tmpdir(), `versiongen-pglite-${version}-${process.getuid?.() ?? 0}.tar`)
  if (!existsSync(file)) {
    const pglite = await PGlite.create()
    const dump = await pglite.dumpDataDir('none')
    await pglite.close()
    const unfinished = `${file}.${process.pid}`
    await writeFile(unfinished, new Uint8Array(await dump.arrayBuffer()))
    await rename(unfinished, file)
  }
  return new Blob([await readFile(file)])
}

/** As `Database` promises: booleans, small integers, JSON and arrays of these parsed; the rest as Postgres wrote it. */
const parse = (oid: number, text: string): unknown => {
  const element = elementOids.get(oid)
  if (element !== undefined) return parseItems(element, parseTextArray(text))
  switch (oid) {
    case 16:
      return text === 't'
    case 21:
    case 23:
    case 26:
      return Number(text)
    case 114:
    case 3802:
      return JSON.parse(text)
    default:
      return text
  }
}

const parseItems = (element: number, item: unknown): unknown =>
  Array.isArray(item)
    ? item.map((each) => parseItems(element, each))
    : typeof item === 'string'
      ? parse(element, item)
      : item

const parseTextArray: (text: string) => unknown = pg.types.getTypeParser(Number(1009))

/** `_bool`, `_name`, `_int2`, `_int4`, `_text`, `_varchar`, `_int8`, `_oid`, `_numeric`, `_json`, `_jsonb`. */
const elementOids = new Map([
  [1000, 16],
  [1003, 19],
  [1005, 21],
  [1007, 23],
  [1009, 25],
  [1015, 1043],
  [1016, 20],
  [1028, 26],
  [1231, 1700],
  [199, 114],
  [3807, 3802],
])

const pgliteParsers: Record<number, (text: string) => unknown> = Object.fromEntries(
  [...Object.keys(pgliteTypes.parsers).map(Number), ...elementOids.keys()]
    .filter(Number.isInteger)
    .map((oid) => [oid, (text: string) => parse(oid, text)]),
)
