import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import process from 'node:process'

export interface Cost {
  /** Milliseconds. */
  readonly wall: number
  /** Of all threads, user and system, in milliseconds: steadier than `wall` on a machine that does other things. */
  readonly cpu: number
  readonly megabytes: number
}

/** Tells on its way out what a process has used. */
const meter = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from 'node:fs'
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  writeSync(3, JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1000, megabytes: maxRSS / 1024 }))
})`)}`

/** Runs Node to its end, in a process of its own. */
export const runNode = (
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Cost> =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(process.execPath, ['--import', meter, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    })
    let wall = 0
    let [errors, report] = ['', '']
    child.stderr?.on('data', (chunk: Buffer) => (errors += String(chunk)))
    child.stdio[3]?.on('data', (chunk: Buffer) => (report += String(chunk)))
    child.once('exit', () => (wall = performance.now() - started))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code !== 0) reject(new Error(`${args.join(' ')}: exit code ${code}\n${errors}`))
      else resolve({ wall, ...(JSON.parse(report) as Omit<Cost, 'wall'>) })
    })
  })
