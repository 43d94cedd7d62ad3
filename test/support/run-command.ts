import { spawn } from 'node:child_process'
import process from 'node:process'

export interface CommandRun {
  /** -1 when a signal ended it. */
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end, whatever its exit code. */
export const runCommand = (
  command: string,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CommandRun> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)))
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)))
    child.once('error', reject)
    child.once('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }))
  })

/** As {@link runCommand}; gives standard output, and throws with all that was said unless the exit code is 0. */
export const runSuccessfully = async (...call: Parameters<typeof runCommand>): Promise<string> => {
  const { exitCode, stdout, stderr } = await runCommand(...call)
  if (exitCode !== 0) throw new Error(`${call[0]} ${call[1].join(' ')}: exit code ${exitCode}\n${stdout}\n${stderr}`)
  return stdout
}
