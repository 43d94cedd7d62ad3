import {
  type ChainCondition,
  type ChainProblem as BreakingProblem,
  chainProblemMessages,
  type Chains,
  selectChainViolations,
} from '../history/chain-violations.ts'
import type { VersionedTable } from '../plan/types.ts'
import { castType } from './column-type.ts'
import { equalityOperator } from './equality-operator.ts'
import { identifier, literal, ownRows, qualified } from './quote.ts'

/** One row of the result of {@link chainViolationsSql}. */
export interface ChainViolation {
  /** The key columns by name. */
  readonly key: Readonly<Record<string, unknown>>
  /** The version that is wrong, as a decimal string; null for a live row without any version. */
  readonly transaction_id: string | null
  readonly problem: ChainProblem
}

export type ChainProblem = BreakingProblem | HarmlessProblem

/** Reading still gives the right answer, and only a writer other than the recording triggers leaves it. */
type HarmlessProblem = 'no-op' | 'time-backwards'

const harmlessProblems: Readonly<Record<HarmlessProblem, string>> = {
  'no-op': 'is an update that changed nothing',
  'time-backwards': 'was issued before the version that precedes it',
}

const describeProblems = <Problem extends ChainProblem>(
  messages: Readonly<Record<Problem, string>>,
  breaks: boolean,
): Record<Problem, { readonly breaks: boolean; readonly message: string }> =>
  Object.fromEntries(Object.entries(messages).map(([problem, message]) => [problem, { breaks, message }])) as Record<
    Problem,
    { readonly breaks: boolean; readonly message: string }
  >

/**
 * What can be wrong with a chain. With `breaks`, two versions hold at once or none does, or the history says something
 * that is not so.
 */
export const chainProblems: Readonly<Record<ChainProblem, { readonly breaks: boolean; readonly message: string }>> = {
  ...describeProblems(chainProblemMessages, true),
  ...describeProblems(harmlessProblems, false),
}

/**
 * One SELECT that finds every violation of the rules a history keeps, in one pass over it; no row means that all is
 * well. The rows are {@link ChainViolation}, in order of key and transaction id. The runtime verifies histories by the
 * same statement: how it works is said at `selectChainViolations`.
 *
 * @param options.compareLive reads the live rows too, in the same snapshot
 * @param options.harmless looks for what breaks nothing, too, unless false
 * @param options.keyAsText gives key values as texts rather than as JSON has them, where long numbers lose digits
 *
 * @example
 * ```ts
 * import { chainViolationsSql } from './check-chains.ts'
 * import type { Database } from '../database/types.ts'
 * import type { ChainViolation } from './check-chains.ts'
 * import type { VersionedTable } from '../plan/types.ts'
 *
 * const isSound = async (database: Database, table: VersionedTable): Promise<boolean> => {
 *   const sql = `select * from (${chainViolationsSql(table, { compareLive: true })}) as violation limit 1`
 *   return (await database.query<ChainViolation>(sql)).length === 0
 * }
 * ```
 */
export const chainViolationsSql = (
  table: VersionedTable,
  {
    compareLive,
    harmless = true,
    keyAsText = false,
  }: { readonly compareLive: boolean; readonly harmless?: boolean; readonly keyAsText?: boolean },
): string => {
  const { base, version, transaction, columns, endTransactionColumn } = table
  const chains: Chains = {
    versions: qualified(version),
    transactions: qualified(transaction),
    columns: columns.map(({ name, type }) => ({
      name: identifier(name),
      // History may have a wider type than the base column has by now.
      live: `b.${identifier(name)}::${castType(type)}`,
    })),
    key: table.key.map(({ name }) => columns.findIndex((column) => column.name === name)),
    transactionId: identifier(table.transactionColumn),
    endTransactionId: endTransactionColumn === null ? null : identifier(endTransactionColumn),
    operation: identifier(table.operationColumn),
    issuedAt: transaction.issuedAt ? 't.issued_at' : 'null::timestamp',
    live: compareLive ? `${ownRows(base)} as b` : undefined,
  }
  const selectKey = (key: readonly string[]): string =>
    `json_build_object(${table.key.map(({ name }, i) => `${literal(name)}, ${key[i]}${keyAsText ? '::text' : ''}`).join(', ')}) as key`
  return selectChainViolations(chains, selectKey, (key) => (harmless ? harmlessConditions(table, key) : []))
}

const harmlessConditions = (
  table: VersionedTable,
  key: readonly string[],
): readonly ChainCondition<HarmlessProblem>[] => [
  [
    'no-op',
    `case when operation = 1 and previous_operation <> 2 and not differs then ${equalElsewhere(table, key)} end`,
  ],
  ['time-backwards', 'earlier'],
]

/**
 * Two versions may differ only in a column that the base table no longer has, which is not among those compared: what
 * looks like a no-op is compared as a whole, but for the columns that describe the version itself.
 */
const equalElsewhere = (
  {
    version,
    columns,
    key: keyColumns,
    transactionColumn,
    endTransactionColumn,
    operationColumn,
    trackModified,
  }: VersionedTable,
  key: readonly string[],
): string => {
  const describing = [transactionColumn, endTransactionColumn, operationColumn].filter((name) => name !== null)
  const modified = trackModified ? columns.map(({ name }) => `${name}_mod`) : []
  const names = [...describing, ...modified].map(literal).join(', ')
  const same = keyColumns.flatMap(({ name, type }, i) =>
    ['a', 'b'].map((alias) => `${alias}.${identifier(name)} ${equalityOperator(type)} link.${key[i]}`),
  )
  const id = identifier(transactionColumn)
  return `(
    select to_jsonb(a.*) - array[${names}] = to_jsonb(b.*) - array[${names}]
    from ${qualified(version)} as a, ${qualified(version)} as b
    where ${same.join(' and ')} and a.${id} = link.previous_id and b.${id} = link.id)`
}
