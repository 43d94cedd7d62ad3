import { relative, sep } from 'node:path'
import { checksumMatches, describeStatus, isApplied, migrationStates, type MigrationStatus } from '../flyway/states.ts'
import { describeMigration } from '../flyway/file-name.ts'
import type { AppliedMigration, Migration, MigrationFolder } from '../flyway/types.ts'
import { validateMigrations, type ValidationProblem } from '../flyway/validate.ts'
import { compareVersions, highestVersion } from '../flyway/version.ts'
import type { QualifiedName } from '../catalog/types.ts'
import { qualified } from '../sql/quote.ts'
import { comment } from '../sql/text.ts'
import { renumberFilesCommand } from './command.ts'
import type { Finding } from './types.ts'

/** What a table's migrations are called: `create_mine_version_table`; the schema is named unless it is `public`. */
export const migrationDescription = (verb: string, { schema, name }: QualifiedName): string =>
  describeMigration(verb, schema === 'public' ? name : `${schema}_${name}`, 'version_table')

/** The migrations that Flyway would run next, once what failed is repaired. */
export const pendingMigrations = (states: readonly MigrationStatus[]): readonly MigrationStatus[] =>
  states.filter(({ state }) => state === 'Pending' || state === 'Failed')

/** What a pending migration says in its first line; see the headers in `src/sql`. */
export type FirstLines = ReadonlyMap<MigrationStatus, string>

/** Whether this database still has to run a migration of ours for the table: then what is missing is on its way. */
export const isPending = (pending: FirstLines, table: QualifiedName, verb: string): boolean => {
  const description = migrationDescription(verb, table).replaceAll('_', ' ').toLowerCase()
  // Two tables may share a description (app.a_b and app_a.b), but not their name in the header.
  const subject = ` of ${comment(qualified(table))}`
  return [...pending].some(
    ([status, line]) =>
      status.description.toLowerCase() === description &&
      (line.includes(`${subject} `) || line.includes(`${subject}:`)),
  )
}

/** What is wrong with the folder itself, and between it and Flyway's history table. */
export const findFolderDrift = (
  folder: MigrationFolder,
  applied: readonly AppliedMigration[] | null,
  states: readonly MigrationStatus[] = migrationStates(folder, applied),
): readonly Finding[] => {
  const name = (file: string): string => relative(folder.config.workingDirectory, file).replaceAll(sep, '/')
  const byFile = new Map(folder.migrations.map((migration) => [migration.file, migration]))
  const findings = folder.problems.map(({ code, message, files, fatal }): Finding => ({
    code,
    severity: fatal ? 'error' : 'warning',
    object: files.map(name).join(', '),
    expected: null,
    actual: null,
    message,
    fix:
      code === 'migration-duplicate'
        ? separate(
            files.flatMap((file) => byFile.get(file) ?? []),
            applied,
            name,
          )
        : null,
    where: files[0] === undefined ? null : { file: files[0] },
  }))
  for (const { state, version, description, migration, applied: row } of states) {
    const title = describeStatus({ version, description })
    if (migration !== null && row !== null && migration.kind !== 'repeatable' && !checksumMatches(migration, row)) {
      findings.push({
        code: 'migration-edited',
        severity: 'error',
        object: migration.script,
        expected: `checksum ${row.checksum}`,
        actual: `checksum ${migration.checksum}`,
        message: `${title} was changed after it was applied: Flyway refuses to run`,
        fix: null,
        where: { file: migration.file },
      })
    }
    // A baseline is for databases that have run nothing yet: others do without it.
    if (state === 'Ignored' && migration !== null && migration.kind !== 'baseline') {
      findings.push({
        code: 'migration-order',
        severity: 'error',
        object: migration.script,
        expected: 'a version above all that were applied',
        actual: migration.version?.text ?? null,
        message: `${title} is below what was applied, so Flyway ignores it: give it a higher version, or set outOfOrder`,
        fix: isMovable(migration) ? renumberFilesCommand([name(migration.file)]) : null,
        where: { file: migration.file },
      })
    }
  }
  return [...findings, ...findRefused(folder, applied)]
}

/**
 * Which files Flyway misses, or finds under another name, when it validates, as configured. What was run as anything but SQL
 * may be made by code, and what is below a baseline is replaced by it.
 */
const findRefused = (folder: MigrationFolder, applied: readonly AppliedMigration[] | null): readonly Finding[] => {
  const baseline = highestVersion([
    ...folder.migrations.flatMap(({ kind, version }) => (kind === 'baseline' ? (version ?? []) : [])),
    ...(applied ?? []).flatMap(({ type, version }) => (type.endsWith('BASELINE') ? (version ?? []) : [])),
  ])
  return validateMigrations(folder, applied).flatMap((problem): readonly Finding[] => {
    const { code, state, applied: row, version, description } = problem
    if (code.startsWith('FAILED_')) return describeFailed(problem, folder.config.historyTable)
    if (code === 'DESCRIPTION_MISMATCH') return describeRenamed(problem)
    if (code !== 'APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED' || state !== 'Missing' || row?.type !== 'SQL') return []
    if (version === null || (baseline !== undefined && compareVersions(version, baseline) <= 0)) return []
    const title = describeStatus({ version, description })
    const moved = folder.migrations.find(
      (migration) =>
        migration.kind === 'versioned' &&
        row.checksum !== null &&
        migration.checksum === row.checksum &&
        !isApplied(migration, applied ?? []),
    )
    const finding: Finding = {
      code: 'migration-missing',
      severity: 'error',
      object: row.script,
      expected: 'the file that was applied',
      actual: null,
      message: `${title} was applied, but its file is gone: Flyway refuses to run. ${moved === undefined ? `Restore ${row.script} from version control` : `${moved.script} has its content: give it its former name, ${row.script}`}`,
      fix: null,
      where: null,
    }
    return [finding]
  })
}

const describeFailed = (
  { migration, applied, version, description }: ValidationProblem,
  historyTable: string,
): readonly Finding[] => [
  {
    code: 'migration-failed',
    severity: 'error',
    object: applied?.script ?? description,
    expected: 'applied',
    actual: 'failed',
    message: `${describeStatus({ version, description })} failed, says ${historyTable}: Flyway refuses to run. Undo what it left, then run flyway repair and flyway migrate`,
    fix: null,
    where: migration === null ? null : { file: migration.file },
  },
]

const describeRenamed = ({ migration, applied, expected, actual }: ValidationProblem): readonly Finding[] =>
  migration === null || applied === null
    ? []
    : [
        {
          code: 'migration-edited',
          severity: 'error',
          object: migration.script,
          expected: `description ${expected}`,
          actual: `description ${actual}`,
          message: `${migration.script} was applied as ${applied.script} and renamed since: Flyway refuses to run. Give it its former name`,
          fix: null,
          where: { file: migration.file },
        },
      ]

/** Where one of several files of a version has been applied, the others can still have another. */
const separate = (
  duplicates: readonly Migration[],
  applied: readonly AppliedMigration[] | null,
  name: (file: string) => string,
): string | null => {
  const others = duplicates.filter((migration) => applied === null || !isApplied(migration, applied, duplicates))
  if (others.length === 0 || others.length === duplicates.length || !others.every(isMovable)) return null
  return renumberFilesCommand(others.map(({ file }) => name(file)))
}

const isMovable = ({ kind, type }: Migration): boolean => kind === 'versioned' && type !== 'java'
