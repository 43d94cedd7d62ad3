import type { Finding } from '../../src/plan/types.ts'
import type { CheckReport } from '../../src/results.ts'
import { relativePath } from '../relative-path.ts'
import { comparison } from './findings.ts'
import type { View } from './view.ts'

/** JUnit XML: a suite a table, a case a finding; errors are failures. A table without findings has one case that passes. */
export const junitReport = (report: CheckReport, { cwd }: View): string => {
  const suites = report.tables.map(({ table, model, findings }) =>
    suite(table, relativePath(cwd, model.file), findings),
  )
  if (report.findings.length > 0) suites.push(suite('project', undefined, report.findings))
  const skipped = report.skipped ?? []
  if (skipped.length > 0) suites.push(skippedSuite(skipped))
  const all = [...report.tables.flatMap(({ findings }) => findings), ...report.findings]
  const tests = all.length + skipped.length + report.tables.filter(({ findings }) => findings.length === 0).length
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="versiongen check" tests="${tests}" failures="${failures(all)}"${skipped.length > 0 ? ` skipped="${skipped.length}"` : ''}>`,
    ...suites.flat(),
    '</testsuites>',
    '',
  ].join('\n')
}

const suite = (name: string, file: string | undefined, findings: readonly Finding[]): readonly string[] => {
  const cases = findings.length === 0 ? [`    <testcase ${attributes({ classname: name, name: 'in sync' })}/>`] : []
  const size = { tests: String(cases.length + findings.length), failures: String(failures(findings)) }
  return [
    `  <testsuite ${attributes({ name, ...(file === undefined ? {} : { file }), ...size })}>`,
    ...cases,
    ...findings.flatMap((finding) => testCase(name, finding)),
    '  </testsuite>',
  ]
}

const skippedSuite = (skipped: readonly string[]): readonly string[] => {
  const size = { tests: String(skipped.length), failures: '0', skipped: String(skipped.length) }
  return [
    `  <testsuite ${attributes({ name: 'not looked at', ...size })}>`,
    ...skipped.map(
      (part) => `    <testcase ${attributes({ classname: 'not looked at', name: part })}><skipped/></testcase>`,
    ),
    '  </testsuite>',
  ]
}

const testCase = (classname: string, finding: Finding): readonly string[] => {
  const { code, severity, object, message, fix } = finding
  const details = [message, comparison(finding), fix === null ? null : `fix: ${fix}`].filter((line) => line !== null)
  const text = escapeText(details.join('\n'))
  return [
    `    <testcase ${attributes({ classname, name: `${code} ${object}` })}>`,
    severity === 'error'
      ? `      <failure ${attributes({ type: code, message })}>${text}</failure>`
      : `      <system-out>${text}</system-out>`,
    '    </testcase>',
  ]
}

const failures = (findings: readonly Finding[]): number =>
  findings.filter(({ severity }) => severity === 'error').length

const attributes = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}="${escapeText(value).replace(/[\t\n\r]/g, (each) => `&#${each.charCodeAt(0)};`)}"`)
    .join(' ')

/** XML 1.0 has no way to write most control characters: they become U+FFFD. */
const escapeText = (text: string): string =>
  text
    .replace(/(?![\t\n\r])\p{Cc}|[\uFFFE\uFFFF]|\p{Cs}/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
