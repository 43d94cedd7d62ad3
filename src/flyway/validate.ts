import type { AppliedMigration, MigrationFolder } from './types.ts'
import {
  checksumMatches,
  describeStatus,
  migrationStates,
  typeOf,
  type MigrationState,
  type MigrationStatus,
} from './states.ts'
import { compareVersions, highestVersion } from './version.ts'

/** Flyway's own names for what `flyway validate` finds. */
export type ValidationCode =
  | 'FAILED_REPEATABLE_MIGRATION'
  | 'FAILED_VERSIONED_MIGRATION'
  | 'APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED'
  | 'APPLIED_REPEATABLE_MIGRATION_NOT_RESOLVED'
  | 'RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED'
  | 'RESOLVED_REPEATABLE_MIGRATION_NOT_APPLIED'
  | 'OUTDATED_REPEATABLE_MIGRATION'
  | 'TYPE_MISMATCH'
  | 'CHECKSUM_MISMATCH'
  | 'DESCRIPTION_MISMATCH'

export interface ValidationProblem extends MigrationStatus {
  readonly code: ValidationCode
  /** One sentence. */
  readonly message: string
  /** For a mismatch: what the history table holds. */
  readonly expected: string | null
  /** For a mismatch: what the file says. */
  readonly actual: string | null
}

/**
 * What `flyway validate` would fail on, in its order; at most one problem for each migration. The configured
 * `ignoreMigrationPatterns` count. `flyway migrate` validates, too, but ignores what is pending: `pending: false`.
 */
export const validateMigrations = (
  folder: Pick<MigrationFolder, 'migrations' | 'config'>,
  applied: readonly AppliedMigration[] | null,
  { pending }: { readonly pending: boolean } = { pending: true },
): readonly ValidationProblem[] => {
  const patterns = [...folder.config.ignoreMigrationPatterns, ...(pending ? [] : ['*:pending'])]
  const rules = patterns.map((pattern) =>
    pattern
      .toLowerCase()
      .split(':', 2)
      .map((part) => part.trim()),
  )
  const isIgnored = (state: MigrationState, isVersioned: boolean): boolean =>
    rules.some(
      ([type, pattern]) =>
        (pattern === '*' || pattern === state.toLowerCase()) &&
        (type === '*' || type === (isVersioned ? 'versioned' : 'repeatable')),
    )
  const pendingIgnored = isIgnored('Pending', true) && isIgnored('Pending', false)
  const baseline = highestVersion(
    (applied ?? []).filter(({ type }) => type.endsWith('BASELINE')).flatMap(({ version }) => version ?? []),
  )
  return migrationStates(folder, applied).flatMap((status) => {
    if (isIgnored(status.state, status.version !== null)) return []
    const { version } = status
    const covered = version !== null && baseline !== undefined && compareVersions(version, baseline) <= 0
    if (status.state === 'Failed (Future)' && isIgnored('Future', version !== null)) return []
    return checkState(status, pendingIgnored) ?? (covered ? null : checkContent(status, pendingIgnored)) ?? []
  })
}

const checkState = (status: MigrationStatus, pendingIgnored: boolean): ValidationProblem | null => {
  const { state, version, migration, type } = status
  const name = describeStatus(status)
  const problem = (code: ValidationCode, message: string): ValidationProblem => ({
    ...status,
    code,
    message,
    expected: null,
    actual: null,
  })
  switch (state) {
    case 'Failed':
    case 'Failed (Missing)':
    case 'Failed (Future)':
      return version === null
        ? problem(
            'FAILED_REPEATABLE_MIGRATION',
            `the repeatable migration ${name} failed; clean up and run flyway repair`,
          )
        : problem('FAILED_VERSIONED_MIGRATION', `the migration ${name} failed; clean up and run flyway repair`)
    case 'Missing':
    case 'Future':
    case 'Outdated':
      if (migration === null) {
        return type.startsWith('UNDO')
          ? null
          : problem(
              version === null
                ? 'APPLIED_REPEATABLE_MIGRATION_NOT_RESOLVED'
                : 'APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED',
              `the migration ${name} was applied, but its file is not there`,
            )
      }
      return state === 'Outdated' && !pendingIgnored
        ? problem(
            'OUTDATED_REPEATABLE_MIGRATION',
            `the repeatable migration ${name} has changed and was not applied again`,
          )
        : null
    case 'Ignored':
      return migration?.kind === 'baseline'
        ? null
        : problem(
            'RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED',
            `the migration ${name} is older than one that was applied`,
          )
    case 'Pending':
      if (pendingIgnored) return null
      return version === null
        ? problem('RESOLVED_REPEATABLE_MIGRATION_NOT_APPLIED', `the repeatable migration ${name} was not applied`)
        : problem('RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED', `the migration ${name} was not applied`)
    case 'Above Target':
    case 'Below Baseline':
    case 'Ignored (Baseline)':
    case 'Baseline':
    case 'Success':
    case 'Undone':
    case 'Out of Order':
    case 'Superseded':
    case 'Deleted':
      return null
  }
}

const checkContent = (status: MigrationStatus, pendingIgnored: boolean): ValidationProblem | null => {
  const { state, version, migration, applied, type } = status
  if (migration === null || applied === null || type === 'DELETE') return null
  if (['Undone', 'Deleted', 'Above Target'].includes(state)) return null
  const mismatch = (code: ValidationCode, what: string, expected: unknown, actual: unknown): ValidationProblem => ({
    ...status,
    code,
    message: `the ${what} of ${migration.script} is no longer that of the migration that was applied`,
    expected: String(expected),
    actual: String(actual),
  })
  if (typeOf(migration) !== type) return mismatch('TYPE_MISMATCH', 'type', type, typeOf(migration))
  const compares = version !== null || (pendingIgnored && state !== 'Outdated' && state !== 'Superseded')
  if (compares && !checksumMatches(migration, applied)) {
    return mismatch('CHECKSUM_MISMATCH', 'checksum', applied.checksum, migration.checksum)
  }
  if (storedDescription(migration.description) !== applied.description.replace(/^<< no description >>$/, '')) {
    return mismatch('DESCRIPTION_MISMATCH', 'description', applied.description, migration.description)
  }
  return null
}

/** As the history table holds it: 200 characters at most. */
const storedDescription = (description: string): string =>
  description.length <= 200 ? description : `${description.slice(0, 197)}...`
