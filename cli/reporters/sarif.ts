import { createHash } from 'node:crypto'
import { byCodePoint } from '../../src/order.ts'
import { driftCodes } from '../../src/plan/drift-codes.ts'
import type { CheckReport } from '../../src/results.ts'
import { VERSION } from '../../src/version.ts'
import { formatJson } from '../json.ts'
import { relativePath } from '../relative-path.ts'
import { allFindings, comparison, fileOf, type TableFinding } from './findings.ts'
import type { View } from './view.ts'

/** SARIF 2.1.0, for code scanning. One result a finding; its fingerprint stays the same while code and object do. */
export const sarifReport = (report: CheckReport, { cwd }: View): string => {
  const findings = allFindings(report)
  const ruleIds = [...new Set(findings.map(({ finding }) => finding.code))].sort(byCodePoint)
  return formatJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'versiongen',
            semanticVersion: VERSION,
            rules: ruleIds.map((id) => ({ id, shortDescription: { text: driftCodes[id] } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        ...(report.skipped === undefined ? {} : { invocations: [invocation(report.skipped)] }),
        results: findings.map((each) => result(each, ruleIds.indexOf(each.finding.code), cwd)),
      },
    ],
  })
}

/** What was not looked at stands where a tool says how its run went. */
const invocation = (skipped: readonly string[]): object => ({
  executionSuccessful: true,
  toolExecutionNotifications: skipped.map((part) => ({ level: 'note', message: { text: `not looked at: ${part}` } })),
})

const result = (each: TableFinding, ruleIndex: number, cwd: string): object => {
  const { code, severity, object, message, fix } = each.finding
  const sentences = [message, comparison(each.finding), fix === null ? null : `fix: ${fix}`]
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: sentences.filter((line) => line !== null).join('\n') },
    locations: [{ ...physicalLocation(each, cwd), logicalLocations: [{ fullyQualifiedName: object }] }],
    partialFingerprints: { 'driftObject/v1': createHash('sha256').update(`${code}\0${object}`).digest('hex') },
  }
}

const physicalLocation = (each: TableFinding, cwd: string): object => {
  const place = fileOf(each)
  if (place === undefined) return {}
  const { file, line, column } = place
  const path = relativePath(cwd, file)
  const uri = path.split('/').map(encodeURIComponent).join('/')
  return {
    physicalLocation: {
      artifactLocation: path.startsWith('/') ? { uri: `file://${uri}` } : { uri, uriBaseId: '%SRCROOT%' },
      region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) },
    },
  }
}
