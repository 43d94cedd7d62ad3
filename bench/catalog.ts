/**
 * How long it takes to read a large catalog, compared with psql sending the very same queries.
 *
 *     node --import tsx bench/catalog.ts [--tables 3000] [--rounds 7] [--major 18] [--url URL]
 *
 * Starts a server of its own and fills it with `largeSchema`, or reads the database at `--url` as it is. Then runs, in
 * turn: psql with its defaults, psql without alignment (`-At`), and `readCatalog` in a fresh process, so that nothing
 * is warm in it, on each driver. All of them connect, begin a snapshot and throw the result away; the time for Node to
 * start and load modules is left out, that of psql is in. Prints medians, and the ratio to each psql. Needs psql.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readCatalog } from '../src/catalog/read.ts'
import { connect } from '../src/database/connect.ts'
import { inSnapshot } from '../src/database/snapshot.ts'
import type { Database, Driver } from '../src/database/types.ts'
import { startServer } from '../test/support/server.ts'
import type { Major } from '../test/support/server.ts'
import { largeSchema } from './catalog-schema.ts'
import { spreadOf } from './lib/statistics.ts'

const open = (url: string, driver: Driver): Promise<Database> => connect({ kind: 'server', url }, { driver, env: {} })

/** What one fresh process does: prints milliseconds, megabytes of resident memory, and how many relations it found. */
const readOnce = async (driver: Driver, url: string): Promise<void> => {
  await import(driver === 'pg' ? 'pg' : 'postgres')
  const before = process.memoryUsage().rss
  const start = performance.now()
  const db = await open(url, driver)
  const catalog = await inSnapshot(db, (session) => readCatalog(db, session))
  const milliseconds = performance.now() - start
  const megabytes = (process.memoryUsage().rss - before) / 1e6
  await db.close()
  console.log(JSON.stringify({ milliseconds, megabytes, relations: catalog.relations.length }))
}

interface Reading {
  readonly milliseconds: number
  readonly megabytes: number
  readonly relations: number
}

const readInFreshProcess = (driver: Driver, url: string): Reading => {
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), '--once', driver, '--url', url]
  return JSON.parse(run(process.execPath, args)) as Reading
}

const timePsql = (url: string, file: string, ...options: readonly string[]): number => {
  const start = performance.now()
  run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...options, '-o', '/dev/null', '-f', file, url])
  return performance.now() - start
}

const run = (command: string, args: readonly string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`)
  return stdout
}

/** The queries of `readCatalog`, as a script for psql. */
const recordQueries = async (url: string): Promise<string> => {
  const db = await open(url, 'pg')
  const queries: string[] = []
  await inSnapshot(db, (session) => readCatalog({ ...db, query: (sql) => (queries.push(sql), db.query(sql)) }, session))
  await db.close()
  const snapshot = 'begin isolation level repeatable read read only; set local search_path = pg_catalog;'
  return [snapshot, ...queries.map((sql) => `${sql};`), 'commit;'].join('\n')
}

const fill = async (url: string, tables: number): Promise<void> => {
  const db = await open(url, 'pg')
  const statements = largeSchema(tables)
  for (let from = 0; from < statements.length; from += 500) {
    await db.script(statements.slice(from, from + 500).join(';\n'))
  }
  await db.script('vacuum analyze')
  await db.close()
}

const measure = async (url: string, rounds: number): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'versiongen-bench-catalog-'))
  try {
    const script = join(folder, 'queries.sql')
    writeFileSync(script, await recordQueries(url))
    const psql: number[] = []
    const unaligned: number[] = []
    const readings: Record<'pg' | 'postgres', Reading[]> = { pg: [], postgres: [] }
    for (let round = 0; round < rounds; round++) {
      psql.push(timePsql(url, script))
      readings.pg.push(readInFreshProcess('pg', url))
      unaligned.push(timePsql(url, script, '-A', '-t'))
      readings.postgres.push(readInFreshProcess('postgres', url))
    }
    const defaults = spreadOf(psql).median
    const plain = spreadOf(unaligned).median
    console.log(`relations: ${readings.pg[0]?.relations}, rounds: ${rounds}, medians`)
    console.log(`psql                    ${defaults.toFixed(0)} ms`)
    console.log(`psql -At                ${plain.toFixed(0)} ms`)
    for (const driver of ['pg', 'postgres'] as const) {
      const { median } = spreadOf(readings[driver].map(({ milliseconds }) => milliseconds))
      const memory = spreadOf(readings[driver].map(({ megabytes }) => megabytes)).median
      console.log(
        `readCatalog, ${driver.padEnd(10)} ${median.toFixed(0)} ms, ${(median / defaults).toFixed(2)} x psql, ` +
          `${(median / plain).toFixed(2)} x psql -At, ${memory.toFixed(0)} MB`,
      )
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const { values } = parseArgs({
  options: {
    once: { type: 'string' },
    url: { type: 'string' },
    tables: { type: 'string', default: '3000' },
    rounds: { type: 'string', default: '7' },
    major: { type: 'string', default: '18' },
  },
})

if (values.once !== undefined) {
  await readOnce(values.once as Driver, values.url ?? '')
} else if (values.url !== undefined) {
  await measure(values.url, Number(values.rounds))
} else {
  const server = await startServer(Number(values.major) as Major)
  try {
    const url = await server.createDatabase('catalog')
    await fill(url, Number(values.tables))
    await measure(url, Number(values.rounds))
  } finally {
    await server.stop()
  }
}
