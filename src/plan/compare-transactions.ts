import { findFunction, findRelation } from '../catalog/lookup.ts'
import type { Catalog, Relation, StoredFunction } from '../catalog/types.ts'
import { recordFunctionName } from '../sql/names.ts'
import { identifier, qualified } from '../sql/quote.ts'
import { transactionComment } from '../sql/transaction-table.ts'
import { Report, type Comparison } from './report.ts'
import { qualify } from './resolve.ts'
import type { VersionedTable } from './types.ts'
import { ownersBesides, writesOf } from './writers.ts'

/** What is to be said of the transaction tables goes to the first of the tables that share each: once, with its repair. */
export const compareTransactions = (
  comparisons: readonly Comparison[],
  catalog: Catalog,
): ReadonlyMap<VersionedTable, Comparison> => {
  const recording = new Map<string, Recording[]>()
  for (const { table } of comparisons) {
    const recorder = findRecorder(table, catalog)
    if (recorder === undefined) continue
    const name = qualify(table.transaction)
    recording.set(name, [...(recording.get(name) ?? []), { table, recorder }])
  }
  const said = new Map<VersionedTable, Report>()
  for (const tables of recording.values()) {
    const [first] = tables
    if (first === undefined) continue
    const relation = findRelation(catalog, first.table.transaction.schema, first.table.transaction.name)
    if (relation === undefined) continue
    const report = new Report(first.table)
    said.set(first.table, report)
    const isShared = comparisons.some(
      ({ table }) => table.writer === 'orm' && qualify(table.transaction) === qualify(relation),
    )
    if (!isShared) compareRights(relation, tables, report)
  }
  return new Map(comparisons.map((comparison) => [comparison.table, add(comparison, said.get(comparison.table))]))
}

/** A table whose history is recorded, and the function that does it. */
interface Recording {
  readonly table: VersionedTable
  readonly recorder: StoredFunction
}

const findRecorder = ({ writer, history }: VersionedTable, catalog: Catalog): StoredFunction | undefined =>
  writer === 'orm' || history?.isHistory !== true ? undefined : findFunction(catalog, recordFunctionName(history.found))

const add = (comparison: Comparison, report: Report | undefined): Comparison =>
  report === undefined
    ? comparison
    : {
        ...comparison,
        changes: [...comparison.changes, ...report.changes],
        findings: [...comparison.findings, ...report.comparison().findings],
      }

/** A transaction table that was there before has rights of its own: somebody else may write it, too. */
const compareRights = (relation: Relation, tables: readonly Recording[], report: Report): void => {
  const recorders = tables.map(({ recorder }) => recorder)
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
