/**
 * Runs the tests, each file in a process of its own, under Node and then, where the runtime matters, under Deno.
 *
 *     node --import tsx test/support/run.ts [--node | --deno] [--all-majors] [--ci] [part of a path …]
 *
 * The last line is `N passed, N failed`, counting tests of both runtimes.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs, stripVTControlCharacters, styleText } from 'node:util'
import { glob } from 'tinyglobby'
import { allMajors, majors } from './databases.ts'
import { denoExecutable } from './deno.ts'
import { startServer } from './server.ts'
import type { Server } from './server.ts'

/**
 * Tests that drive other tools. Only `--ci` runs them (and then nothing else), or a part of their path that is given; and
 * only under Node, as they start Deno themselves where it matters.
 */
const drivers: ReadonlyMap<string, string> = new Map([
  ['test/package/', 'packs and installs the package'],
  ['test/fixtures-mines/', 'runs squawk and, with Java and Maven, the real Flyway'],
  ['test/real-flyway/', 'runs the real Flyway, with Java and Maven'],
  ['test/ci/', 'installs the package, and runs the workflows of docs/ci.md'],
  ['test/demo/', 'runs make'],
  ['test/continuum/', 'runs SQLAlchemy-Continuum, with Python 3 and PyPI'],
])

/**
 * What runs in the database or beside it is the same under either runtime: under Deno these run when `--deno` asks. Else
 * Deno meets one server, the newest.
 */
const sameUnderBoth = [
  'drift',
  'evolution',
  'git',
  'hostile',
  'locks',
  'recording',
  'recording-operations',
  'recording-torture',
]

interface Runtime {
  readonly name: 'Node' | 'Deno'
  readonly command: readonly string[]
}

interface Outcome {
  readonly passed: number
  readonly failed: number
}

const root = fileURLToPath(new URL('../../', import.meta.url))
/** For one file, in milliseconds; all majors take their time. */
const slowest = process.argv.includes('--all-majors') ? 60 * 60_000 : 15 * 60_000

const runtimes: readonly Runtime[] = [
  { name: 'Node', command: [process.execPath, '--import', 'tsx'] },
  { name: 'Deno', command: [denoExecutable(), 'run', '--allow-all', '--no-check', '--quiet'] },
]

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    options: {
      node: { type: 'boolean' },
      deno: { type: 'boolean' },
      'all-majors': { type: 'boolean' },
      ci: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  const everywhere = values.deno === true
  const chosen = runtimes.filter(({ name }) =>
    values.node || values.deno ? values[name.toLowerCase() as 'node' | 'deno'] === true : true,
  )
  const all = (await glob('test/**/*.test.ts', { cwd: root })).sort()
  const files =
    positionals.length > 0
      ? all.filter((file) => positionals.some((part) => file.includes(part)))
      : all.filter((file) => (whatItDrives(file) !== undefined) === (values.ci === true))
  if (files.length < all.length && positionals.length === 0 && values.ci !== true) announceOmissions()
  const running = values['all-majors'] ? allMajors : majors
  const servers = await Promise.all(running.map((major) => startServer(major)))
  try {
    const outcomes: Outcome[] = []
    for (const runtime of chosen) {
      const its = runtime.name === 'Node' || everywhere ? servers : servers.slice(-1)
      outcomes.push(...(await runAll(runtime, files, its, everywhere)))
    }
    const passed = sum(outcomes.map((outcome) => outcome.passed))
    const failed = sum(outcomes.map((outcome) => outcome.failed))
    console.log(`\n${passed} passed, ${failed} failed`)
    return failed === 0 && passed > 0 ? 0 : 1
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

const whatItDrives = (file: string): string | undefined => [...drivers].find(([folder]) => file.startsWith(folder))?.[1]

const announceOmissions = (): void => {
  for (const [folder, reason] of drivers) console.log(styleText('dim', `- ${folder} is left to .ci/run: it ${reason}`))
}

const runAll = async (
  runtime: Runtime,
  files: readonly string[],
  servers: readonly Server[],
  everywhere: boolean,
): Promise<readonly Outcome[]> => {
  console.log(styleText('bold', `\n${runtime.name}`))
  const outcomes: Outcome[] = []
  const alike = (file: string): boolean => sameUnderBoth.some((theme) => file.startsWith(`test/${theme}/`))
  const queue =
    runtime.name === 'Node'
      ? [...files]
      : files.filter((file) => whatItDrives(file) === undefined && (everywhere || !alike(file)))
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      outcomes.push(await runFile(runtime, file, servers))
    }
  }
  await Promise.all(Array.from({ length: Math.min(4, Math.max(2, availableParallelism())) }, work))
  return outcomes
}

const runFile = async (runtime: Runtime, file: string, servers: readonly Server[]): Promise<Outcome> => {
  const started = performance.now()
  const { output, code } = await run([...runtime.command, file], {
    ...process.env,
    VERSIONGEN_TEST_MAJORS: servers.map((server) => server.major).join(','),
    ...Object.fromEntries(servers.map((server) => [`VERSIONGEN_TEST_SERVER_${server.major}`, server.url()])),
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const outcome = readOutcome(output, code)
  const line = `${file} ${outcome.passed}${outcome.failed > 0 ? ` passed, ${outcome.failed} failed` : ''}`
  if (outcome.failed === 0) console.log(`${styleText('green', '✓')} ${line} ${styleText('dim', `${seconds} s`)}`)
  else console.log(`${styleText('red', '✘')} ${line} (${runtime.name}, exit code ${code})\n${indent(output)}`)
  // What could not be tested here, such as `SKIPPED test/database/pooler.test.ts: there is no pgbouncer`.
  if (outcome.failed === 0)
    for (const [skip] of output.matchAll(/^SKIPPED .*$/gm)) console.log(styleText('yellow', skip))
  return outcome
}

/**
 * From uvu's closing lines. A file that crashes, never reports or holds no test counts as a failure, and so does a test
 * that is skipped, such as by a forgotten `test.only`.
 */
const readOutcome = (output: string, code: number | null): Outcome => {
  const count = (word: string): number => Number(new RegExp(`^ +${word}: +(\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  const total = count('Total')
  const passed = count('Passed')
  const failed = total - passed + count('Skipped')
  const crashed = total === 0 || (code !== 0 && failed === 0)
  return { passed, failed: crashed ? 1 : failed }
}

const run = (
  [file = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly output: string; readonly code: number | null }> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: slowest })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.once('error', reject)
    child.once('close', (code) => resolve({ output: stripVTControlCharacters(String(Buffer.concat(chunks))), code }))
  })

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const indent = (text: string): string => text.replace(/^(?=.)/gm, '    ')

process.exitCode = await main()
