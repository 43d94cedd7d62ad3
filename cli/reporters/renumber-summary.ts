import { basename } from 'node:path'
import type { RenumberResult } from '../../src/results.ts'
import { formatJson } from '../json.ts'
import { count, printable } from '../printable.ts'
import { relativePath } from '../relative-path.ts'
import type { View } from './view.ts'

/** Old and new names, one line each. */
export const renumberText = ({ moves, dryRun }: RenumberResult, { cwd, paint, quiet }: View): string => {
  if (moves.length === 0)
    return quiet ? '' : `${paint('green', 'every migration is in its place')}; nothing was moved\n`
  const lines = moves.map(
    ({ from, to }) => `  ${printable(relativePath(cwd, from))} ${paint('dim', '→')} ${printable(basename(to))}`,
  )
  if (quiet) return ''
  const sum = dryRun
    ? `${count(moves.length, 'file')} would be moved; nothing was`
    : `moved ${count(moves.length, 'file')}`
  return `${paint('bold', sum)}\n${lines.join('\n')}\n`
}

export const renumberJson = ({ moves, dryRun }: RenumberResult, { cwd }: Pick<View, 'cwd'>): string =>
  formatJson({
    ok: true,
    dryRun,
    moves: moves.map(({ from, to }) => ({ from: relativePath(cwd, from), to: relativePath(cwd, to) })),
  })
