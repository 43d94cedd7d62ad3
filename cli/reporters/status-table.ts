import type { StatusRow } from '../../src/results.ts'
import { formatJson } from '../json.ts'
import type { Style } from '../paint.ts'
import { count, displayWidth, padEnd, printable } from '../printable.ts'
import { relativePath } from '../relative-path.ts'
import { tableJson } from './json.ts'
import type { View } from './view.ts'

const heads = ['table', 'version table', 'triggers', 'rows without version', 'migrations pending', 'accessor', 'model']

/** One line a model. With `quiet`, only those that are not in order. */
export const statusText = (rows: readonly StatusRow[], { cwd, paint, quiet }: View): string => {
  const shown = quiet ? rows.filter((row) => !isInOrder(row)) : rows
  if (shown.length === 0) return quiet ? '' : 'no models\n'
  const table = [heads.map((text): Cell => ({ text, style: 'bold' })), ...shown.map((row) => cells(row, cwd))]
  const widths = heads.map((_, column) => Math.max(...table.map((row) => displayWidth(row[column]?.text ?? ''))))
  const lines = table.map((row) =>
    row
      .map(({ text, style }, column) => {
        const padded = column === row.length - 1 ? text : padEnd(text, widths[column] ?? 0)
        return style === undefined ? padded : paint(style, padded)
      })
      .join('  '),
  )
  const behind = rows.filter((row) => !isInOrder(row)).length
  const sum =
    behind === 0
      ? `${count(rows.length, 'table')} in order`
      : `${behind} of ${count(rows.length, 'table')} need attention: versiongen check`
  return `${[...lines, '', paint(behind === 0 ? 'green' : 'yellow', sum)].join('\n')}\n`
}

export const statusJson = (rows: readonly StatusRow[], view: Pick<View, 'cwd'>): string =>
  formatJson({
    ok: rows.every(isInOrder),
    tables: rows.map((row) => ({
      ...tableJson(row, view),
      versionTableState: row.versionTableState,
      triggers: row.triggers,
      rowsWithoutVersion: row.rowsWithoutVersion,
      pendingMigrations: row.pendingMigrations,
      accessor: row.accessor,
    })),
  })

const isInOrder = (row: StatusRow): boolean =>
  row.versionTableState === 'ok' &&
  (row.triggers === 'ok' || row.triggers === 'none') &&
  row.rowsWithoutVersion === 0 &&
  row.pendingMigrations === 0 &&
  row.accessor === 'ok'

interface Cell {
  readonly text: string
  readonly style?: Style
}

const cells = (row: StatusRow, cwd: string): readonly Cell[] => [
  { text: printable(row.table) },
  state(row.versionTableState, `${printable(row.versionTable)} ${row.versionTableState}`),
  state(row.triggers, row.triggers),
  row.rowsWithoutVersion === null ? { text: '-', style: 'dim' } : amount(row.rowsWithoutVersion),
  amount(row.pendingMigrations),
  state(row.accessor, row.accessor),
  { text: printable(`${relativePath(cwd, row.model.file)}:${row.model.line}`), style: 'dim' },
]

const state = (value: string, text: string): Cell => {
  if (value === 'none') return { text: '-', style: 'dim' }
  return { text, style: value === 'ok' ? 'green' : value === 'missing' ? 'red' : 'yellow' }
}

const amount = (number: number): Cell => (number === 0 ? { text: '0' } : { text: String(number), style: 'yellow' })
