import type { TextRow } from './executor.ts'
import type { StoredVersion, Table } from './table.ts'
import type { Changes } from './types.ts'

/** The row as it was after a version: nothing after a delete, or before there was one. */
export const stateOf = (version: StoredVersion | undefined): TextRow | undefined =>
  version === undefined || version.operation === 'delete' ? undefined : version.texts

/**
 * Compares two states of a row by the texts they travelled as. Those are exact: json byte by byte, NaN equal to itself,
 * microseconds included. Only what differs is decoded.
 */
export const compareStates = <Data extends object>(
  table: Table,
  before: TextRow | undefined,
  after: TextRow | undefined,
): Changes<Data> => {
  const changes: (readonly [string, unknown])[] = []
  for (const [i, column] of table.columns.entries()) {
    const old = before?.[i] ?? null
    const now = after?.[i] ?? null
    if (old !== now) changes.push([column.property, [decode(column, old), decode(column, now)]])
  }
  return Object.fromEntries(changes) as Changes<Data>
}

export const decodeRow = <Data extends object>(table: Table, texts: TextRow): Data =>
  Object.fromEntries(table.columns.map((column, i) => [column.property, decode(column, texts[i] ?? null)])) as Data

export const decodeKey = <Key extends object>(table: Table, texts: TextRow): Key =>
  Object.fromEntries(
    table.key.map((column) => [column.property, decode(column, texts[table.columns.indexOf(column)] ?? null)]),
  ) as Key

const decode = (column: { decode(text: string): unknown }, text: string | null): unknown =>
  text === null ? null : column.decode(text)
