import { decodeKey, decodeRow } from './changes.ts'
import type { LiveTableDescriptor } from './descriptor.ts'
import type { TextRow } from './executor.ts'
import { quoteTable } from './sql.ts'
import { prepareColumns, selectTexts, type Table } from './table.ts'
import type { Live } from './types.ts'

/** A table without history, with all that can be worked out once: SQL fragments over `v`, a live row. */
export interface LiveTable extends Pick<Table, 'columns' | 'key' | 'selected'> {
  readonly descriptor: LiveTableDescriptor
  /** Quoted. */
  readonly rows: string
}

export const prepareLive = (descriptor: LiveTableDescriptor): LiveTable => {
  const known = prepared.get(descriptor)
  if (known) return known
  const { columns, key } = prepareColumns(descriptor)
  const table = { descriptor, columns, key, rows: quoteTable(descriptor.table), selected: selectTexts(columns, 'v') }
  prepared.set(descriptor, table)
  return table
}

const prepared = new WeakMap<LiveTableDescriptor, LiveTable>()

export const readLive = (table: LiveTable, texts: TextRow): Live<object> => ({
  live: true,
  key: decodeKey(table, texts),
  data: decodeRow(table, texts),
})
