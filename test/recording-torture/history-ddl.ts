import type { VersionedTable } from '../../src/plan/types.ts'
import { createMigration } from '../../src/sql/migrations.ts'

/**
 * All SQL that gives a table its history, but for the backfill: transaction table (if missing), version table,
 * recording functions and triggers. The one place that says whose recording is tortured and measured.
 */
export const historyDdl = (table: VersionedTable): string =>
  createMigration(table, { lockTimeout: '5s', statementTimeout: '0' })
