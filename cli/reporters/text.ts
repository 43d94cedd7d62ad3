import type { Finding } from '../../src/plan/types.ts'
import type { CheckReport, TableSummary } from '../../src/results.ts'
import { formatPlace } from '../../src/errors.ts'
import { printable } from '../printable.ts'
import { relativePath } from '../relative-path.ts'
import { comparison, summarize } from './findings.ts'
import type { View } from './view.ts'

/** For people: the findings table by table, with the command that repairs them, then one line that sums up. */
export const textReport = (report: CheckReport, view: View): string => {
  const { paint, quiet } = view
  const shown = (findings: readonly Finding[]): readonly Finding[] =>
    quiet ? findings.filter(({ severity }) => severity === 'error') : findings
  const blocks = report.tables
    .map((table) => ({ table, findings: shown(table.findings) }))
    .filter(({ findings }) => findings.length > 0)
    .map(({ table, findings }) => [tableLine(table, view), ...blockLines(findings, view, table)])
  const others = shown(report.findings)
  if (others.length > 0) blocks.push([paint('bold', 'project'), ...blockLines(others, view)])
  const sum = [
    paint(report.ok ? 'green' : 'red', summarize(report)),
    ...(report.skipped ?? []).map((part) => paint('dim', printable(`not looked at: ${part}`))),
  ]
  const lines = [...blocks.map((block) => `${block.join('\n')}\n`), ...(quiet && report.ok ? [] : sum)]
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

const tableLine = ({ table, model }: TableSummary, { cwd, paint }: View): string =>
  `${paint('bold', printable(table))}  ${paint('dim', printable(`${relativePath(cwd, model.file)}:${model.line}`))}`

/** A command that repairs them all is said once, below them. */
const blockLines = (findings: readonly Finding[], view: View, table?: TableSummary): readonly string[] => {
  const [fix, ...otherFixes] = new Set(findings.map((finding) => finding.fix))
  const isShared = findings.length > 1 && otherFixes.length === 0 && fix !== null && fix !== undefined
  return [
    ...findings.flatMap((each) => findingLines(isShared ? { ...each, fix: null } : each, view, table)),
    ...(isShared ? [fixLine(fix, view)] : []),
  ]
}

/** The lines of one finding, indented. Shared with the summary of `generate`. */
export const findingLines = (finding: Finding, view: View, table?: TableSummary): readonly string[] => {
  const { cwd, paint } = view
  const { severity, code, object, message, fix, where } = finding
  const isKnown = where?.file === undefined || (where.file === table?.model.file && where.line === table.model.line)
  const place = isKnown ? null : formatPlace({ ...where, file: relativePath(cwd, where.file) })
  const details = [message.includes(object) || place === object ? null : object, comparison(finding), place]
  const colour = severity === 'error' ? 'red' : 'yellow'
  return [
    `  ${paint(colour, severity.padEnd(7))}  ${printable(message)}  ${paint('dim', `[${code}]`)}`,
    ...details.filter((line) => line !== null).map((line) => `           ${printable(line)}`),
    ...(fix === null ? [] : [fixLine(fix, view)]),
  ]
}

const fixLine = (fix: string, { paint }: View): string => `  ${paint('cyan', 'fix')}      ${printable(fix)}`
