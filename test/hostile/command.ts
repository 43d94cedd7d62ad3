import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
const tsx = new URL('../../node_modules/tsx/dist/esm/index.mjs', import.meta.url).href

export interface CommandEnd {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `versiongen` under Node, perhaps as another user (if this is root), perhaps with something done to it meanwhile. */
export const runVersiongen = (
  args: readonly string[],
  {
    cwd,
    env = {},
    uid,
    meddle,
  }: {
    readonly cwd: string
    readonly env?: Readonly<Record<string, string>>
    readonly uid?: number
    readonly meddle?: (child: ChildProcess) => void
  },
): Promise<CommandEnd> =>
  new Promise((resolve, reject) => {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(PG|DATABASE_URL|FLYWAY|NO_COLOR|FORCE_COLOR)/.test(name),
    )
    const child = spawn('node', ['--import', tsx, main, ...args], {
      cwd,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
      ...(uid === undefined ? {} : { uid, gid: uid }),
    })
    let [stdout, stderr] = ['', '']
    child.stdout?.on('data', (chunk: Buffer) => (stdout += String(chunk)))
    child.stderr?.on('data', (chunk: Buffer) => (stderr += String(chunk)))
    child.once('error', reject)
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }))
    meddle?.(child)
  })
