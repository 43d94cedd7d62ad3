/**
 * What a user waits for, next to what cannot be done without. Every run is a process of its own, of the built package;
 * runs of the two sides alternate; medians are compared.
 *
 *     npm run build && node --import tsx bench/generate.ts [runs] [tables] [files] [models]
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startServer } from '../test/support/server.ts'
import { largeSchema } from './catalog-schema.ts'
import { runNode as run, type Cost } from './lib/run-node.ts'
import { spreadOf } from './lib/statistics.ts'

const [runs = 7, tables = 1000, files = 2000, models = 20] = process.argv.slice(2).map(Number)

const root = fileURLToPath(new URL('..', import.meta.url))
const versiongen = join(root, 'dist/cli/main.js')

type Side = () => Promise<Cost>

const compare = async (
  title: string,
  [baseName, base]: [string, Side],
  [name, side]: [string, Side],
): Promise<void> => {
  const [ours, theirs]: [Cost[], Cost[]] = [[], []]
  await base()
  await side()
  for (let i = 0; i < runs; i++) {
    theirs.push(await base())
    ours.push(await side())
  }
  const median = (costs: readonly Cost[], what: keyof Cost): number => spreadOf(costs.map((cost) => cost[what])).median
  const line = (label: string, costs: readonly Cost[]): string =>
    `  ${label.padEnd(40)}${median(costs, 'wall').toFixed(0).padStart(6)} ms, processor ${median(costs, 'cpu').toFixed(0)} ms, ${median(costs, 'megabytes').toFixed(0)} MB`
  const ratio = (what: keyof Cost): string => (median(ours, what) / median(theirs, what)).toFixed(2)
  console.log(`${title}\n${line(baseName, theirs)}\n${line(name, ours)}`)
  console.log(`  ${'ratio'.padEnd(40)}${ratio('wall').padStart(6)}, processor ${ratio('cpu')}`)
}

const evaluate =
  (code: string): Side =>
  () =>
    run(['--input-type=module', '--eval', code], root)

const properties = Array.from({ length: 16 }, (_, i) => `  property${i}!: string | null\n`).join('')

const writeProject = (folder: string): void => {
  mkdirSync(join(folder, 'db/migration'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'db/migration/V1__baseline.sql'), 'select 1;\n')
  for (let i = 0; i < files; i++) {
    const part = join(folder, 'src/models', `part${i % 40}`)
    mkdirSync(part, { recursive: true })
    const mark = i < models ? `  static __versioned__ = { table: 'record_${i}', schema: 'area_${i % 10}' }\n` : ''
    writeFileSync(join(part, `record-${i}.ts`), `export class Record${i} {\n${mark}${properties}}\n`)
  }
}

const compareHelp = (): Promise<void> =>
  compare(
    'versiongen --help',
    ['import yargs', evaluate(`await import('yargs')`)],
    ['versiongen --help', () => run([versiongen, '--help'], root)],
  )

const compareGenerate = async (folder: string): Promise<void> => {
  const server = await startServer(18)
  try {
    const url = await server.createDatabase()
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      for (const sql of largeSchema(tables)) await client.query(sql)
      await client.query('analyze')
    } finally {
      await client.end()
    }
    const out = join(folder, 'src/history')
    const written = join(folder, 'db/migration/V2__create_area_7_record_7_version_table.sql')
    await compare(
      `versiongen --table record_7, ${tables} tables, ${files} files, ${models} models`,
      ['import ts-morph, an empty Project', evaluate(`const { Project } = await import('ts-morph'); new Project()`)],
      [
        'versiongen --table record_7',
        async () => {
          const cost = await run([versiongen, '--table', 'record_7'], folder, { DATABASE_URL: url })
          if (!existsSync(written)) throw new Error(`no ${written}`)
          rmSync(out, { recursive: true })
          for (const file of [written, written.replace('V2__create', 'V3__backfill')]) rmSync(file)
          return cost
        },
      ],
    )
  } finally {
    await server.stop()
  }
}

const compareShadow = async (folder: string): Promise<void> => {
  mkdirSync(join(folder, 'db/migration'), { recursive: true })
  mkdirSync(join(folder, 'node_modules'))
  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'src/mine.ts'), 'export class Mine {\n  static __versioned__ = {}\n}\n')
  writeFileSync(join(folder, 'db/migration/V1__mine.sql'), 'create table mine (id int primary key, name text);\n')
  const open = `const { openShadow } = await import(${JSON.stringify(join(root, 'dist/src/database/shadow.js'))})
const { readFlywayConfig } = await import(${JSON.stringify(join(root, 'dist/src/flyway/config.js'))})
const { readFolder } = await import(${JSON.stringify(join(root, 'dist/src/flyway/read-folder.js'))})
const cwd = ${JSON.stringify(folder)}
const migrations = await readFolder(await readFlywayConfig({ cwd, env: {}, home: cwd, overrides: {} }))
const db = await openShadow(migrations, { cacheDir: cwd + '/node_modules/.cache/versiongen' })
await db.close()`
  await compare(
    'the shadow database, warm',
    ['import PGlite', evaluate(`await import('@electric-sql/pglite')`)],
    ['open and close it', evaluate(open)],
  )
}

const folder = mkdtempSync(join(tmpdir(), 'versiongen-bench-'))
try {
  const [large, small] = [join(folder, 'large'), join(folder, 'small')]
  writeProject(large)
  symlinkSync(join(root, 'node_modules'), join(large, 'node_modules'))
  await compareHelp()
  await compareGenerate(large)
  await compareShadow(small)
} finally {
  rmSync(folder, { recursive: true })
}
