import type { AppliedMigration } from '../../../src/flyway/types.ts'
import { displayVersion, parseVersion } from '../../../src/flyway/version.ts'

/** What a scenario ends in: the history table, and what `flyway info` and `flyway validate` say. */
export interface Outcome {
  readonly history: readonly AppliedMigration[]
  /** State, version, description, type, checksum of the file. */
  readonly info: readonly (readonly string[])[]
  /** Code, version, description. */
  readonly validate: readonly (readonly string[])[]
}

export const formatOutcome = ({ history, info, validate }: Outcome): string =>
  [section('history', history.map(formatRow)), section('info', info), section('validate', validate)].join('')

export const formatRow = (row: AppliedMigration): readonly string[] =>
  [
    row.installedRank,
    row.version === null ? '' : displayVersion(row.version),
    row.description,
    row.type,
    row.script,
    row.checksum ?? '',
    row.success ? 'success' : 'failed',
  ].map(String)

export const parseHistory = (recorded: string): readonly AppliedMigration[] =>
  /^history\n((?: {2}.*\n)*)/
    .exec(recorded)?.[1]
    ?.split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [rank, version = '', description = '', type = '', script = '', checksum, success] = line
        .slice(2)
        .split(' | ')
      return {
        installedRank: Number(rank),
        version: version === '' ? null : parseVersion(version),
        description,
        type,
        script,
        checksum: checksum === '' ? null : Number(checksum),
        success: success === 'success',
      }
    }) ?? []

const section = (title: string, rows: readonly (readonly string[])[]): string =>
  `${title}\n${rows.map((row) => `  ${row.join(' | ')}\n`).join('')}`
