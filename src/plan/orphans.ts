import { continuumLayout, recogniseHistory, type HistoryLayout } from '../catalog/layout.ts'
import type { Catalog } from '../catalog/types.ts'
import { qualify, type PlanOptions, type Resolved } from './resolve.ts'
import type { Finding } from './types.ts'

/**
 * Finds version tables whose base table is gone. Their history stays: a person who wants it no longer drops them. Tables
 * that only look like one are not among them, see `recogniseHistory`.
 */
export const findOrphans = (
  catalog: Catalog,
  resolved: readonly Resolved[],
  { versioned, transactionTable }: PlanOptions,
): readonly Finding[] => {
  const layouts = new Map<string, HistoryLayout>()
  for (const { model } of [...resolved, { model: { options: {} } }]) {
    const options = { ...versioned, ...model.options }
    const layout: HistoryLayout = {
      versionTable: options.versionTable ?? continuumLayout.versionTable,
      transactionColumn: options.transactionColumn ?? continuumLayout.transactionColumn,
      endTransactionColumn: options.endTransactionColumn ?? continuumLayout.endTransactionColumn,
      operationColumn: options.operationColumn ?? continuumLayout.operationColumn,
    }
    layouts.set(JSON.stringify(layout), layout)
  }
  const claimed = new Set(resolved.flatMap(({ table }) => table?.history?.found.oid ?? []))
  const { versionTables } = recogniseHistory(catalog, { layouts: [...layouts.values()], transactionTable })
  return [...versionTables.values()]
    .filter(({ relation, base }) => base === null && !claimed.has(relation.oid))
    .map(({ relation }): Finding => ({
      code: 'version-table-orphan',
      severity: 'warning',
      object: qualify(relation),
      expected: 'a base table',
      actual: null,
      message: `${qualify(relation)} is the history of a table that is gone: it stays until somebody drops it`,
      fix: null,
      where: null,
    }))
}
