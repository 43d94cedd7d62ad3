import { alterMigration } from '../sql/alter-migration.ts'
import { indexMigration } from '../sql/index-migration.ts'
import { backfillMigration, createMigration, type Timeouts } from '../sql/migrations.ts'
import type { Change } from './changes.ts'
import type { Comparison } from './report.ts'
import type { VersionedTable } from './types.ts'

/** A migration without its version: `create_mine_version_table` and what it holds. */
export interface PlannedMigration {
  readonly table: VersionedTable
  readonly verb: 'create' | 'alter' | 'backfill' | 'index'
  readonly text: string
  /** False for what commits on its own. */
  readonly executeInTransaction: boolean
}

/**
 * The migrations that carry out all changes, in order. The first one that needs it makes the transaction table.
 *
 * @param timeouts.concurrentIndexes indexes on a version table that is there get a file of their own, last
 * @param batchSizeOf how many rows at a time a table's backfill takes; undefined: all of them, in one transaction
 */
export const planMigrations = (
  comparisons: readonly Comparison[],
  timeouts: Timeouts & { readonly concurrentIndexes?: boolean },
  batchSizeOf: (table: VersionedTable) => number | undefined = () => undefined,
): readonly PlannedMigration[] => {
  const migrations: PlannedMigration[] = []
  const made = new Set<string>()
  const fitsMade = new Set<string>()
  for (const { table: original, changes } of comparisons) {
    const transaction = `${original.transaction.schema}\0${original.transaction.name}`
    const exists = original.transaction.exists || made.has(transaction)
    const findsInstants = original.transaction.findsInstants === true || made.has(transaction)
    const knowsFits = original.transaction.knowsFits === true || fitsMade.has(transaction)
    const table: VersionedTable = {
      ...original,
      transaction: { ...original.transaction, exists, findsInstants, knowsFits },
    }
    const apart = changes.flatMap((change) =>
      timeouts.concurrentIndexes === true && change.kind === 'create-index' ? [change.index] : [],
    )
    const alterations = changes.filter(
      ({ kind }) => kind !== 'create' && !isOfRows(kind) && (kind !== 'create-index' || apart.length === 0),
    )
    if (isCreated(changes)) {
      made.add(transaction)
      if (table.writer === 'trigger') fitsMade.add(transaction)
      migrations.push({ table, verb: 'create', text: createMigration(table, timeouts), executeInTransaction: true })
    } else if (alterations.length > 0) {
      migrations.push({
        table,
        verb: 'alter',
        text: alterMigration(table, alterations, timeouts),
        executeInTransaction: true,
      })
    }
    const filled = changes.flatMap((change) => (change.kind === 'fill' ? change.columns : []))
    const catchUps = changes.filter((change) => change.kind === 'catch-up')
    const caughtUp = catchUps.length > 0
    const closed = catchUps.some(({ closes }) => closes === true)
    const retyped = catchUps.flatMap((change) => change.retyped ?? [])
    // Rows that come before the migration that widens their history stay out of it.
    const versions = isCreated(changes) || retyped.length > 0 || changes.some(({ kind }) => kind === 'backfill')
    if (versions || caughtUp || filled.length > 0) {
      const batchSize = caughtUp ? undefined : batchSizeOf(original)
      const text = backfillMigration(table, timeouts, { filled, versions, caughtUp, closed, retyped, batchSize })
      migrations.push({ table, verb: 'backfill', text, executeInTransaction: batchSize === undefined })
    }
    if (apart.length > 0) {
      migrations.push({ table, verb: 'index', text: indexMigration(table, apart), executeInTransaction: false })
    }
  }
  return migrations
}

/** Whether rows, or columns of them, are there whose values are not in history yet. */
export const needsBackfill = (changes: readonly Change[]): boolean =>
  changes.some(({ kind }) => kind === 'create' || isOfRows(kind))

const isOfRows = (kind: Change['kind']): boolean => kind === 'fill' || kind === 'backfill' || kind === 'catch-up'

const isCreated = (changes: readonly Change[]): boolean => changes.some(({ kind }) => kind === 'create')
