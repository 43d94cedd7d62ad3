import { formatTable } from '../lib/format-table.ts'
import { spreadOf } from '../lib/statistics.ts'
import type { Sample } from './arena.ts'
import type { Design } from './designs.ts'
import type { Workload } from './workloads.ts'

export type Metric = 'wall' | 'processor'

/** By workload, then design. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, readonly Sample[]>>

/** The measured numbers of one cell. */
export const samplesOf = (results: Results, workload: string, design: string, metric: Metric): readonly number[] =>
  (results.get(workload)?.get(design) ?? []).map((sample) => sample[metric] ?? Number.NaN)

/** A Markdown document: one overview of ratios, then every workload with medians and spreads. */
export const formatReport = (
  results: Results,
  workloads: readonly Workload[],
  designs: readonly Design[],
  conditions: string,
): string =>
  `${conditions}

${designs.map(({ name, what }) => `- \`${name}\`: ${what}`).join('\n')}

${formatMetric('Wall time', 'wall', results, workloads, designs)}

${formatMetric("Processor time of the server's connections", 'processor', results, workloads, designs)}
`

const formatMetric = (
  title: string,
  metric: Metric,
  results: Results,
  workloads: readonly Workload[],
  designs: readonly Design[],
): string => {
  const median = (workload: string, design: string): number =>
    spreadOf(samplesOf(results, workload, design, metric)).median
  const ratio = (workload: string, design: string, base: string): string =>
    formatRatio(median(workload, design) / median(workload, base))

  const names = workloads.map(({ name }) => name)
  const overview = formatTable(
    ['× none / × cte', ...names],
    designs.map((design) => [
      design.name,
      ...names.map((name) => `${ratio(name, design.name, 'none')} / ${ratio(name, design.name, 'cte')}`),
    ]),
  )
  const details = workloads.map((workload) => {
    const rows = designs.map(({ name }) => {
      const spread = spreadOf(samplesOf(results, workload.name, name, metric))
      return [
        name,
        formatMilliseconds(spread.median),
        `${formatMilliseconds(spread.min)}…${formatMilliseconds(spread.max)}`,
        ratio(workload.name, name, 'none'),
        ratio(workload.name, name, 'cte'),
        ratio(workload.name, 'continuum', name),
      ]
    })
    const head = ['', 'ms (median)', 'min…max', '× none', '× cte', 'continuum / this']
    return `**${workload.name}** ${workload.what}\n\n${formatTable(head, rows)}`
  })
  return [`## ${title}`, overview, ...details].join('\n\n')
}

const formatRatio = (ratio: number): string => (Number.isNaN(ratio) ? '–' : ratio.toFixed(ratio < 10 ? 2 : 1))
const formatMilliseconds = (ms: number): string => (Number.isNaN(ms) ? '–' : ms.toFixed(ms < 10 ? 1 : 0))
