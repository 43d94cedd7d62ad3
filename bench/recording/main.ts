/**
 * What recording costs, beside other ways to keep history:
 *
 *   npm run bench:recording -- [--rounds 7] [--scale 1] [--major 18] [--only ours,cte] [--workloads W1,W4]
 *                              [--sql FILE]… [--seed n] [--no-write]
 *
 * Every design has a database of its own with the same rows, and two connections that stay open, as in a pool. In each
 * round every workload runs on every design, in an order drawn anew each time, so that whatever else the machine does
 * falls on all alike. Reported are medians over the rounds, and ratios of medians. Between measurements, unmeasured,
 * rows that were added are removed and all tables are vacuumed. Settings of the server: bench/lib/server.ts.
 *
 * Beside wall time the processor time of the server's connections is reported (Linux): on a busy machine trust that.
 *
 * `--sql FILE` adds a design, to try a variant of the triggers. The file finds the table `mine` (bench/recording/mine.ts,
 * 200,000 rows) and creates on it: a table `transaction` with an `id` that has a default and an `issued_at`, a table
 * `mine_version` with the columns of `mine`, `transaction_id`, `end_transaction_id` and `operation_type`, and what
 * records. The first versions are filled in afterwards. The design is called after the file; the option repeats:
 *
 *   node --import tsx bench/recording/main.ts --only cte,ours --sql /tmp/a.sql --sql /tmp/b.sql --rounds 5 --scale 0.2
 *
 * Writes bench/results/recording.md, .json, and .svg, unless `--no-write`.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chainViolationsSql } from '../../src/sql/check-chains.ts'
import type { ChainViolation } from '../../src/sql/check-chains.ts'
import { makeRandom } from '../../test/recording-torture/random.ts'
import type { Major } from '../../test/support/server.ts'
import { startBenchmarkServer } from '../lib/server.ts'
import { shuffle, spreadOf } from '../lib/statistics.ts'
import { createTemplate, measure, newRowsFile, openArena } from './arena.ts'
import type { Arena, Sample } from './arena.ts'
import { drawChart } from './chart.ts'
import { designFromFile, designs } from './designs.ts'
import type { Design } from './designs.ts'
import { mine } from './mine.ts'
import { formatReport, samplesOf } from './report.ts'
import type { Results } from './report.ts'
import { workloads } from './workloads.ts'
import type { Workload } from './workloads.ts'

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      scale: { type: 'string', default: '1' },
      major: { type: 'string', default: '18' },
      only: { type: 'string' },
      workloads: { type: 'string' },
      sql: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: '1' },
      'no-write': { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  const scale = Number(values.scale)
  const chosen = choose(designs, values.only)
  const contenders = [...chosen, ...(await Promise.all(values.sql.map(designFromFile)))]
  const exercises = choose(workloads, values.workloads)
  const rows = Math.round(200_000 * scale)

  const server = await startBenchmarkServer(Number(values.major) as Major)
  const arenas: Arena[] = []
  try {
    say(`${rows} rows, Postgres ${values.major}, ${rounds} rounds`)
    const template = await createTemplate(server, rows, Math.round(50_000 * scale))
    for (const design of contenders) {
      say(`setting up ${design.name}`)
      arenas.push(await openArena(server, template, design))
    }
    const results = await runRounds(
      arenas,
      exercises,
      rounds,
      scale,
      newRowsFile(server),
      makeRandom(Number(values.seed)),
    )
    for (const arena of arenas) await sayWhatWasKept(arena)
    const conditions =
      `Postgres ${values.major}, ${rows} rows of 16 columns, ${rounds} rounds, two connections (one for W4 to W6); ` +
      `fsync off; ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}.`
    const report = formatReport(results, exercises, contenders, conditions)
    process.stdout.write(report)
    if (!values['no-write']) await writeResults(results, exercises, contenders, conditions, report)
  } finally {
    for (const arena of arenas) await arena.close()
    await server.stop()
  }
}

const choose = <T extends { readonly name: string }>(all: readonly T[], names: string | undefined): readonly T[] => {
  if (names === undefined) return all
  return names.split(',').map((name) => {
    const found = all.find((each) => each.name === name)
    if (found === undefined) throw new RangeError(`${name} is none of ${all.map((each) => each.name).join(', ')}`)
    return found
  })
}

const runRounds = async (
  arenas: readonly Arena[],
  exercises: readonly Workload[],
  rounds: number,
  scale: number,
  file: string,
  random: () => number,
): Promise<Results> => {
  const results = new Map<string, Map<string, Sample[]>>()
  const ids = shuffle(await readIds(arenas), random)
  let serial = 0
  // Round 0 is not counted: it loads caches and makes the connections plan their statements, on few rows first.
  for (let round = 0; round <= rounds; round++) {
    for (const workload of exercises) {
      serial++
      const roundScale = round === 0 ? scale / 10 : scale
      const material = { ids: rotate(ids, serial * 7919), serial, scale: roundScale, file }
      for (const arena of shuffle(arenas, random)) {
        const sample = await measure(arena, workload, material)
        if (round === 0) continue
        const ofWorkload = results.get(workload.name) ?? new Map<string, Sample[]>()
        results.set(workload.name, ofWorkload)
        ofWorkload.set(arena.design.name, [...(ofWorkload.get(arena.design.name) ?? []), sample])
      }
    }
    say(`round ${round} of ${rounds}`)
  }
  return results
}

/** A design that is fast because it keeps nothing would be found out here. */
const sayWhatWasKept = async ({ design, keeper }: Arena): Promise<void> => {
  const { rows } = await keeper.query<{ name: string; rows: string }>(keptSql)
  for (const { name, rows: count } of rows) say(`${design.name}: ${count} rows in ${name}`)
  if (!rows.some(({ name }) => name === 'mine_version')) return
  const violations = await keeper.query<ChainViolation>(chainViolationsSql(mine, { compareLive: true }))
  const kinds = new Set(violations.rows.map(({ problem }) => problem))
  say(`${design.name}: ${violations.rows.length} violations${[...kinds].map((kind) => `, ${kind}`).join('')}`)
}

const keptSql = `
select relname as name, reltuples::bigint as rows from pg_class
where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not in ('mine', 'mine_new') and reltuples > 1
order by reltuples desc limit 2`

const readIds = async (arenas: readonly Arena[]): Promise<readonly string[]> => {
  const [arena] = arenas
  if (arena === undefined) throw new RangeError('nothing to measure')
  const { rows } = await arena.keeper.query<{ id: string }>('select id from mine order by id')
  return rows.map(({ id }) => id)
}

/** Other rows in each measurement, the same ones for every design. */
const rotate = (ids: readonly string[], by: number): readonly string[] => {
  const start = by % ids.length
  return [...ids.slice(start), ...ids.slice(0, start)]
}

const writeResults = async (
  results: Results,
  exercises: readonly Workload[],
  contenders: readonly Design[],
  conditions: string,
  report: string,
): Promise<void> => {
  const folder = new URL('../results/', import.meta.url)
  await mkdir(folder, { recursive: true })
  const write = (name: string, text: string): Promise<void> => writeFile(new URL(name, folder), text)
  await write('recording.md', report)
  const plain = exercises.map(({ name, what }) => ({
    workload: name,
    what,
    designs: Object.fromEntries(results.get(name) ?? []),
  }))
  await write('recording.json', `${JSON.stringify({ conditions, results: plain }, null, 2)}\n`)
  const median = (workload: string, design: string): number =>
    spreadOf(samplesOf(results, workload, design, 'wall')).median
  const chart = drawChart({
    title: 'What history costs',
    subtitle: 'Time of the same writes, as a multiple of the time without any history (logarithmic; shorter is better)',
    series: contenders.map(({ name }) => name),
    groups: exercises.map(({ name }) => ({
      name,
      values: contenders.map((design) => median(name, design.name) / median(name, 'none')),
    })),
  })
  await write('recording.svg', chart)
  say(`written to ${fileURLToPath(folder)}`)
}

const say = (message: string): void => void process.stderr.write(`${message}\n`)

await main()
