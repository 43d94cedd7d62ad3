import { define } from './define.ts'
import type { TextRow } from './executor.ts'
import type { StoredVersion, Table, TableColumn } from './table.ts'
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
  const changes = {}
  for (const [i, column] of table.columns.entries()) {
    const old = before?.[i] ?? null
    const now = after?.[i] ?? null
    if (old !== now) define(changes, column.property, [decode(column, old), decode(column, now)])
  }
  return changes
}

export const decodeRow = <Data extends object>(table: Pick<Table, 'columns'>, texts: TextRow): Data =>
  decodeColumns(table.columns, texts)

export const decodeKey = <Key extends object>(table: Pick<Table, 'key'>, texts: TextRow): Key =>
  decodeColumns(table.key, texts)

const decodeColumns = <Row extends object>(columns: readonly TableColumn[], texts: TextRow): Row => {
  const row = {}
  for (const column of columns) define(row, column.property, decode(column, texts[column.position] ?? null))
  return row as Row
}

const decode = (column: TableColumn, text: string | null): unknown => (text === null ? null : column.decode(text))

export { define } from './define.ts'
