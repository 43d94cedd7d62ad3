import { define } from './define.ts'
import type { Blame, ColumnChange, Transaction, Version } from './types.ts'

/** What is asked of a version here. */
type Recorded<Data extends object> = Pick<
  Version<object, Data>,
  'data' | 'changeset' | 'operation' | 'index' | 'transaction'
>

/** The changes of one column, from all versions of a row, oldest first. */
export const columnChanges = <Data extends object, Column extends keyof Data>(
  versions: readonly Recorded<Data>[],
  column: Column,
): ColumnChange<Data[Column]>[] =>
  versions.flatMap(({ changeset, operation, index, transaction }) => {
    const change = Object.hasOwn(changeset, column) ? changeset[column] : undefined
    return change ? [{ before: change[0], after: change[1], operation, index, transaction }] : []
  })

/** Who last changed each column of the last version; undefined when that is a delete, or there is none. */
export const blameOf = <Data extends object>(versions: readonly Recorded<Data>[]): Blame<Data> | undefined => {
  const last = versions.at(-1)
  if (!last || last.operation === 'delete') return undefined
  const transactions = new Map<string, Transaction>()
  let there = false
  for (const { data, changeset, operation, transaction } of versions) {
    const changed = there ? Object.keys(changeset) : Object.keys(data)
    for (const column of changed) transactions.set(column, transaction)
    there = operation !== 'delete'
  }
  const blame = {}
  for (const [column, value] of Object.entries(last.data)) {
    define(blame, column, { value, transaction: transactions.get(column) })
  }
  return blame as Blame<Data>
}
