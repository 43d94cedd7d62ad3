import { groupBy } from '../catalog/group.ts'
import type { Catalog, Relation } from '../catalog/types.ts'
import { identifier, qualified } from '../sql/quote.ts'
import { transactionComment } from '../sql/transaction-table.ts'
import { findTransactionObstacles } from './obstacles.ts'
import { findFits, findOwners, findRecording, findTriggers, type Exposure, type Recording } from './owners.ts'
import { Report, type Comparison } from './report.ts'
import { qualify } from './resolve.ts'
import type { VersionedTable } from './types.ts'
import { ownersBesides, writesOf } from './writers.ts'

/** What is to be said of the transaction tables goes to the first of the tables that share each: once, with its repair. */
export const compareTransactions = (
  comparisons: readonly Comparison[],
  catalog: Catalog,
): ReadonlyMap<VersionedTable, Comparison> => {
  const said = new Map<VersionedTable, Report>()
  const recordings = comparisons.flatMap(({ table }) => findRecording(table, catalog) ?? [])
  for (const [transaction, shared] of groupBy(recordings, (each) => each.transaction)) {
    const [first] = shared
    if (first === undefined) continue
    const report = new Report(first.table)
    said.set(first.table, report)
    const isWritten = comparisons.some(
      ({ table }) => table.writer === 'orm' && qualify(table.transaction) === qualify(transaction),
    )
    if (!isWritten) compareRights(transaction, shared, report)
    if (transaction.unlogged) {
      report.drift('unlogged', qualify(transaction), {
        expected: 'logged',
        actual: 'unlogged',
        message: `${qualify(transaction)} is unlogged: a crash empties it, and standbys have nothing of it. In a migration of your own: alter table ${qualified(transaction)} set logged`,
        fix: null,
      })
    }
    for (const { object, ...obstacle } of findTransactionObstacles(transaction)) {
      report.drift('constraint', object, { ...obstacle, fix: null })
    }
    for (const { object, ...exposure } of findExposures(shared, catalog)) {
      report.drift('grant', object, { ...exposure, fix: null })
    }
  }
  return new Map(comparisons.map((comparison) => [comparison.table, add(comparison, said.get(comparison.table))]))
}

/** Of the transaction table that all these share. */
export const findExposures = (recordings: readonly Recording[], catalog: Catalog): readonly Exposure[] => {
  const [first] = recordings
  if (first === undefined) return []
  const { transaction } = first
  const whole = recordings.filter(({ version, recorder }) => version.owner === recorder.owner)
  return [
    // Tables of one owner have the same to say.
    ...[...groupBy(whole, ({ recorder }) => recorder.owner).values()].flatMap((alike) =>
      alike.slice(0, 1).flatMap((each) => findOwners(each, catalog)),
    ),
    ...findTriggers(transaction, recordings, catalog),
    ...findFits(recordings, catalog),
  ]
}

const add = (comparison: Comparison, report: Report | undefined): Comparison =>
  report === undefined
    ? comparison
    : {
        ...comparison,
        changes: [...comparison.changes, ...report.changes],
        findings: [...comparison.findings, ...report.comparison().findings],
      }

/** A transaction table that was there before has rights of its own: somebody else may write it, too. */
const compareRights = (relation: Relation, recordings: readonly Recording[], report: Report): void => {
  const recorders = recordings.map(({ recorder }) => recorder)
  const isOurs = relation.comment === transactionComment
  for (const { grantee, privileges } of writesOf(relation, recorders)) {
    const excess = privileges.join(', ')
    report.drift('grant', qualify(relation), {
      severity: isOurs ? 'error' : 'warning',
      expected: 'nobody but the owner writes history',
      actual: `${grantee}: ${excess}`,
      message: `${grantee} may change history: ${excess} on ${qualify(relation)}${
        isOurs
          ? ''
          : `. If nothing else writes it, take that back in a migration of your own: revoke insert, update, delete, truncate on ${qualified(relation)} from ${grantee === 'PUBLIC' ? 'public' : identifier(grantee)}`
      }`,
      ...(isOurs
        ? {
            change: {
              kind: 'revoke-writes',
              table: { schema: relation.schema, name: relation.name },
              keptBy: ownersBesides(relation, recorders),
            },
          }
        : { fix: null }),
    })
  }
}
