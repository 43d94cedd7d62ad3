/**
 * First versions for a table that is there already, while one connection keeps changing single rows of it:
 *
 *     node --import tsx bench/backfill.ts [rows] [rows in a batch …]
 */
import process from 'node:process'
import pg from 'pg'
import { splitStatements } from '../src/database/split-statements.ts'
import { chainViolationsSql } from '../src/sql/check-chains.ts'
import { backfillMigration, createMigration } from '../src/sql/migrations.ts'
import { startBenchmarkServer } from './lib/server.ts'
import { createMine, mine, rowsSql } from './recording/mine.ts'

const [rows = 2_000_000, ...sizes] = process.argv.slice(2).map(Number)
const timeouts = { lockTimeout: '5s', statementTimeout: '30s' }

interface Outcome {
  readonly seconds: number
  /** How long the writes took that ran meanwhile, in milliseconds, sorted. */
  readonly writes: readonly number[]
}

const measure = async (url: string, batchSize: number | undefined): Promise<Outcome> => {
  const [migrator, writer] = [new pg.Client({ connectionString: url }), new pg.Client({ connectionString: url })]
  await Promise.all([migrator.connect(), writer.connect()])
  try {
    await migrator.query('truncate mine_version')
    await migrator.query('vacuum analyze mine')
    const state = { running: true }
    const writes: number[] = []
    const writing = (async () => {
      for (let n = 1; state.running; n = (n + 7919) % rows) {
        const start = performance.now()
        await writer.query('update mine set note = $1 where id = md5($2)::uuid', [`changed at ${n}`, String(n)])
        writes.push(performance.now() - start)
      }
    })()
    const start = performance.now()
    const sql = backfillMigration(mine, timeouts, { batchSize })
    if (batchSize === undefined) await migrator.query(`begin; ${sql} commit`)
    else for (const { text } of splitStatements(sql)) await migrator.query(text)
    const seconds = (performance.now() - start) / 1000
    state.running = false
    await writing
    await migrator.query('vacuum analyze mine_version')
    const { rows: violations } = await migrator.query(
      `select * from (${chainViolationsSql(mine, { compareLive: true })}) v where problem <> 'time-backwards' limit 1`,
    )
    if (violations.length > 0) throw new Error(JSON.stringify(violations))
    return { seconds, writes: writes.sort((a, b) => a - b) }
  } finally {
    await Promise.all([migrator.end(), writer.end()])
  }
}

const server = await startBenchmarkServer(18)
try {
  const url = await server.createDatabase()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(createMine)
  await client.query(`insert into mine ${rowsSql(rows)}`)
  await client.query(`begin; ${createMigration(mine, timeouts)} commit`)
  await client.end()
  console.log(`${rows.toLocaleString('en')} rows of 16 columns, Postgres 18, one writer beside\n`)
  console.log('| backfill | seconds | writes meanwhile | median wait, ms | 99 %, ms | longest wait, ms |')
  console.log('| --- | --- | --- | --- | --- | --- |')
  for (const size of [undefined, ...(sizes.length === 0 ? [1000, 10_000, 100_000] : sizes)]) {
    const { seconds, writes } = await measure(url, size)
    const at = (part: number): string => (writes[Math.floor(part * (writes.length - 1))] ?? Number.NaN).toFixed(1)
    const name = size === undefined ? 'one transaction' : `batches of ${size.toLocaleString('en')}`
    console.log(`| ${name} | ${seconds.toFixed(1)} | ${writes.length} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`)
  }
} finally {
  await server.stop()
}
