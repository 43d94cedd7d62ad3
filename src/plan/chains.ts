import { endProblems } from '../history/chain-violations.ts'
import { chainProblems, type ChainViolation } from '../sql/check-chains.ts'
import type { Change } from './changes.ts'
import { verifyCommand, versionCommand } from './command.ts'
import type { Comparison } from './report.ts'
import { qualify } from './resolve.ts'
import type { DriftCode, Finding, VersionedTable } from './types.ts'

/** Rows of a version table up to which `check` reads all of them unasked. */
export const cheapChains = 100_000

/** Whether reading a whole history costs next to nothing. One that was never analyzed is new. */
export const isCheapToRead = ({ history }: VersionedTable): boolean =>
  history !== undefined && history.isHistory && history.found.estimatedRows <= cheapChains

/**
 * Whether the version table has the columns, types and key that the statement reads which finds broken chains, and its rows
 * are not about to be brought in line anyway. What else is wrong hides no lost change.
 */
export const hasReadableChains = ({ table, findings, changes }: Comparison): boolean =>
  findings.length === 0 ||
  (table.transaction.exists &&
    !findings.some(({ code }) => shape.has(code)) &&
    !changes.some(({ kind }) => reshapes.has(kind)))

const shape: ReadonlySet<DriftCode> = new Set([
  'version-table-missing',
  'version-table-foreign',
  'column-missing',
  'column-type',
  'primary-key',
])

const reshapes: ReadonlySet<Change['kind']> = new Set(['rename-column', 'close-chains', 'fill', 'catch-up'])

/** Faults of a history that is sound in itself: somebody has written the table past the triggers. */
const writtenPast: ReadonlySet<string> = new Set(['row-missing', 'row-alive', 'row-differs'])

/** Whether versions have to be given the ends that follow from the next ones. */
export const haveWrongEnds = (violations: readonly ChainViolation[]): boolean =>
  violations.some(({ problem }) => endProblems.has(problem))

const isRepairable = (broken: readonly ChainViolation[]): boolean =>
  broken.every(({ problem }) => writtenPast.has(problem) || endProblems.has(problem))

/** One finding for a table whose history contradicts itself or the live rows, however many of its rows do. */
export const describeBrokenChains = (
  table: VersionedTable,
  violations: readonly ChainViolation[],
): Finding | undefined => {
  const broken = violations.filter(({ problem }) => chainProblems[problem].breaks && problem !== 'version-missing')
  const [first] = broken
  if (first === undefined) return undefined
  const { file, line, column } = table.model
  const key = Object.entries(first.key).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  const others = broken.length === 1 ? '' : `, and ${broken.length - 1} more`
  const repairable = isRepairable(broken)
  const advice = repairable ? '' : `. Only a person can repair that: ${verifyCommand(table.base)} lists the versions`
  return {
    code: 'chain-broken',
    severity: 'error',
    object: qualify(table.version),
    expected: 'chains without gap or overlap that end with the live row',
    actual: `${first.problem}: ${key.join(', ')}, transaction ${first.transaction_id ?? 'none'}${others}`,
    message: `the version of ${key.join(', ')} in transaction ${first.transaction_id ?? 'none'} ${chainProblems[first.problem].message}${others}${advice}`,
    fix: repairable ? versionCommand(table.base) : null,
    where: { file, line, column },
  }
}
