import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export type FlywayCommand = 'migrate' | 'validate' | 'info' | 'repair' | 'baseline' | 'parse' | 'compare'

/** The real Flyway 12.11.0, in one JVM for many questions. */
export interface Oracle {
  /**
   * @param settings Without `flyway.`, such as `locations`; `url` is a `postgres://` connection string. For `parse` the
   * values are file names, for `compare` pairs of versions with a space between.
   * @returns the fields of each line of the answer; the first is `['ok', …]` or `['error', code, message]`.
   */
  ask(command: FlywayCommand, settings: Readonly<Record<string, string>>): Promise<readonly (readonly string[])[]>
  stop(): Promise<void>
}

/**
 * Starts it; needs Maven and a JDK of 17 or later.
 *
 * @returns what is missing, as text, where they are not there.
 */
export const startOracle = async (): Promise<Oracle | string> => {
  const classPath = await findClassPath()
  if (classPath === undefined) return 'there is no mvn (Maven, with a JDK of 17 or later)'
  const child = spawn('java', ['-XX:TieredStopAtLevel=1', '-cp', classPath, source('Oracle.java')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk) => (log = (log + String(chunk)).slice(-20_000)))
  // A JVM that has ended shows in the missing answer.
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    ask: async (command, settings) => {
      const fields = Object.entries(jdbc(settings)).map(([key, value]) => `flyway.${key}=${value}`)
      child.stdin.write(`${[command, ...fields].join('\t')}\n`)
      const answer: (readonly string[])[] = []
      for (;;) {
        const { value, done } = await lines.next()
        if (done) throw new Error(`the JVM ended:\n${log}`)
        if (value === '.') return answer
        answer.push(String(value).split('\t').map(unescape))
      }
    },
    stop: async () => {
      child.stdin.end()
      if (child.exitCode === null) await new Promise((resolve) => child.once('close', resolve))
    },
  }
}

const source = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const findClassPath = async (): Promise<string | undefined> => {
  const folder = await mkdtemp(join(tmpdir(), 'versiongen-oracle-'))
  try {
    const file = join(folder, 'classpath')
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath'
    await promisify(execFile)('mvn', ['-q', '-B', '-f', source('pom.xml'), goal, `-Dmdep.outputFile=${file}`], {
      env: process.env,
    })
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  } finally {
    await rm(folder, { recursive: true })
  }
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
