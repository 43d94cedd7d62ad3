import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
const tsx = new URL('../../node_modules/tsx/dist/esm/index.mjs', import.meta.url).href

export const isDeno: boolean = 'Deno' in globalThis

/** The command line under the runtime that the test itself runs on. */
const commandWith = (script: string, permissions: readonly string[]): readonly string[] =>
  isDeno
    ? [process.execPath, 'run', ...permissions, '--no-prompt', '--no-check', '--quiet', script]
    : [process.execPath, '--import', tsx, script]

export interface Ended {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs `versiongen`, or another script, as a process of its own. `meddle` may do something to it while it runs;
 * `permissions` are Deno's.
 */
export const runChild = (
  args: readonly string[],
  {
    cwd,
    env = {},
    meddle,
    permissions = ['--allow-all'],
    script = main,
  }: {
    cwd: string
    env?: Readonly<Record<string, string>>
    meddle?: (child: ChildProcess) => void
    permissions?: readonly string[]
    script?: string
  },
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const [file = '', ...rest] = commandWith(script, permissions)
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(PG|DATABASE_URL|FLYWAY|NO_COLOR|FORCE_COLOR)/.test(name),
    )
    const child = spawn(file, [...rest, ...args], {
      cwd,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.once('error', reject)
    child.once('close', (exitCode, signal) =>
      resolve({ exitCode, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    )
    meddle?.(child)
  })
