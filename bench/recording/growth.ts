/**
 * Whether recording slows down as history grows: one-row UPDATEs (W1),
 *
 * - of rows that have 1, 10, … 10,000 versions each (500 rows), and
 * - of rows in a version table of 10^5, 10^6, 10^7 versions (100,000 rows).
 *
 *   npm run bench:growth -- [--rounds 7] [--scale 1] [--major 18] [--only ours] [--sql FILE]… [--no-write]
 *
 * `--scale 0.1` stops at 1,000 versions a row, and at a tenth of the rows, hence of the versions. All sizes are measured
 * in turn within each round. Reported is the median of each size over that of the smallest. For `--sql` see main.ts.
 * Needs 10 GB of disk at full size; writes bench/results/growth.md.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { makeRandom } from '../../test/recording-torture/random.ts'
import type { Major, Server } from '../../test/support/server.ts'
import { startBenchmarkServer } from '../lib/server.ts'
import { shuffle, spreadOf } from '../lib/statistics.ts'
import { createTemplate, measure, openArena } from './arena.ts'
import type { Arena, Sample } from './arena.ts'
import { designFromFile, designs } from './designs.ts'
import type { Design } from './designs.ts'
import { columns } from './mine.ts'
import { updateEach } from './workloads.ts'

interface Series {
  readonly title: string
  readonly rows: number
  /** Ascending. */
  readonly versionsPerRow: readonly number[]
  /** Of these, so many are updated in one measurement. */
  readonly updates: number
}

interface Point {
  readonly arena: Arena
  readonly versionsPerRow: number
  readonly ids: readonly string[]
  readonly samples: Sample[]
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      scale: { type: 'string', default: '1' },
      major: { type: 'string', default: '18' },
      only: { type: 'string', default: 'ours' },
      sql: { type: 'string', multiple: true, default: [] },
      'no-write': { type: 'boolean', default: false },
    },
  })
  const scale = Number(values.scale)
  const chosen = designs.filter(({ name }) => values.only.split(',').includes(name))
  const contenders = [...chosen, ...(await Promise.all(values.sql.map(designFromFile)))]
  const all: readonly Series[] = [
    {
      title: 'versions of each row',
      rows: 500,
      versionsPerRow: [1, 10, 100, 1000, 10_000].filter((count) => count <= 10_000 * scale),
      updates: 500,
    },
    { title: 'versions in the table', rows: 100_000 * scale, versionsPerRow: [1, 10, 100], updates: 4000 },
  ]
  const server = await startBenchmarkServer(Number(values.major) as Major)
  try {
    const sections: string[] = []
    for (const series of all) sections.push(await runSeries(server, series, contenders, Number(values.rounds)))
    const report = `Postgres ${values.major}, one-row UPDATEs, two connections, ${values.rounds} rounds; fsync off.

${sections.join('\n\n')}
`
    process.stdout.write(report)
    if (values['no-write']) return
    const folder = new URL('../results/', import.meta.url)
    await mkdir(folder, { recursive: true })
    await writeFile(new URL('growth.md', folder), report)
  } finally {
    await server.stop()
  }
}

const runSeries = async (
  server: Server,
  series: Series,
  contenders: readonly Design[],
  rounds: number,
): Promise<string> => {
  const template = await createTemplate(server, series.rows, 0)
  const points: Point[] = []
  const random = makeRandom(1)
  try {
    for (const design of contenders) {
      for (const versionsPerRow of series.versionsPerRow) {
        process.stderr.write(`${series.title}: ${design.name}, ${series.rows} × ${versionsPerRow}\n`)
        const arena = await openArena(server, template, design)
        await growHistory(arena, versionsPerRow)
        const { rows } = await arena.keeper.query<{ id: string }>('select id from mine order by id')
        points.push({ arena, versionsPerRow, ids: rows.map(({ id }) => id), samples: [] })
      }
    }
    for (let round = 0; round <= rounds; round++) {
      const start = Math.floor(random() * series.rows)
      for (const { arena, ids, samples } of shuffle(points, random)) {
        const chosen = [...ids.slice(start), ...ids.slice(0, start)].slice(0, series.updates)
        const sample = await measure(arena, updateEach, { ids: chosen, serial: round, scale: 1, file: '' })
        // Round 0 loads caches.
        if (round > 0) samples.push(sample)
      }
      process.stderr.write(`round ${round} of ${rounds}\n`)
    }
    return formatSeries(series, contenders, points)
  } finally {
    for (const { arena } of points) await arena.close()
  }
}

/** Replaces the backfilled history by a longer one that ends in the live rows: each transaction changed every row. */
const growHistory = async ({ keeper }: Arena, versionsPerRow: number): Promise<void> => {
  const names = columns.map(([name]) => name)
  const changed = names.map((name) => (name === 'note' ? `'Version ' || n || '; ' || m.note` : `m.${name}`))
  const last = String(versionsPerRow)
  await keeper.query(`
    truncate mine_version;
    delete from transaction;
    insert into transaction (id, issued_at) select n, now() from generate_series(1, ${last}) as n;
    select setval(pg_get_serial_sequence('transaction', 'id'), ${last});
    insert into mine_version (${names.join(', ')}, transaction_id, end_transaction_id, operation_type)
    select ${changed.join(', ')}, n, n + 1, case when n = 1 then 0 else 1 end
    from generate_series(1, ${last} - 1) as n, mine as m;
    insert into mine_version (${names.join(', ')}, transaction_id, operation_type)
    select ${names.join(', ')}, ${last}, case when ${last} = 1 then 0 else 1 end from mine`)
  await keeper.query('vacuum analyze')
}

const formatSeries = (series: Series, contenders: readonly Design[], points: readonly Point[]): string => {
  const sections = contenders.map((design) => {
    const own = points.filter(({ arena }) => arena.design === design)
    const [nearest] = own
    const lines = own.map((point) => {
      const wall = spreadOf(point.samples.map((sample) => sample.wall))
      const perUpdate = (wall.median * 1000) / Math.min(series.updates, series.rows)
      return `| ${point.versionsPerRow} | ${point.versionsPerRow * series.rows} | ${perUpdate.toFixed(0)} | ${ratio(point, nearest, 'wall')} | ${ratio(point, nearest, 'processor')} |`
    })
    return `### ${design.name}

| versions a row | versions in all | µs per update | × smallest (wall) | × smallest (processor) |
| -------------: | --------------: | ------------: | ----------------: | ---------------------: |
${lines.join('\n')}`
  })
  return [`## More ${series.title}`, ...sections].join('\n\n')
}

const ratio = (point: Point, base: Point | undefined, metric: 'wall' | 'processor'): string => {
  const median = (of: Point | undefined): number =>
    spreadOf((of?.samples ?? []).map((sample) => sample[metric] ?? Number.NaN)).median
  return (median(point) / median(base)).toFixed(2)
}

await main()
