import { relative, sep } from 'node:path'
import { checksumMatches, describeStatus, migrationStates, type MigrationStatus } from '../flyway/states.ts'
import { describeMigration } from '../flyway/file-name.ts'
import type { AppliedMigration, MigrationFolder } from '../flyway/types.ts'
import type { QualifiedName } from '../catalog/types.ts'
import { qualified } from '../sql/quote.ts'
import { comment } from '../sql/text.ts'
import type { Finding } from './types.ts'

/** What a table's migrations are called: `create_mine_version_table`; the schema is named unless it is `public`. */
export const migrationDescription = (verb: string, { schema, name }: QualifiedName): string =>
  describeMigration(verb, schema === 'public' ? name : `${schema}_${name}`, 'version_table')

/** The migrations that Flyway would run next. */
export const pendingMigrations = (
  folder: MigrationFolder,
  applied: readonly AppliedMigration[] | null,
): readonly MigrationStatus[] => migrationStates(folder, applied).filter(({ state }) => state === 'Pending')

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
): readonly Finding[] => {
  const findings = folder.problems.map(({ code, message, files, fatal }): Finding => ({
    code,
    severity: fatal ? 'error' : 'warning',
    object: files.map((file) => relative(folder.config.workingDirectory, file).replaceAll(sep, '/')).join(', '),
    expected: null,
    actual: null,
    message,
    fix: null,
    where: files[0] === undefined ? null : { file: files[0] },
  }))
  for (const { state, version, description, migration, applied: row } of migrationStates(folder, applied)) {
    const name = describeStatus({ version, description })
    if (migration !== null && row !== null && migration.kind !== 'repeatable' && !checksumMatches(migration, row)) {
      findings.push({
        code: 'migration-edited',
        severity: 'error',
        object: migration.script,
        expected: `checksum ${row.checksum}`,
        actual: `checksum ${migration.checksum}`,
        message: `${name} was changed after it was applied: Flyway refuses to run`,
        fix: null,
        where: { file: migration.file },
      })
    }
    if (state === 'Ignored' && migration !== null) {
      findings.push({
        code: 'migration-order',
        severity: 'error',
        object: migration.script,
        expected: 'a version above all that were applied',
        actual: migration.version?.text ?? null,
        message: `${name} is below what was applied, so Flyway ignores it: give it a higher version, or set outOfOrder`,
        fix: null,
        where: { file: migration.file },
      })
    }
  }
  return findings
}
