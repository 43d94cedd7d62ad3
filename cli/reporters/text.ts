import type { Finding } from '../../src/plan/types.ts'
import type { CheckReport, TableSummary } from '../../src/results.ts'
import { formatPlace } from '../../src/errors.ts'
import { printable } from '../printable.ts'
import { relativePath } from '../relative-path.ts'
import { comparison, summarize } from './findings.ts'
import type { View } from './view.ts'

/** For people: the findings table by table, each with the command that repairs it, then one line that sums up. */
export const textReport = (report: CheckReport, view: View): string => {
  const shown = (findings: readonly Finding[]): readonly Finding[] =>
    view.quiet ? findings.filter(({ severity }) => severity === 'error') : findings
  const blocks = report.tables
    .map((table) => ({ table, findings: shown(table.findings) }))
    .filter(({ findings }) => findings.length > 0)
    .map(({ table, findings }) => [tableLine(table, view), ...findings.flatMap((each) => findingLines(each, view))])
  const others = shown(report.findings)
  if (others.length > 0)
    blocks.push([view.paint('bold', 'project'), ...others.flatMap((each) => findingLines(each, view))])
  const sum = view.paint(report.ok ? 'green' : 'red', summarize(report))
  const lines = [...blocks.map((block) => `${block.join('\n')}\n`), ...(view.quiet && report.ok ? [] : [sum])]
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

const tableLine = ({ table, model }: TableSummary, { cwd, paint }: View): string =>
  `${paint('bold', printable(table))}  ${paint('dim', printable(`${relativePath(cwd, model.file)}:${model.line}`))}`

/** The lines of one finding, indented. Shared with the summary of `generate`. */
export const findingLines = (finding: Finding, { cwd, paint }: View): readonly string[] => {
  const { severity, code, object, message, fix, where } = finding
  const place = where?.file === undefined ? '' : formatPlace({ ...where, file: relativePath(cwd, where.file) })
  const details = [
    message,
    comparison(finding),
    place === '' ? null : `at ${place}`,
    fix === null ? null : `fix: ${fix}`,
  ]
  const colour = severity === 'error' ? 'red' : 'yellow'
  return [
    `  ${paint(colour, severity.padEnd(7))}  ${paint('bold', code)}  ${printable(object)}`,
    ...details.filter((line) => line !== null).map((line) => `           ${printable(line)}`),
  ]
}
