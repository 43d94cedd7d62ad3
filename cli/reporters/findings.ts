import type { Finding } from '../../src/plan/types.ts'
import type { CheckReport, TableSummary } from '../../src/results.ts'
import { count } from '../printable.ts'

export interface TableFinding {
  readonly finding: Finding
  /** Undefined for what belongs to no single table. */
  readonly table: TableSummary | undefined
}

/** Every finding with the table it belongs to, those of the tables first. */
export const allFindings = (report: CheckReport): readonly TableFinding[] => [
  ...report.tables.flatMap((table) => table.findings.map((finding) => ({ finding, table }))),
  ...report.findings.map((finding) => ({ finding, table: undefined })),
]

/** Where a reader should look: the finding's own line, else the model's, else the finding's file. */
export const fileOf = ({
  finding,
  table,
}: TableFinding): { file: string; line: number; column?: number } | undefined => {
  const { file, line, column } = finding.where ?? {}
  if (file !== undefined && line !== undefined) return column === undefined ? { file, line } : { file, line, column }
  if (table !== undefined) return { file: table.model.file, line: table.model.line }
  return file === undefined ? undefined : { file, line: 1 }
}

/** `3 tables in sync`, or `2 errors, 1 warning`. */
export const summarize = (report: CheckReport): string => {
  const findings = allFindings(report)
  const errors = findings.filter(({ finding }) => finding.severity === 'error').length
  const warnings = findings.length - errors
  const parts = [errors === 0 ? '' : count(errors, 'error'), warnings === 0 ? '' : count(warnings, 'warning')]
  const counted = parts.filter((part) => part !== '').join(', ')
  if (errors === 0) return [`${count(report.tables.length, 'table')} in sync`, counted].filter(Boolean).join(', ')
  return `${counted} in ${count(report.tables.length, 'table')}`
}

/** `expected x, found y`; null when the finding compares nothing. */
export const comparison = ({ expected, actual }: Finding): string | null => {
  if (expected === null && actual === null) return null
  if (expected === null) return `found ${actual}, expected nothing`
  return `expected ${expected}, found ${actual ?? 'nothing'}`
}
