import { VersiongenError } from '../src/errors.ts'
import type { Note, Progress } from '../src/results.ts'
import type { Context } from './context.ts'
import { printable } from './printable.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

export interface Spinner {
  readonly progress: Progress
  /** A line that stays, terminal or not; none with `quiet`. */
  readonly note: Note
  /** Takes the line away again. */
  stop(): void
}

/**
 * One line on standard error for work that takes longer than a second; nothing at all where that is no terminal. A step
 * that begins after Ctrl-C throws, so that everything on the way is closed and nothing is written.
 */
export const startSpinner = ({ stderr, interrupted }: Context, quiet: boolean): Spinner => {
  const visible = stderr.isTerminal && !quiet
  let message = ''
  let frame = 0
  const draw = (): void => {
    const line = `${frames[frame++ % frames.length]} ${printable(message)}`
    stderr.write(`\r\x1b[2K${line.slice(0, (stderr.columns ?? 80) - 1)}`)
  }
  const erase = (): void => {
    if (drawing !== undefined) stderr.write('\r\x1b[2K')
  }
  let drawing: NodeJS.Timeout | undefined
  const waiting = visible ? setTimeout(() => (drawing = setInterval(draw, 80)), 1000) : undefined
  return {
    progress: (step) => {
      if (interrupted()) throw new VersiongenError('interrupted', 'stopped by Ctrl-C; nothing was written')
      message = step
    },
    note: (text) => {
      if (quiet) return
      erase()
      stderr.write(`note: ${printable(text)}\n`)
    },
    stop: () => {
      clearTimeout(waiting)
      clearInterval(drawing)
      erase()
      drawing = undefined
    },
  }
}
