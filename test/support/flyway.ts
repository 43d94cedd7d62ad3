import { spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export interface FlywayRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs the real Flyway (12.11.0, from Maven Central, through its Maven plugin; 3 s a run). Exits with 0 only if Flyway
 * is content.
 *
 * @param url A `postgres://user:password@host:port/database` connection string.
 * @param locations Folders on disk, absolute.
 * @param args Settings without `-Dflyway.`, such as `placeholders.application_role=mds` or `outOfOrder=true`.
 */
export const flyway = (
  command: 'migrate' | 'validate' | 'info' | 'repair' | 'clean' | 'baseline',
  {
    url,
    locations,
    args = [],
  }: { readonly url: string; readonly locations: readonly string[]; readonly args?: readonly string[] },
): Promise<FlywayRun> => {
  const { username, password, host, pathname } = new URL(url)
  const settings = [
    `url=jdbc:postgresql://${host}${pathname}`,
    `user=${decodeURIComponent(username)}`,
    `password=${decodeURIComponent(password)}`,
    `locations=${locations.map((folder) => `filesystem:${folder}`).join(',')}`,
    ...args,
  ]
  const pom = fileURLToPath(new URL('./flyway/pom.xml', import.meta.url))
  return run('mvn', ['-B', '-ntp', '-f', pom, `flyway:${command}`, ...settings.map((text) => `-Dflyway.${text}`)])
}

/** What of Java and Maven is missing here; undefined when {@link flyway} can run. */
export const whyNoFlyway = async (): Promise<string | undefined> => {
  try {
    const { exitCode, stdout, stderr } = await run('mvn', ['-version'])
    return exitCode === 0 ? undefined : `mvn -version: ${(stderr || stdout).trim()}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'there is no mvn (Maven, with a JDK of 17 or later)'
    throw error
  }
}

const run = (command: string, args: readonly string[]): Promise<FlywayRun> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)))
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)))
    child.once('error', reject)
    child.once('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }))
  })
