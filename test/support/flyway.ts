import { fileURLToPath } from 'node:url'
import { type CommandRun, runCommand } from './run-command.ts'

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
): Promise<CommandRun> => {
  const { username, password, host, pathname } = new URL(url)
  const settings = [
    `url=jdbc:postgresql://${host}${pathname}`,
    `user=${decodeURIComponent(username)}`,
    `password=${decodeURIComponent(password)}`,
    `locations=${locations.map((folder) => `filesystem:${folder}`).join(',')}`,
    ...args,
  ]
  const pom = fileURLToPath(new URL('./flyway/pom.xml', import.meta.url))
  return runCommand('mvn', [
    '-B',
    '-ntp',
    '-f',
    pom,
    `flyway:${command}`,
    ...settings.map((text) => `-Dflyway.${text}`),
  ])
}

/** What of Java and Maven is missing here; undefined when {@link flyway} can run. */
export const whyNoFlyway = async (): Promise<string | undefined> => {
  try {
    const { exitCode, stdout, stderr } = await runCommand('mvn', ['-version'])
    return exitCode === 0 ? undefined : `mvn -version: ${(stderr || stdout).trim()}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'there is no mvn (Maven, with a JDK of 17 or later)'
    throw error
  }
}
