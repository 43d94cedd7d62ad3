import { styleText } from 'node:util'
import type { Output } from './context.ts'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

export const plain: Paint = (_style, text) => text

/** Colours only for a terminal, and not with `--no-color` or `NO_COLOR`; `FORCE_COLOR` colours a pipe as well. */
export const createPaint = (
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
  noColor: boolean,
): Paint => {
  const forced = isSet(env['FORCE_COLOR']) && env['FORCE_COLOR'] !== '0'
  const wanted = (output.isTerminal && env['TERM'] !== 'dumb') || forced
  if (noColor || isSet(env['NO_COLOR']) || !wanted) return plain
  return (style, text) => styleText(style, text, { validateStream: false })
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ''
