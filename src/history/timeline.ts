import { stateOf } from './changes.ts'
import { checkCount } from './count.ts'
import type { DatabaseTransaction, TableChange, TimelineOptions } from './database-types.ts'
import type { Executor, TextRow } from './executor.ts'
import { checkTransactionId, toMoment } from './moment.ts'
import { createReader } from './record.ts'
import { selectTimeline, selectTransactionTimeline, type TimelinePlace } from './select-timeline.ts'
import {
  encodeKey,
  readOperation,
  readRow,
  readTransactionTexts,
  selectedLength,
  storedKey,
  type Table,
} from './table.ts'
import { checkMoment, checkShared, type NamedTable } from './named-tables.ts'
import { RecordChange, RecordState } from './version.ts'

/** Changes of several tables, newest first. */
export const readTimeline = async <Tables extends object, Name extends keyof Tables & string>(
  { executor }: { readonly executor: Executor },
  tables: readonly NamedTable[],
  { since, until, userId, limit, after }: Omit<TimelineOptions<Tables, Name>, 'tables' | 'signal'>,
): Promise<TableChange<Tables, Name>[]> => {
  const filter = {
    since: since === undefined ? undefined : checkMoment(tables, toMoment(since)),
    until: until === undefined ? undefined : checkMoment(tables, toMoment(until)),
    userId: userId === undefined ? undefined : String(userId),
    limit: limit === undefined ? undefined : checkCount(limit, 'limit is a whole number of changes'),
    after: after === undefined ? undefined : checkPlace(tables, after),
  }
  if (tables.length === 0) return []
  const rows = await executor.query(
    ...selectTimeline(
      tables.map(({ table }) => table),
      filter,
    ),
  )
  return rows.map((row) => readChange(executor, tables, row) as unknown as TableChange<Tables, Name>)
}

/** One transaction and what it did to several tables; undefined when nothing knows this id. */
export const readDatabaseTransaction = async <Tables extends object, Name extends keyof Tables & string>(
  { executor }: { readonly executor: Executor },
  tables: readonly NamedTable[],
  id: string,
): Promise<DatabaseTransaction<Tables, Name> | undefined> => {
  checkShared(tables)
  const any = tables[0]?.table
  if (!any) return undefined
  const rows = await executor.query(
    ...selectTransactionTimeline(
      tables.map(({ table }) => table),
      id,
    ),
  )
  const [own] = rows
  if (!own) return undefined
  const changes = rows.filter(([n]) => n !== '-1').map((row) => readChange(executor, tables, row))
  const [first] = changes
  const transaction =
    own[0] === '-1' || !first ? readTransactionTexts(any.descriptor, own[1] ?? '', own, 2) : first.transaction
  return { ...transaction, changes: changes as unknown as readonly TableChange<Tables, Name>[] }
}

/** A change that says in which table it was. */
class NamedChange extends RecordChange<object, object> {
  readonly table: string

  constructor(name: string, ...change: ConstructorParameters<typeof RecordChange<object, object>>) {
    super(...change)
    this.table = name
  }
}

const readChange = (executor: Executor, tables: readonly NamedTable[], [n, ...row]: TextRow): NamedChange => {
  const named = tables[Number(n)]
  if (!named) throw new RangeError(`a change of table ${n}`)
  const { name, table } = named
  const stored = readRow(table, row)
  const end = selectedLength(table)
  const operation = row[end]
  const texts = row.slice(end + 1)
  const before =
    operation == null
      ? undefined
      : stateOf({ texts, operation: readOperation(table, operation), transaction: stored.transaction })
  const reader = createReader<object, object, object>({ executor, table }, storedKey(table, stored.texts), new Map())
  return new NamedChange(name, table, stored, before, undefined, reader)
}

/** Where a page ended. A change is told by its texts, so that no digit of its key is lost. */
const checkPlace = (tables: readonly NamedTable[], after: unknown): TimelinePlace => {
  const wrong = () =>
    new TypeError('after is a change, as a page before ended with: { table, key, transaction: { id } }')
  if (typeof after !== 'object' || after === null) throw wrong()
  const { table: name, key, transaction } = after as { table?: unknown; key?: unknown; transaction?: { id?: unknown } }
  const position = tables.findIndex((each) => each.name === name)
  const table = tables[position]?.table
  if (typeof name === 'string' && !table) {
    throw new TypeError(
      `after is a change of ${name}, which is not among the tables: ${tables.map((each) => each.name).join(', ')}`,
    )
  }
  if (!table || typeof key !== 'object' || key === null || transaction?.id === undefined) throw wrong()
  return { table: position, id: checkTransactionId(transaction.id as string), key: keyOf(table, after, key) }
}

const keyOf = (table: Table, after: object, key: object): readonly string[] => {
  const stored = RecordState.storedOf(table, after)
  return stored ? storedKey(table, stored.texts) : encodeKey(table, key)
}
