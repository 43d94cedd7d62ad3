import { blameOf, columnChanges } from './blame.ts'
import { compareStates, stateOf } from './changes.ts'
import { checkCount } from './count.ts'
import type { TextRow } from './executor.ts'
import { type Moment, toMoment } from './moment.ts'
import { createStateReader, loadRelated } from './related.ts'
import { withoutSignal, withSignal } from './signal.ts'
import { checkPaths, type Source } from './tied.ts'
import {
  countVersions,
  isLatest,
  selectLatest,
  selectStates,
  selectTransaction,
  selectWindow,
  type Window,
} from './select.ts'
import { readOperation, readRow, readTransaction, selectedLength, storedKey, type StoredVersion } from './table.ts'
import type { ReadOptions, RecordHistory, TransactionChanges, Version, VersionsOptions } from './types.ts'
import { type Reader, RecordVersion } from './version.ts'

/** The history of the row with this key, given as texts. */
export const createRecordHistory = <Key extends object, Data extends object, Related extends object>(
  source: Source,
  key: readonly string[],
): RecordHistory<Key, Data, Related> => {
  const { table } = source
  const lastUntil = async (
    until: Window['until'],
    options: ReadOptions<Related> = {},
  ): Promise<Version<Key, Data, Related> | undefined> => {
    const window: Window = { key, order: 'desc', limit: 1, until, after: undefined }
    const [last] = await readWindow<Key, Data, Related>(withSignal(source, options.signal), window, options.with)
    return last?.operation === 'delete' ? undefined : last
  }
  return {
    versions: async (options = {}) =>
      readWindow(withSignal(source, options.signal), toWindow(key, options), options.with),
    at: async (when, options) => lastUntil({ moment: toMoment(when), inclusive: true }, options),
    current: (options) => lastUntil(undefined, options),
    count: async ({ signal } = {}) => {
      const [row] = await withSignal(source, signal).executor.query(...countVersions(table, key))
      return Number(row?.[0])
    },
    diff: async (before, after, { signal } = {}) => {
      const statement = selectStates(table, key, [toMoment(before), toMoment(after)])
      const rows = await withSignal(source, signal).executor.query(...statement)
      const stateAt = (moment: string): TextRow | undefined => {
        const row = rows.find((state) => state[selectedLength(table)] === moment)
        return stateOf(row && readRow(table, row))
      }
      return compareStates(table, stateAt('0'), stateAt('1'))
    },
    changesOf: async (column, { signal } = {}) => {
      if (!table.byProperty.has(String(column))) {
        throw new TypeError(`${table.descriptor.table.name} has no column ${String(column)} with history`)
      }
      const window: Window = { key, ...everything }
      return columnChanges(await readWindow<Key, Data, Related>(withSignal(source, signal), window), column)
    },
    blame: async (when, { signal } = {}) => {
      const until = when === undefined ? undefined : { moment: toMoment(when), inclusive: true }
      const window: Window = { key, ...everything, until }
      return blameOf(await readWindow<Key, Data, Related>(withSignal(source, signal), window))
    },
  }
}

const everything = { order: 'asc', limit: undefined, until: undefined, after: undefined } as const

const toWindow = (
  key: readonly string[],
  { limit, order = 'asc', before, after }: Omit<VersionsOptions, 'with'>,
): Window => {
  if (limit !== undefined) checkCount(limit, 'limit is a whole number of versions')
  if (order !== 'asc' && order !== 'desc') throw new TypeError(`order is 'asc' or 'desc', not ${String(order)}`)
  return {
    key,
    order,
    limit,
    until: before === undefined ? undefined : { moment: toMoment(before), inclusive: false },
    after: after === undefined ? undefined : toMoment(after),
  }
}

const readWindow = async <Key extends object, Data extends object, Related extends object>(
  source: Source,
  window: Window,
  paths: readonly string[] = [],
): Promise<Version<Key, Data, Related>[]> => {
  const { table } = source
  const { key, order, limit } = window
  checkPaths(table, paths)
  const rows = await readRows(source, window)
  const [upTo = 0, earlier = 0] = (rows[0]?.slice(selectedLength(table)) ?? []).map(Number)

  // In chain order, numbered from the end that was counted. The first may be there only to tell the next one's changes.
  const chain = (order === 'desc' ? rows.toReversed() : rows).map((row) => readRow(table, row))
  const first = order === 'desc' ? upTo - chain.length : Math.max(earlier - 1, 0)
  const start = Math.max(earlier - first, 0)
  const count = Math.min(chain.length - start, limit ?? Infinity)
  const from = order === 'desc' ? chain.length - count : start

  const siblings = new Map<number, Version<Key, Data, Related>>()
  const reader = createReader(source, key, siblings)
  const versions = chain.slice(from, from + count).map((stored, i) => {
    const before = stateOf(chain[from + i - 1])
    const version = new RecordVersion<Key, Data, Related>(table, stored, before, first + from + i, reader)
    siblings.set(version.index, version)
    return version
  })
  await loadRelated(source, versions, paths)
  return order === 'desc' ? versions.toReversed() : versions
}

/** One statement; two where the last version by an instant cannot be told by its date alone. */
const readRows = async ({ executor, table }: Source, window: Window): Promise<readonly TextRow[]> => {
  const { key, order, limit, until, after } = window
  if (until?.moment.kind === 'instant' && until.inclusive && order === 'desc' && limit === 1 && !after) {
    const rows = await executor.query(...selectLatest(table, key, until.moment, { limit: 2 }))
    if (isLatest(table, rows)) return rows
  }
  return executor.query(...selectWindow(table, window))
}

const momentOf = ({ transaction }: StoredVersion): Moment => ({ kind: 'transaction', id: transaction.id })

/** @param siblings versions of the same record that were read together, by index: going from one to the next asks no database */
export const createReader = <Key extends object, Data extends object, Related extends object>(
  source: Source,
  key: readonly string[],
  siblings: ReadonlyMap<number, Version<Key, Data, Related>>,
): Reader<Key, Data, Related> => {
  const later = withoutSignal(source)
  const nextTo = async (
    sibling: number | undefined,
    signal: AbortSignal | undefined,
    window: Omit<Window, 'key' | 'limit'>,
  ) => {
    const within = withSignal(later, signal)
    return (
      (sibling === undefined ? undefined : siblings.get(sibling)) ??
      (await readWindow<Key, Data, Related>(within, { ...window, key, limit: 1 }))[0]
    )
  }
  return {
    previous: (version, index, { signal } = {}) =>
      nextTo(index === undefined ? undefined : index - 1, signal, {
        order: 'desc',
        until: { moment: momentOf(version), inclusive: false },
        after: undefined,
      }),
    next: (version, index, { signal } = {}) =>
      nextTo(index === undefined ? undefined : index + 1, signal, {
        order: 'asc',
        until: undefined,
        after: momentOf(version),
      }),
    ...createStateReader(source),
  }
}

/** One transaction and what it did to the table; undefined when nothing knows this id. */
export const readTransactionChanges = async <Key extends object, Data extends object, Related extends object>(
  source: Source,
  id: string,
): Promise<TransactionChanges<Key, Data, Related> | undefined> => {
  const { executor, table } = source
  const rows = await executor.query(...selectTransaction(table, id))
  const [anyRow] = rows
  if (!anyRow) return undefined

  const end = selectedLength(table)
  const transaction = { ...readTransaction(table, anyRow), id: anyRow[end] ?? id }
  const changes = rows
    .filter((row) => row[table.columns.length] !== null)
    .map((row) => {
      const [index, operation, ...texts] = row.slice(end + 1)
      const before =
        operation === null ? undefined : stateOf({ texts, operation: readOperation(table, operation), transaction })
      const stored = readRow(table, row)
      const reader = createReader<Key, Data, Related>(source, storedKey(table, stored.texts), new Map())
      return new RecordVersion<Key, Data, Related>(table, stored, before, Number(index), reader)
    })
  return { ...transaction, changes }
}
