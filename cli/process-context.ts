import type { Context, Output } from './context.ts'

/**
 * Gives a command what it needs of the running process, each thing when it is asked for (under Deno, permissions follow
 * from that), and keeps it alive through a closed pipe and a Ctrl-C. SIGTERM and SIGHUP end it with 128 and their number,
 * but not in the middle of synchronous work: either all files are written or none.
 */
export const createContext = (process: NodeJS.Process): Context => {
  let interrupted = false
  process.once('SIGINT', () => {
    interrupted = true
    if (process.stderr.isTTY) process.stderr.write('\nstopping; press Ctrl-C again to stop at once\n')
  })
  for (const [signal, number] of [
    ['SIGHUP', 1],
    ['SIGTERM', 15],
  ] as const) {
    process.once(signal, () => process.exit(128 + number))
  }
  return {
    get cwd() {
      return process.cwd()
    },
    env: process.env,
    get home() {
      return process.env['HOME'] ?? process.env['USERPROFILE']
    },
    now: () => new Date(),
    stdout: createOutput(process.stdout),
    stderr: createOutput(process.stderr),
    interrupted: () => interrupted,
    project: () => import('../src/project.ts'),
  }
}

/** Whoever reads may stop reading (`| head`): that is not an error, and there is nobody left to tell. */
const createOutput = (stream: NodeJS.WriteStream): Output => {
  let closed = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    closed = true
  })
  return {
    write: (text) => {
      if (!closed) stream.write(text)
    },
    isTerminal: stream.isTTY === true,
    // Some terminals say 0 when they do not know.
    columns: stream.isTTY === true && stream.columns > 0 ? stream.columns : undefined,
  }
}
