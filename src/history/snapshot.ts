import { checkCount } from './count.ts'
import type { TextRow } from './executor.ts'
import type { Moment } from './moment.ts'
import { createStateReader, loadRelated } from './related.ts'
import { withSignal } from './signal.ts'
import { checkPaths, type Source } from './tied.ts'
import { isLatest, selectLatest, selectState } from './select.ts'
import { countStates, type Ordered, selectSlice, type Slice } from './select-snapshot.ts'
import { encodeKey, readRow, selectedLength, type StoredVersion, type Table } from './table.ts'
import { settleMoment } from './transaction-at.ts'
import type { Snapshot, SnapshotOptions } from './types.ts'
import { RecordState } from './version.ts'
import { checkOrdered } from './where.ts'

/** A table as it was at a moment. */
export const createSnapshot = <Key extends object, Data extends object, Input extends object, Related extends object>(
  source: Source,
  moment: Moment,
): Snapshot<Key, Data, Input, Related> => {
  const { table } = source
  const toStates = async (source: Source, rows: readonly TextRow[], paths: readonly string[]) => {
    const id = rows[0]?.[selectedLength(table)] ?? ''
    const reader = createStateReader(source, id)
    const states = rows.map((row) => new RecordState<Key, Data, Related>(table, readRow(table, row), reader))
    await loadRelated(source, states, paths, id)
    return states
  }
  return {
    all: async (options = {}) => {
      const paths = options.with ?? []
      checkPaths(table, paths)
      const within = withSignal(source, options.signal)
      const rows = await within.executor.query(...selectSlice(table, toSlice(table, moment, options)))
      return toStates(within, rows, paths)
    },
    find: async (key, { with: paths = [], signal } = {}) => {
      checkPaths(table, paths)
      const within = withSignal(source, signal)
      const { stored, id } = await readState(within, moment, encodeKey(table, key), paths.length > 0)
      if (!stored) return undefined
      // Otherwise asked for when it is needed: to find one row it is not.
      const settle = async ({ executor }: Source) => id ?? (await settleMoment(executor, table, moment)).id
      const reader = createStateReader(within, settle)
      const state = new RecordState<Key, Data, Related>(table, stored, reader)
      if (paths.length > 0) await loadRelated(within, [state], paths, await settle(within))
      return state
    },
    count: async ({ where, signal } = {}) => {
      const [row] = await withSignal(source, signal).executor.query(...countStates(table, moment, where))
      return Number(row?.[0])
    },
    stream: async function* ({ where, with: paths = [], signal } = {}) {
      checkPaths(table, paths)
      const within = withSignal(source, signal)
      const first = toSlice(table, moment, { where, limit: pageSize })
      let page = await within.executor.query(...selectSlice(table, first))
      // What the moment stands for is asked once, for all pages.
      const id = page[0]?.[selectedLength(table)] ?? ''
      while (true) {
        for (const state of await toStates(within, page, paths)) {
          signal?.throwIfAborted()
          yield state
        }
        const last = page.at(-1)
        if (!last || page.length < pageSize) return
        const next: Slice = { ...first, moment: { kind: 'transaction', id }, after: readRow(table, last) }
        page = await within.executor.query(...selectSlice(table, next))
      }
    },
  }
}

/**
 * One row as it was. The table's state at an instant is not needed for that: the row's own versions tell.
 *
 * @param withId asks in the same statement for the id that the instant stands for
 */
const readState = async (
  { executor, table }: Source,
  moment: Moment,
  key: readonly string[],
  withId: boolean,
): Promise<{ readonly stored: StoredVersion | undefined; readonly id: string | undefined }> => {
  let id: string | undefined
  let rows: readonly TextRow[] | undefined
  if (moment.kind === 'instant') {
    rows = await executor.query(...selectLatest(table, key, moment, { limit: 1, withId }))
    if (withId) id = rows[0]?.at(-1) ?? undefined
  }
  if (!rows || !isLatest(table, rows)) rows = await executor.query(...selectState(table, key, moment))
  const [stored] = rows.map((row) => readRow(table, row))
  return { stored: stored?.operation === 'delete' ? undefined : stored, id }
}

/** Rows that are in memory at once while a table streams by. */
const pageSize = 1000

const toSlice = <Key extends object, Data extends object, Input extends object, Related extends object>(
  table: Table,
  moment: Moment,
  { where, orderBy, limit, offset, after }: SnapshotOptions<Key, Data, Input, Related>,
): Slice => ({
  moment,
  where,
  order: toOrder(table, orderBy),
  after: after === undefined ? undefined : checkAfter(table, after),
  limit: limit === undefined ? undefined : checkCount(limit, 'limit is a whole number of rows'),
  offset: offset === undefined ? undefined : checkCount(offset, 'offset is a whole number of rows'),
})

const toOrder = (table: Table, orderBy: object | readonly object[] | undefined): readonly Ordered[] => {
  const order: Ordered[] = []
  const add = (next: Ordered) => {
    if (!order.some(({ column }) => column === next.column)) order.push(next)
  }
  for (const columns of Array.isArray(orderBy) ? orderBy : [orderBy ?? {}]) {
    if (typeof columns !== 'object' || columns === null) throw new TypeError("orderBy is like { column: 'asc' }")
    for (const [name, direction] of Object.entries(columns as Record<string, unknown>)) {
      if (direction !== 'asc' && direction !== 'desc')
        throw new TypeError(`order of ${name} is 'asc' or 'desc', not ${String(direction)}`)
      add({ column: checkOrdered(table, name), descending: direction === 'desc' })
    }
  }
  for (const column of table.key) add({ column, descending: false })
  return order
}

const checkAfter = (table: Table, after: object): StoredVersion => {
  const stored = typeof after === 'object' && after !== null ? RecordState.storedOf(table, after) : undefined
  if (!stored) throw new TypeError(`after is a row of ${table.descriptor.table.name}, as a page before ended with`)
  return stored
}
