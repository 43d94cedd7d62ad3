/**
 * What `versiongen check` costs on a large project that is in sync, next to what it cannot do without: the queries on
 * `pg_catalog`, their rows thrown away, and reading the models. Every run is a process of its own, of the built package;
 * the two sides take turns; medians are compared.
 *
 *     npm run build && node --import tsx bench/check.ts [runs] [tables] [models]
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startServer } from '../test/support/server.ts'
import { largeSchema } from './catalog-schema.ts'
import { runNode, type Cost } from './lib/run-node.ts'
import { spreadOf } from './lib/statistics.ts'

const [runs = 7, tables = 1400, models = 500] = process.argv.slice(2).map(Number)

const root = fileURLToPath(new URL('..', import.meta.url))
const versiongen = join(root, 'dist/cli/main.js')

const model = (i: number): string => `export class Record${i} {
  static __versioned__ = { table: 'record_${i}', schema: 'area_${i % 10}' }
  id!: string
  guid!: string
  parent_id!: string | null
  status!: 'new' | 'active' | 'closed'
  code!: string | null
  name!: string
  description!: string | null
  amount!: string
  ratio!: number
  tags!: string[]
  details!: Record<string, unknown>
  active!: boolean
  starts_on!: string
  ends_on!: string | null
  created_at!: Date
  updated_at!: Date | null
}
`

const writeProject = (folder: string): void => {
  mkdirSync(join(folder, 'migrations'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'flyway.toml'), '[flyway]\nlocations = ["filesystem:migrations"]\n')
  writeFileSync(join(folder, 'migrations/V1__baseline.sql'), 'select 1;\n')
  for (let i = 0; i < models; i++) {
    const part = join(folder, 'src/models', `part${i % 20}`)
    mkdirSync(part, { recursive: true })
    writeFileSync(join(part, `record-${i}.ts`), model(i))
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
}

const fill = async (client: pg.Client, folder: string, url: string): Promise<void> => {
  for (const sql of largeSchema(tables)) await client.query(sql)
  await runNode([versiongen, '--all', '--quiet'], folder, { DATABASE_URL: url })
  const { glob } = await import('tinyglobby')
  const files = (await glob('migrations/V*__*_version_table.sql', { cwd: folder })).sort(
    (a, b) => versionOf(a) - versionOf(b),
  )
  for (const file of files) await client.query(await readFile(join(folder, file), 'utf8'))
  // Flyway's own table would say that they ran: without one, they are pending.
  for (const file of files) rmSync(join(folder, file))
  await client.query('vacuum analyze')
}

const versionOf = (file: string): number => Number(/V(\d+)__/.exec(file)?.[1])

/** The queries of `readCatalog`, one after the other on one connection, then `readModels`. */
const base = (folder: string, url: string): string => `
const from = (path) => import(${JSON.stringify(`${join(root, 'dist/src')}/`)} + path)
const { connect } = await from('database/connect.js')
const { inSnapshot } = await from('database/snapshot.js')
const { readCatalog } = await from('catalog/read.js')
const db = await connect({ kind: 'server', url: ${JSON.stringify(url)} }, { driver: 'pg', env: {} })
const queries = JSON.parse(process.env.QUERIES)
await inSnapshot(db, () => Promise.all(queries.map((sql) => db.query(sql))))
await db.close()
const { readModels } = await from('models/read.js')
const { models } = await readModels({ root: ${JSON.stringify(folder)}, patterns: ['src/models/**/*.ts'] })
if (models.length !== ${models}) throw new Error('read ' + models.length)`

const recordQueries = async (url: string): Promise<readonly string[]> => {
  const { connect } = await import('../src/database/connect.ts')
  const { inSnapshot } = await import('../src/database/snapshot.ts')
  const { readCatalog } = await import('../src/catalog/read.ts')
  const db = await connect({ kind: 'server', url }, { driver: 'pg', env: {} })
  const queries: string[] = []
  await inSnapshot(db, (session) => readCatalog({ ...db, query: (sql) => (queries.push(sql), db.query(sql)) }, session))
  await db.close()
  return queries
}

const report = (title: string, costs: readonly Cost[]): Cost => {
  const median = (what: keyof Cost): number => spreadOf(costs.map((cost) => cost[what])).median
  const { min, max } = spreadOf(costs.map(({ wall }) => wall))
  const cost = { wall: median('wall'), cpu: median('cpu'), megabytes: median('megabytes') }
  console.log(
    `${title.padEnd(36)}${cost.wall.toFixed(0).padStart(6)} ms (${min.toFixed(0)} to ${max.toFixed(0)}), processor ${cost.cpu.toFixed(0)} ms, ${cost.megabytes.toFixed(0)} MB`,
  )
  return cost
}

const folder = mkdtempSync(join(tmpdir(), 'versiongen-bench-check-'))
const server = await startServer(18, { settings: { max_locks_per_transaction: '1024' } })
try {
  const url = await server.createDatabase()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    writeProject(folder)
    await fill(client, folder, url)
  } finally {
    await client.end()
  }
  const QUERIES = JSON.stringify(await recordQueries(url))
  const sides = {
    base: () => runNode(['--input-type=module', '--eval', base(folder, url)], root, { QUERIES }),
    check: () => runNode([versiongen, 'check', '--models', 'src/models/**/*.ts'], folder, { DATABASE_URL: url }),
  }
  const costs: Record<keyof typeof sides, Cost[]> = { base: [], check: [] }
  for (let i = -1; i < runs; i++) {
    for (const side of ['base', 'check'] as const) {
      const cost = await sides[side]()
      if (i >= 0) costs[side].push(cost)
    }
  }
  console.log(
    `check, in sync: ${tables} tables, ${models} of them with a model and a version table; medians of ${runs}`,
  )
  const [ours, theirs] = [
    report('catalog queries, reading the models', costs.base),
    report('versiongen check', costs.check),
  ]
  console.log(
    `${'ratio'.padEnd(36)}${(theirs.wall / ours.wall).toFixed(2).padStart(6)}, processor ${(theirs.cpu / ours.cpu).toFixed(2)}`,
  )
} finally {
  await server.stop()
  rmSync(folder, { recursive: true })
}
