import { readdirSync } from 'node:fs'
import process from 'node:process'
import { runCommand } from '../support/run-command.ts'

/** `pg_dump`, `pg_restore` or `psql` as they are installed here; the binaries that npm carries are of the server alone. */
export interface ClientProgram {
  readonly path: string
  readonly major: number
}

/** The newest one, along the path and where Debian keeps them; undefined, having said so loudly, if there is none. */
export const findClientProgram = async (
  name: 'pg_dump' | 'pg_restore' | 'psql',
): Promise<ClientProgram | undefined> => {
  const found: ClientProgram[] = []
  for (const path of [name, ...debianFolders().map((folder) => `${folder}/${name}`)]) {
    const major = await readMajor(path)
    if (major !== undefined) found.push({ path, major })
  }
  const [newest] = found.sort((a, b) => b.major - a.major)
  if (newest === undefined) warnLoudly(`there is no ${name} (Debian's package postgresql-client)`)
  return newest
}

export const warnLoudly = (reason: string): void => {
  const message = `SKIPPED: ${reason}`
  process.stderr.write(`\n${'!'.repeat(message.length)}\n${message}\n${'!'.repeat(message.length)}\n`)
}

const debianFolders = (): readonly string[] => {
  try {
    return readdirSync('/usr/lib/postgresql').map((major) => `/usr/lib/postgresql/${major}/bin`)
  } catch {
    return []
  }
}

const readMajor = async (path: string): Promise<number | undefined> => {
  try {
    const { stdout } = await runCommand(path, ['--version'])
    const major = /\) (\d+)/.exec(stdout)?.[1]
    return major === undefined ? undefined : Number(major)
  } catch {
    return undefined
  }
}
