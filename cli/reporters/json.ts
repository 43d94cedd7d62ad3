import type { Finding } from '../../src/plan/types.ts'
import type { CheckReport, TableSummary } from '../../src/results.ts'
import { formatJson } from '../json.ts'
import { relativePath } from '../relative-path.ts'
import type { View } from './view.ts'

/** The check report as a JSON document, in the shape that scripts rely on. */
export const jsonReport = ({ ok, tables, findings, skipped }: CheckReport, view: Pick<View, 'cwd'>): string =>
  formatJson({
    ok,
    tables: tables.map((table) => ({ ...tableJson(table, view), findings: table.findings.map(findingJson) })),
    findings: findings.map(findingJson),
    ...(skipped === undefined ? {} : { skipped }),
  })

export const tableJson = ({ table, model, versionTable }: TableSummary, { cwd }: Pick<View, 'cwd'>): TableSummary => ({
  table,
  model: { name: model.name, file: relativePath(cwd, model.file), line: model.line },
  versionTable,
})

export const findingJson = (finding: Finding): Omit<Finding, 'where'> => {
  const { code, severity, object, expected, actual, message, fix } = finding
  return { code, severity, object, expected, actual, message, fix }
}
