/** A rule that a history breaks. */
export type ChainProblem =
  | 'gap'
  | 'overlap'
  | 'inverted'
  | 'open-not-last'
  | 'last-not-open'
  | 'first-not-insert'
  | 'insert-again'
  | 'change-after-delete'
  | 'unknown-operation'
  | 'transaction-missing'
  | 'row-missing'
  | 'row-alive'
  | 'row-differs'
  | 'version-missing'

/** What to say of a version that breaks a rule; of a live row for `version-missing`. */
export const chainProblemMessages: Readonly<Record<ChainProblem, string>> = {
  gap: 'ends before the next version begins',
  overlap: 'ends after the next version begins',
  inverted: 'ends no later than it begins',
  'open-not-last': 'is still open although a later version follows',
  'last-not-open': 'is the last version but has an end',
  'first-not-insert': 'is the first version but not an insert',
  'insert-again': 'is an insert although the row existed',
  'change-after-delete': 'follows a delete but is not an insert',
  'unknown-operation': 'has an operation other than 0, 1 and 2',
  'transaction-missing': 'has no row in the transaction table',
  'row-missing': 'says that the row is alive, but it is gone',
  'row-alive': 'says that the row was deleted, but it is alive',
  'row-differs': 'does not hold the values of the live row',
  'version-missing': 'the row has no version',
}

/** A history to look into, as SQL: all names are quoted. */
export interface Chains {
  readonly versions: string
  readonly transactions: string
  /** Columns whose values are kept: their names, and a live row `b`'s value in the type that history has. */
  readonly columns: readonly { readonly name: string; readonly live: string }[]
  /** Positions of the key among the columns, in key order. */
  readonly key: readonly number[]
  readonly transactionId: string
  /** Null where versions are not closed. */
  readonly endTransactionId: string | null
  readonly operation: string
  /** When a transaction `t` was issued. */
  readonly issuedAt: string
  /** Where live rows `b` come from; undefined to leave them out. */
  readonly live: string | undefined
}

/** The name of a problem, and a condition on `link`, which is explained at {@link selectChainViolations}. */
export type ChainCondition<Problem extends string> = readonly [problem: Problem, condition: string]

/**
 * One SELECT that finds every violation of the rules a history keeps, in one pass over it: the key as `selectKey` says, the
 * transaction of the version (null for a live row without any), and the problem; in order of key and transaction. No row
 * means that all is well.
 *
 * The live row is looked at as if it were the version after the last one, so that one sort by key serves everything.
 * Values are compared byte by byte (`record_image_ne`), as `json` has no equality and `1.0` is not `1.00`. All columns are
 * called `c1`, `c2`, …, so that no name can clash.
 *
 * Conditions see a state of a row as `link`: its key columns, `live`, `id`, `end_id`, `operation`, `has_transaction`; what
 * comes before it in its chain, `previous_id` and `previous_operation`, whether it `differs` from that and is dated
 * `earlier`; and what comes after, `next_id` and `next_live`, which is null after the last state, false before another
 * version, true before the live row.
 */
export const selectChainViolations = (
  chains: Chains,
  selectKey: (key: readonly string[]) => string,
  further: (key: readonly string[]) => readonly ChainCondition<string>[] = () => [],
): string => {
  const columns = chains.columns.map((_, index) => `c${index + 1}`).join(', ')
  const key = chains.key.map((position) => `c${position + 1}`)
  const conditions: readonly ChainCondition<string>[] = [
    ...(chains.endTransactionId === null ? [] : intervalConditions),
    ...versionConditions,
    ...(chains.live === undefined ? [] : liveConditions),
    ...further(key),
  ]
  return `select ${selectKey(key)}, coalesce(id, previous_id)::text as transaction_id, problem
from (
  select ${key.join(', ')}, live, id, previous_id, array_remove(array[
${conditions.map(([problem, condition]) => `    case when ${condition} then '${problem}' end`).join(',\n')}
  ], null) as problems
  from (
    select ${key.join(', ')}, live, id, end_id, operation,
           lead(live) over chain as next_live, lead(id) over chain as next_id,
           lag(id) over chain as previous_id, lag(operation) over chain as previous_operation,
           record_image_ne(row(${columns}), lag(row(${columns})) over chain) as differs,
           has_transaction, issued_at < lag(issued_at) over chain as earlier
    from (
${selectStates(chains)}
    ) as state
    window chain as (partition by ${key.join(', ')} order by live, id)
  ) as link
) as link
cross join lateral unnest(problems) as problem
where problems <> '{}'
order by ${key.join(', ')}, live, id, problem`
}

/** Every state a row was or is in: its versions, then the live row. */
const selectStates = ({
  versions,
  transactions,
  columns,
  transactionId,
  endTransactionId,
  operation,
  issuedAt,
  live,
}: Chains): string => {
  const end = endTransactionId === null ? 'null::bigint' : `v.${endTransactionId}`
  const kept = `    select ${columns.map(({ name }, index) => `v.${name} as c${index + 1}`).join(', ')},
           false as live, v.${transactionId} as id, ${end} as end_id,
           v.${operation} as operation, t.id is not null as has_transaction, ${issuedAt} as issued_at
    from ${versions} as v
    left join ${transactions} as t on t.id = v.${transactionId}`
  if (live === undefined) return kept
  return `${kept}
    union all
    select ${columns.map((column) => column.live).join(', ')},
           true, null, null, null, null, null
    from ${live}`
}

const versionConditions: readonly ChainCondition<ChainProblem>[] = [
  ['first-not-insert', 'not live and previous_id is null and operation <> 0'],
  ['insert-again', 'operation = 0 and previous_operation <> 2'],
  ['change-after-delete', 'operation <> 0 and previous_operation = 2'],
  ['unknown-operation', 'not live and operation not in (0, 1, 2)'],
  ['transaction-missing', 'not live and not has_transaction'],
]

const intervalConditions: readonly ChainCondition<ChainProblem>[] = [
  ['gap', 'not next_live and end_id > id and end_id < next_id'],
  ['overlap', 'not next_live and end_id > next_id'],
  ['inverted', 'end_id <= id'],
  ['open-not-last', 'not live and not next_live and end_id is null'],
  ['last-not-open', 'not live and next_live is distinct from false and end_id is not null'],
]

/** SQLSTATEs of a live value that its history cannot hold: data exceptions, what a domain refuses, casts that there are not. */
export const unfit: RegExp = /^(22|23|42846)/

/** Faults of an end, which follows from the next version: two have written the history, or somebody has changed it. */
export const endProblems: ReadonlySet<string> = new Set(intervalConditions.map(([problem]) => problem))

const liveConditions: readonly ChainCondition<ChainProblem>[] = [
  ['row-missing', 'not live and next_live is null and operation <> 2'],
  ['row-alive', 'next_live and operation = 2'],
  ['row-differs', 'live and previous_operation <> 2 and differs'],
  ['version-missing', 'live and previous_id is null'],
]
