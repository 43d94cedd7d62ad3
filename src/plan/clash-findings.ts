import type { Clash } from '../flyway/branch.ts'
import { isApplied } from '../flyway/states.ts'
import type { AppliedMigration } from '../flyway/types.ts'
import { renumberCommand } from './command.ts'
import type { Finding } from './types.ts'

/**
 * What goes wrong once this branch is merged, with the command that renumbers its files.
 *
 * @param applied what the database at hand has run: a file that it ran keeps its version
 */
export const describeClashes = (
  clashes: readonly Clash[],
  base: string,
  applied: readonly AppliedMigration[] | null,
): readonly Finding[] =>
  clashes.map(({ code, migration, other }): Finding => {
    const ran = applied !== null && isApplied(migration, applied)
    const fixable = migration.kind === 'versioned' && migration.type !== 'java' && !ran
    const what = migration.version === null ? 'description' : 'version'
    const clash =
      code === 'migration-duplicate'
        ? `${migration.script} has the same ${what} as ${other.script} of ${base}: once both are merged, Flyway refuses to run`
        : `${migration.script} is below ${other.script} of ${base}: where that was applied, Flyway ignores it`
    return {
      code,
      severity: 'error',
      object: migration.script,
      expected:
        code === 'migration-duplicate' ? `a ${what} of its own` : `a version above ${other.version?.text ?? ''}`,
      actual: migration.version?.text ?? migration.description,
      message: ran ? `${clash}; this database has applied it, so that it keeps its version here` : clash,
      fix: fixable ? renumberCommand(base) : null,
      where: { file: migration.file },
    }
  })
