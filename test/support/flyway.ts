import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { runSuccessfully } from './run-command.ts'

export type FlywayCommand = 'migrate' | 'validate' | 'info' | 'repair' | 'baseline' | 'parse' | 'compare' | 'compile'

/** The fields of each line; the first line is `['ok', …]` or `['error', code, message]`. */
export type FlywayAnswer = readonly (readonly string[])[]

/** The real Flyway, in one JVM for many questions; they are answered in turn. */
export interface Flyway {
  /**
   * @param settings Without `flyway.`, such as `locations`; `url` is a `postgres://` connection string, `classpath` lists
   * the folders of classpath locations. For `parse` the values are file names, for `compare` pairs of versions with a space
   * between, for `compile` lists of Java `sources` and the folder they go `into`.
   */
  ask(command: FlywayCommand, settings: Readonly<Record<string, string>>): Promise<FlywayAnswer>
  stop(): Promise<void>
}

/**
 * The version that tests run: the last line that promises to run on Java 17, or what `VERSIONGEN_TEST_FLYWAY=13.12.0`
 * says.
 */
export const flywayVersion: string = process.env['VERSIONGEN_TEST_FLYWAY'] ?? '12.11.0'

/**
 * Starts it; needs Maven, which gets it from Maven Central the first time, and a JDK of 17 or later.
 *
 * @returns undefined where they are not there, having said so loudly; in CI that is an error.
 */
export const startFlyway = async (): Promise<Flyway | undefined> => {
  const classPath = await findClassPath()
  if (classPath !== undefined) return startRunner(classPath)
  const message = 'SKIPPED: there is no mvn (Maven, with a JDK of 17 or later), so the real Flyway was not run'
  if (process.env['CI'] === 'true') throw new Error(message)
  process.stderr.write(`\n${'!'.repeat(message.length)}\n${message}\n${'!'.repeat(message.length)}\n`)
  return undefined
}

const startRunner = (classPath: string): Flyway => {
  const child = spawn('java', ['-XX:TieredStopAtLevel=1', '-cp', classPath, source('Runner.java')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk) => (log = (log + String(chunk)).slice(-20_000)))
  // A JVM that has ended shows in the missing answer.
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const askNow = async (request: readonly string[]): Promise<FlywayAnswer> => {
    child.stdin.write(`${request.join('\t')}\n`)
    const answer: (readonly string[])[] = []
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error(`the JVM ended:\n${log}`)
      if (value === '.') return answer
      answer.push(String(value).split('\t').map(unescape))
    }
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    ask: (command, settings) => {
      const fields = Object.entries(jdbc(settings)).map(([key, value]) => `flyway.${key}=${value}`)
      const answer = last.then(() => askNow([command, ...fields]))
      last = answer.catch(() => undefined)
      return answer
    },
    stop: async () => {
      child.stdin.end()
      if (child.exitCode === null) await new Promise((resolve) => child.once('close', resolve))
    },
  }
}

const source = (name: string): string => fileURLToPath(new URL(`flyway/${name}`, import.meta.url))

/** Asked of Maven once (3 s), then kept in a file as long as all of it is there. */
const findClassPath = async (): Promise<string | undefined> => {
  const hash = createHash('sha256')
    .update(await readFile(source('pom.xml')))
    .digest('hex')
    .slice(0, 12)
  const file = join(tmpdir(), `versiongen-flyway-${flywayVersion}-${hash}-${process.getuid?.() ?? 0}.classpath`)
  const known = existsSync(file) ? (await readFile(file, 'utf8')).trim() : ''
  if (known !== '' && known.split(delimiter).every((jar) => existsSync(jar))) return known
  const unfinished = `${file}.${process.pid}`
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath'
  const settings = [`-Dflyway.version=${flywayVersion}`, `-Dmdep.outputFile=${unfinished}`]
  try {
    await runSuccessfully('mvn', ['-q', '-B', '-ntp', '-f', source('pom.xml'), goal, ...settings])
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  await rename(unfinished, file)
  return (await readFile(file, 'utf8')).trim()
}

const jdbc = ({ url, ...settings }: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  if (url === undefined) return settings
  const { username, password, host, pathname } = new URL(url)
  return {
    url: `jdbc:postgresql://${host}${pathname}`,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    ...settings,
  }
}

const unescape = (text: string): string =>
  text.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter === 't' ? '\t' : letter))
