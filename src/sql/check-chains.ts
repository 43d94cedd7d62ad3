import type { VersionedTable } from '../plan/types.ts'
import { typeWithoutModifier } from './column-type.ts'
import { identifier, literal, qualified } from './quote.ts'

/** One row of the result of {@link chainViolationsSql}. */
export interface ChainViolation {
  /** The key columns by name. */
  readonly key: Readonly<Record<string, unknown>>
  /** The version that is wrong, as a decimal string; null for a live row without any version. */
  readonly transaction_id: string | null
  readonly problem: ChainProblem
}

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
  | 'no-op'
  | 'time-backwards'

/**
 * What can be wrong with a chain. With `breaks`, two versions hold at once or none does, or the history says something
 * that is not so; without, reading still gives the right answer, and only a writer other than the recording triggers
 * leaves it.
 */
export const chainProblems: Readonly<Record<ChainProblem, { readonly breaks: boolean; readonly message: string }>> = {
  gap: { breaks: true, message: 'ends before the next version begins' },
  overlap: { breaks: true, message: 'ends after the next version begins' },
  inverted: { breaks: true, message: 'ends no later than it begins' },
  'open-not-last': { breaks: true, message: 'is still open although a later version follows' },
  'last-not-open': { breaks: true, message: 'is the last version but has an end' },
  'first-not-insert': { breaks: true, message: 'is the first version but not an insert' },
  'insert-again': { breaks: true, message: 'is an insert although the row existed' },
  'change-after-delete': { breaks: true, message: 'follows a delete but is not an insert' },
  'unknown-operation': { breaks: true, message: 'has an operation other than 0, 1 and 2' },
  'transaction-missing': { breaks: true, message: 'has no row in the transaction table' },
  'row-missing': { breaks: true, message: 'says that the row is alive, but it is gone' },
  'row-alive': { breaks: true, message: 'says that the row was deleted, but it is alive' },
  'row-differs': { breaks: true, message: 'does not hold the values of the live row' },
  'version-missing': { breaks: true, message: 'the row has no version' },
  'no-op': { breaks: false, message: 'is an update that changed nothing' },
  'time-backwards': { breaks: false, message: 'was issued before the version that precedes it' },
}

/**
 * One SELECT that finds every violation of the rules a history keeps, in one pass over it; no row means that all is
 * well. The rows are {@link ChainViolation}, in order of key and transaction id.
 *
 * The live row is looked at as if it were the version after the last one, so that one sort by key serves everything.
 * Values are compared byte by byte (`record_image_ne`), as `json` has no equality and `1.0` is not `1.00`.
 *
 * With `compareLive` the live rows are read too, in the same snapshot.
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
  { compareLive }: { readonly compareLive: boolean },
): string => {
  const names = new Map(table.columns.map(({ name }, index) => [name, `c${index + 1}`]))
  const columns = [...names.values()].join(', ')
  const key = table.key.map(({ name }) => [name, names.get(name) ?? missingKey(name)] as const)
  const keyColumns = key.map(([, alias]) => alias).join(', ')
  const conditions = [...versionConditions(table, key), ...(compareLive ? liveConditions : [])]

  return `select json_build_object(${key.map(([name, alias]) => `${literal(name)}, ${alias}`).join(', ')}) as key,
       coalesce(id, previous_id) as transaction_id, problem
from (
  select ${keyColumns}, live, id, previous_id, array_remove(array[
${conditions.map(([problem, condition]) => `    case when ${condition} then ${literal(problem)} end`).join(',\n')}
  ], null) as problems
  from (
    select ${keyColumns}, live, id, end_id, operation,
           lead(live) over chain as next_live, lead(id) over chain as next_id,
           lag(id) over chain as previous_id, lag(operation) over chain as previous_operation,
           record_image_ne(row(${columns}), lag(row(${columns})) over chain) as differs,
           has_transaction, issued_at < lag(issued_at) over chain as earlier
    from (
${states(table, names, compareLive)}
    ) as state
    window chain as (partition by ${keyColumns} order by live, id)
  ) as link
) as link
cross join lateral unnest(problems) as problem
where problems <> '{}'
order by ${keyColumns}, live, id, problem`
}

/** Every state a row was or is in: its versions, then the live row. Columns are `c1`, `c2`, …, so no name can clash. */
const states = (table: VersionedTable, names: ReadonlyMap<string, string>, compareLive: boolean): string => {
  const { transaction, endTransactionColumn } = table
  const columns = (source: string): string =>
    [...names].map(([name, alias]) => `${source}.${identifier(name)} as ${alias}`).join(', ')
  const end = endTransactionColumn === null ? 'null::bigint' : `v.${identifier(endTransactionColumn)}`
  const issuedAt = transaction.issuedAt ? 't.issued_at' : 'null::timestamp'

  const versions = `    select ${columns('v')},
           false as live, v.${identifier(table.transactionColumn)} as id, ${end} as end_id,
           v.${identifier(table.operationColumn)} as operation, t.id is not null as has_transaction, ${issuedAt} as issued_at
    from ${qualified(table.version)} as v
    left join ${qualified(transaction)} as t on t.id = v.${identifier(table.transactionColumn)}`
  if (!compareLive) return versions

  // History may have a wider type than the base column has by now.
  const live = table.columns.map(({ name, type }) => `b.${identifier(name)}::${typeWithoutModifier(type)}`).join(', ')
  // Triggers on a table do not fire for the rows of its INHERITS children.
  const only = table.base.kind === 'table' && table.base.inheritedBy.length > 0 ? 'only ' : ''
  return `${versions}
    union all
    select ${live},
           true, null, null, null, null, null
    from ${only}${qualified(table.base)} as b`
}

type Condition = readonly [problem: ChainProblem, condition: string]

/** `next_live` is null after the last state, false before another version, true before the live row. */
const versionConditions = (
  table: VersionedTable,
  key: readonly (readonly [name: string, alias: string])[],
): readonly Condition[] => [
  ...(table.endTransactionColumn === null ? [] : intervalConditions),
  ['first-not-insert', 'not live and previous_id is null and operation <> 0'],
  ['insert-again', 'operation = 0 and previous_operation <> 2'],
  ['change-after-delete', 'operation <> 0 and previous_operation = 2'],
  ['unknown-operation', 'not live and operation not in (0, 1, 2)'],
  ['transaction-missing', 'not live and not has_transaction'],
  [
    'no-op',
    `case when operation = 1 and previous_operation <> 2 and not differs then ${equalElsewhere(table, key)} end`,
  ],
  ['time-backwards', 'earlier'],
]

const intervalConditions: readonly Condition[] = [
  ['gap', 'not next_live and end_id > id and end_id < next_id'],
  ['overlap', 'not next_live and end_id > next_id'],
  ['inverted', 'end_id <= id'],
  ['open-not-last', 'not live and not next_live and end_id is null'],
  ['last-not-open', 'not live and next_live is distinct from false and end_id is not null'],
]

const liveConditions: readonly Condition[] = [
  ['row-missing', 'not live and next_live is null and operation <> 2'],
  ['row-alive', 'next_live and operation = 2'],
  ['row-differs', 'live and previous_operation <> 2 and differs'],
  ['version-missing', 'live and previous_id is null'],
]

/**
 * Two versions may differ only in a column that the base table no longer has, which is not among those compared: what
 * looks like a no-op is compared as a whole, but for the columns that describe the version itself.
 */
const equalElsewhere = (
  { version, columns, transactionColumn, endTransactionColumn, operationColumn, trackModified }: VersionedTable,
  key: readonly (readonly [name: string, alias: string])[],
): string => {
  const describing = [transactionColumn, endTransactionColumn, operationColumn].filter((name) => name !== null)
  const modified = trackModified ? columns.map(({ name }) => `${name}_mod`) : []
  const names = [...describing, ...modified].map(literal).join(', ')
  const same = key.map(
    ([name, alias]) => `a.${identifier(name)} = link.${alias} and b.${identifier(name)} = link.${alias}`,
  )
  const id = identifier(transactionColumn)
  return `(
    select to_jsonb(a.*) - array[${names}] = to_jsonb(b.*) - array[${names}]
    from ${qualified(version)} as a, ${qualified(version)} as b
    where ${same.join(' and ')} and a.${id} = link.previous_id and b.${id} = link.id)`
}

const missingKey = (name: string): never => {
  throw new RangeError(`key column ${JSON.stringify(name)} is not among the versioned columns`)
}
