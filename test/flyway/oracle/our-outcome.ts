import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readFlywayConfig } from '../../../src/flyway/config.ts'
import { readFolder } from '../../../src/flyway/read-folder.ts'
import { migrationStates, type MigrationStatus } from '../../../src/flyway/states.ts'
import type { AppliedMigration, FlywayConfig, FolderProblem } from '../../../src/flyway/types.ts'
import { validateMigrations } from '../../../src/flyway/validate.ts'
import { displayVersion } from '../../../src/flyway/version.ts'
import type { Outcome } from './recorded.ts'

/** Reads the configuration of a project folder with these Flyway settings and its migrations in `sql`. */
export const readProject = async (root: string, settings: Readonly<Record<string, string>>): Promise<FlywayConfig> => {
  const lines = Object.entries({ locations: 'filesystem:sql', ...settings }).map(
    ([key, value]) => `flyway.${key}=${value}\n`,
  )
  await writeFile(join(root, 'flyway.conf'), lines.join(''))
  return readFlywayConfig({ cwd: root, env: {}, home: undefined, overrides: {} })
}

/** What we make of the folder and the history, in the form of what Flyway said. */
export const ourOutcome = async (config: FlywayConfig, history: readonly AppliedMigration[]): Promise<Outcome> => {
  const folder = await readFolder(config)
  const fatal = folder.problems.filter((problem) => problem.fatal)
  if (fatal.length > 0) {
    const named = fatal.find(({ code }) => code === 'migration-name') ?? fatal[0]
    const error = [['error', named ? errorCode(named) : '']]
    return { history, info: error, validate: error }
  }
  return {
    history,
    info: migrationStates(folder, history).map((status) => [
      status.state,
      ...name(status),
      status.type,
      checksum(status),
    ]),
    validate: validateMigrations(folder, history).map((problem) => [problem.code, ...name(problem)]),
  }
}

const name = ({ version, description }: MigrationStatus): readonly string[] => [
  version === null ? '' : displayVersion(version),
  description,
]

/** Flyway shows the checksum of the row, where there is one. */
const checksum = ({ migration, applied }: MigrationStatus): string =>
  String((applied ? applied.checksum : migration?.checksum) ?? '')

const errorCode = ({ code, message }: FolderProblem): string => {
  if (code !== 'migration-duplicate') return 'ERROR'
  return message.includes('repeatable') ? 'DUPLICATE_REPEATABLE_MIGRATION' : 'DUPLICATE_VERSIONED_MIGRATION'
}
