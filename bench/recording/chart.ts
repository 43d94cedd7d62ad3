/** Bars in groups, on a logarithmic scale. */
export interface Chart {
  readonly title: string
  /** Under the title: the unit and the conditions. */
  readonly subtitle: string
  readonly groups: readonly {
    readonly name: string
    /** One per series; NaN where there is none. */
    readonly values: readonly number[]
  }[]
  readonly series: readonly string[]
}

/** Told apart also without colour vision (Okabe and Ito), and on white as on black. */
const colors: readonly string[] = [
  '#8c8c8c',
  '#56b4e9',
  '#009e73',
  '#d55e00',
  '#e69f00',
  '#cc79a7',
  '#0072b2',
  '#b8a800',
]

const barWidth = 12
const groupGap = 26
const left = 48
const top = 96
const plotHeight = 280

/** An SVG document that follows the reader's light or dark setting, and needs nothing else. */
export const drawChart = ({ title, subtitle, groups, series }: Chart): string => {
  const groupWidth = series.length * barWidth + groupGap
  const width = Math.max(left + groups.length * groupWidth + 16, 640)
  const height = top + plotHeight + 40
  const largest = Math.max(1, ...groups.flatMap(({ values }) => values.filter((value) => !Number.isNaN(value))))
  const ceiling = ticks.find((tick) => tick >= largest) ?? largest
  const floor = 0.5
  const y = (value: number): number =>
    top + plotHeight * (1 - Math.log(Math.max(value, floor) / floor) / Math.log(ceiling / floor))

  const grid = ticks
    .filter((tick) => tick <= ceiling)
    .map(
      (
        tick,
      ) => `<line class="${tick === 1 ? 'axis' : 'grid'}" x1="${left}" x2="${width - 16}" y1="${at(y(tick))}" y2="${at(y(tick))}"/>
<text class="small" text-anchor="end" x="${left - 8}" y="${at(y(tick) + 4)}">${tick}×</text>`,
    )
  const bars = groups.flatMap(({ name, values }, group) => {
    const start = left + group * groupWidth + groupGap / 2
    const middle = start + (series.length * barWidth) / 2
    return [
      `<text text-anchor="middle" x="${at(middle)}" y="${top + plotHeight + 22}">${escapeText(name)}</text>`,
      ...values.flatMap((value, index) => {
        if (Number.isNaN(value)) return []
        const bar = `x="${at(start + index * barWidth)}" y="${at(y(value))}" width="${barWidth - 2}" height="${at(top + plotHeight - y(value))}"`
        const label = `${escapeText(series[index] ?? '')}, ${escapeText(name)}: ${value.toFixed(2)}×`
        return [`<rect ${bar} fill="${colorOf(index)}"><title>${label}</title></rect>`]
      }),
    ]
  })
  let x = left
  const legend = series.map((name, index) => {
    const item = `<rect x="${x}" y="64" width="12" height="12" rx="2" fill="${colorOf(index)}"/>
<text class="small" x="${x + 17}" y="74">${escapeText(name)}</text>`
    x += 17 + name.length * 6.6 + 18
    return item
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${at(Math.max(width, x))} ${height}" role="img" aria-label="${escapeText(title)}">
<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .small { font-size: 12px } .title { font-size: 17px; font-weight: 600 }
  .grid { stroke: #24292f; stroke-opacity: 0.12 } .axis { stroke: #24292f; stroke-opacity: 0.6 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid, .axis { stroke: #e6edf3 } }
</style>
<text class="title" x="${left}" y="26">${escapeText(title)}</text>
<text class="small" x="${left}" y="46">${escapeText(subtitle)}</text>
${[...legend, ...grid, ...bars].join('\n')}
</svg>
`
}

const ticks: readonly number[] = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
const colorOf = (index: number): string => colors[index % colors.length] ?? '#000'
const at = (number: number): string => String(Math.round(number * 10) / 10)
const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
