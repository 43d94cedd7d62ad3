/**
 * Reading history against what one would write by hand for the same driver (pg), and against SQLAlchemy-Continuum:
 *
 *   npm run bench:history -- [--parts records,whole,changesets,stream,verify] [--rows 1000000] [--versions 10]
 *                            [--rounds 7] [--major 18] [--no-write]
 *
 * `records` and `whole` read a table of `--rows` rows with so many `--versions` each; `stream` and `verify` one of a tenth of
 * the rows; `changesets` 1,000 rows with 100 versions each, and needs Python 3 and, once, PyPI.
 *
 * Contenders take turns in an order drawn anew in each round, on one connection. Reported are medians of wall time and of
 * processor time (client and server's connection together; Linux): on a busy machine trust the latter. Settings of the
 * server: bench/lib/server.ts.
 *
 * Writes bench/results/history.md, .json and .svg, unless `--no-write`.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { Major, Server } from '../../test/support/server.ts'
import { formatTable } from '../lib/format-table.ts'
import { startBenchmarkServer } from '../lib/server.ts'
import { spreadOf } from '../lib/statistics.ts'
import { drawChart } from '../recording/chart.ts'
import type { Sample } from './measure.ts'
import {
  type Bench,
  type Measurement,
  readChangesets,
  readRecords,
  readStream,
  readVerify,
  readWhole,
} from './parts.ts'
import { fillTables, type Size } from './tables.ts'

type Part = (bench: Bench) => Promise<readonly Measurement[]>

/** Parts that share tables, in this order. */
const parts = new Map<string, { readonly size: (large: Size) => Size; readonly part: Part }>([
  ['records', { size: (large) => large, part: readRecords }],
  ['whole', { size: (large) => large, part: readWhole }],
  ['stream', { size: tenth, part: readStream }],
  ['verify', { size: tenth, part: readVerify }],
  ['changesets', { size: () => ({ rows: 1000, versions: 100 }), part: readChangesets }],
])

function tenth({ rows, versions }: Size): Size {
  return { rows: Math.ceil(rows / 10), versions }
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      parts: { type: 'string', default: [...parts.keys()].join(',') },
      rows: { type: 'string', default: '1000000' },
      versions: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '7' },
      major: { type: 'string', default: '18' },
      'no-write': { type: 'boolean', default: false },
    },
  })
  const large: Size = { rows: Number(values.rows), versions: Number(values.versions) }
  const notes: string[] = []
  const say = (message: string): void => {
    notes.push(message)
    process.stderr.write(`${message}\n`)
  }
  const chosen = values.parts.split(',')
  for (const name of chosen)
    if (!parts.has(name)) throw new RangeError(`${name} is none of ${[...parts.keys()].join(', ')}`)

  const server = await startBenchmarkServer(Number(values.major) as Major)
  const measurements: Measurement[] = []
  try {
    const sizes = new Map<string, { readonly size: Size; readonly parts: Part[] }>()
    for (const [name, { size, part }] of parts) {
      if (!chosen.includes(name)) continue
      const its = size(large)
      const same = sizes.get(JSON.stringify(its)) ?? { size: its, parts: [] }
      same.parts.push(part)
      sizes.set(JSON.stringify(its), same)
    }
    for (const { size, parts: group } of sizes.values()) {
      await withTables(server, size, async (client, url, pid) => {
        for (const part of group) {
          measurements.push(...(await part({ client, url, pid, size, rounds: Number(values.rounds), say })))
        }
      })
    }
  } finally {
    await server.stop()
  }
  const conditions =
    `Postgres ${values.major}, ${large.rows} rows with ${large.versions} versions each, ${values.rounds} rounds, ` +
    `pg ${process.version}; ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}.`
  const report = `${conditions}\n\n${formatMeasurements(measurements)}\n${notes.map((note) => `\n- ${note}`).join('')}\n`
  process.stdout.write(report)
  if (!values['no-write']) await writeResults(measurements, conditions, report)
}

const withTables = async (
  server: Server,
  size: Size,
  use: (client: pg.Client, url: string, pid: number) => Promise<void>,
): Promise<void> => {
  process.stderr.write(`making ${size.rows} rows with ${size.versions} versions each\n`)
  const url = await server.createDatabase()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await fillTables(client, size)
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    await use(client, url, rows[0]?.pid ?? Number.NaN)
  } finally {
    await client.end()
  }
}

const medianOf = (samples: readonly Sample[] | undefined, metric: keyof Sample): number =>
  spreadOf((samples ?? []).map((sample) => sample[metric] ?? Number.NaN)).median

/** Name and samples of what is told against, and of ours. */
const pairOf = ({ samples }: Measurement) => {
  const [[other, base] = ['', []], [, ours] = ['', []]] = [...samples]
  const ratio = (metric: keyof Sample): number => medianOf(ours, metric) / medianOf(base, metric)
  return { other, base, ours, ratio }
}

const formatMeasurements = (measurements: readonly Measurement[]): string =>
  formatTable(
    ['', 'against', 'its ms', 'versiongen ms', '× wall', '× processor', 'at most'],
    measurements.map((measurement) => {
      const { other, base, ours, ratio } = pairOf(measurement)
      const number = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(value < 10 ? 2 : 1))
      return [
        measurement.what,
        other,
        number(medianOf(base, 'wall')),
        number(medianOf(ours, 'wall')),
        number(ratio('wall')),
        number(ratio('processor')),
        measurement.limit === undefined ? '' : String(measurement.limit),
      ]
    }),
  )

const writeResults = async (
  measurements: readonly Measurement[],
  conditions: string,
  report: string,
): Promise<void> => {
  const folder = new URL('../results/', import.meta.url)
  await mkdir(folder, { recursive: true })
  const write = (name: string, text: string): Promise<void> => writeFile(new URL(name, folder), text)
  await write('history.md', report)
  const plain = measurements.map(({ samples, ...rest }) => ({ ...rest, samples: Object.fromEntries(samples) }))
  await write('history.json', `${JSON.stringify({ conditions, measurements: plain }, null, 2)}\n`)
  const chart = drawChart({
    title: 'What reading history costs',
    subtitle: 'Time of the same reading, as a multiple of what it is told against (logarithmic; shorter is better)',
    series: ['by hand, or by its peer', 'versiongen', 'at most'],
    groups: measurements.map((measurement) => ({
      name: measurement.name,
      values: [1, pairOf(measurement).ratio('wall'), measurement.limit ?? Number.NaN],
    })),
  })
  await write('history.svg', chart)
  process.stderr.write(`written to ${fileURLToPath(folder)}\n`)
}

await main()
