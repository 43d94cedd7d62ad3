import { layoutFor, recogniseHistory, type HistoryLayout } from '../catalog/layout.ts'
import type { Catalog, Relation } from '../catalog/types.ts'
import { qualify, versionTableName, type PlanOptions, type Resolved } from './resolve.ts'
import { recordFunctionName } from '../sql/names.ts'
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
    const layout = layoutFor({ ...versioned, ...model.options })
    layouts.set(JSON.stringify(layout), layout)
  }
  const claimed = new Set(resolved.flatMap(({ table }) => table?.history?.found.oid ?? []))
  const { versionTables } = recogniseHistory(catalog, { layouts: [...layouts.values()], transactionTable })
  const patterns = [...new Set([...layouts.values()].map(({ versionTable }) => versionTable))]
  let owned: ReadonlyMap<string, readonly Relation[]> | undefined
  /** A long name is cut by versiongen, in a way of its own. */
  const isOwned = (version: Relation): boolean => {
    const key = version.primaryKey?.columns.slice(0, -1) ?? []
    owned ??= ownersByName(catalog, patterns)
    return (owned.get(qualify(version)) ?? []).some(({ columns }) =>
      key.every((name) => columns.some((column) => column.name === name)),
    )
  }
  const kept = [
    ...resolved.flatMap(({ table }) => table?.history?.found ?? []),
    ...[...versionTables.values()].flatMap(({ relation, base }) => (base === null ? [] : relation)),
  ]
  return [...versionTables.values()]
    .filter(
      ({ relation, base }) =>
        base === null && !claimed.has(relation.oid) && !isOwned(relation) && !isCopy(relation, kept),
    )
    .map(({ relation }): Finding => {
      const writer = findWriter(relation, catalog)
      return {
        code: 'version-table-orphan',
        severity: 'warning',
        object: qualify(relation),
        expected: 'a base table',
        actual: null,
        message:
          writer === undefined
            ? `${qualify(relation)} is the history of a table that is gone: it stays until somebody drops it`
            : `${qualify(relation)} is the history of ${qualify(writer)}, which was renamed and has no model: its triggers go on writing it`,
        fix: null,
        where: null,
      }
    })
}

/** `create table … (like …)` leaves out the comment of the table, and people name such a copy after its original. */
const isCopy = ({ name, comment, columns }: Relation, kept: readonly Relation[]): boolean =>
  comment?.startsWith('Versions of ') !== true &&
  kept.some(
    (original) =>
      name.includes(original.name) &&
      columns.every((column) => original.columns.some((each) => each.name === column.name)),
  )

/** Tables by the names that their version tables would have. */
const ownersByName = (catalog: Catalog, patterns: readonly string[]): ReadonlyMap<string, readonly Relation[]> => {
  const owned = new Map<string, Relation[]>()
  for (const base of catalog.relations.filter(isTable)) {
    for (const pattern of patterns) {
      const name = qualify(versionTableName(base, pattern))
      owned.set(name, [...(owned.get(name) ?? []), base])
    }
  }
  return owned
}

const isTable = ({ kind, partitionOf }: Relation): boolean =>
  (kind === 'table' || kind === 'partitioned table') && partitionOf === null

/** The table whose recording triggers write this history: they go along when it is renamed. */
const findWriter = (version: Relation, catalog: Catalog): Relation | undefined => {
  const recorder = qualify(recordFunctionName(version))
  return catalog.relations
    .filter(isTable)
    .find(({ triggers }) => triggers.some((trigger) => qualify(trigger.function) === recorder))
}
