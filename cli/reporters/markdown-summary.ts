import type { CheckReport } from '../../src/results.ts'
import { printable } from '../printable.ts'
import { relativePath } from '../relative-path.ts'
import { allFindings, comparison, fileOf, summarize } from './findings.ts'
import type { View } from './view.ts'

/** For `$GITHUB_STEP_SUMMARY`, or a comment on a pull request. */
export const markdownSummary = (report: CheckReport, { cwd }: View): string => {
  const findings = allFindings(report)
  const head = `### ${report.ok ? '✅' : '❌'} versiongen check: ${summarize(report)}`
  const skipped = (report.skipped ?? []).map((part) => `Not looked at: ${escapeText(part)}.  \n`).join('')
  const foot = skipped === '' ? '' : `${skipped}\n`
  if (findings.length === 0) return `${head}\n\n${foot}`
  const rows = findings.map((each) => {
    const { severity, code, object, message, fix } = each.finding
    const place = fileOf(each)
    const where = place === undefined ? '' : codeSpan(`${relativePath(cwd, place.file)}:${place.line}`)
    const what = [escapeText(message), escapeText(comparison(each.finding) ?? '')]
      .filter((part) => part !== '')
      .join('; ')
    return [severity, codeSpan(code), codeSpan(object), what, where, fix === null ? '' : codeSpan(fix)]
  })
  const table = [['', 'code', 'object', 'what', 'where', 'fix'], ['---', '---', '---', '---', '---', '---'], ...rows]
  return `${head}\n\n${table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n\n${foot}`
}

/** A code span in a table cell, with a fence longer than any run of backticks in it. */
const codeSpan = (text: string): string => {
  const safe = printable(text).replaceAll('|', '\\|')
  const longest = Math.max(0, ...[...safe.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest === 0 ? `${fence}${safe}${fence}` : `${fence} ${safe} ${fence}`
}

const escapeText = (text: string): string =>
  printable(text)
    .replace(/[\\`*_{}[\]#|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
