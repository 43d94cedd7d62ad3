import type { CheckReport } from '../../src/results.ts'
import { printable, printableLines } from '../printable.ts'
import { relativePath } from '../relative-path.ts'
import { allFindings, comparison, fileOf, summarize, type TableFinding } from './findings.ts'
import type { View } from './view.ts'

/** Workflow commands: GitHub shows each finding on the line of its model. */
export const githubReport = (report: CheckReport, { cwd }: View): string => {
  const lines = allFindings(report).map((each) => annotation(each, cwd))
  const skipped = (report.skipped ?? []).map((part) => escapeData(printable(`not looked at: ${part}`)))
  return [...lines, escapeData(`versiongen check: ${summarize(report)}`), ...skipped, ''].join('\n')
}

const annotation = (each: TableFinding, cwd: string): string => {
  const { severity, code, object, message, fix } = each.finding
  const place = fileOf(each)
  const properties = [
    ...(place === undefined ? [] : [`file=${escapeProperty(relativePath(cwd, place.file))}`, `line=${place.line}`]),
    ...(place?.column === undefined ? [] : [`col=${place.column}`]),
    `title=${escapeProperty(printable(`${code} ${object}`))}`,
  ]
  const text = [message, comparison(each.finding), fix === null ? null : `fix: ${fix}`].filter((line) => line !== null)
  return `::${severity} ${properties.join(',')}::${escapeData(printableLines(text.join('\n')))}`
}

const escapeData = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
