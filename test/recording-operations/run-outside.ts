import type { Database } from '../../src/database/types.ts'
import { splitStatements } from '../../src/database/split-statements.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { backfillMigration, type BackfillWork } from '../../src/sql/migrations.ts'

const timeouts = { lockTimeout: '5s', statementTimeout: '30s' }

/** The migration that backfills `batchSize` rows at a time. */
export const batchesSql = (table: VersionedTable, work: BackfillWork & { readonly batchSize: number }): string =>
  backfillMigration(table, timeouts, work)

/** Runs a migration as Flyway does with `executeInTransaction=false`: statement by statement. */
export const runOutsideTransaction = async (database: Pick<Database, 'script'>, sql: string): Promise<void> => {
  for (const { text } of splitStatements(sql)) await database.script(text)
}
