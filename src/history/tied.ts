import { formatArray } from './array-text.ts'
import type { RelationDescriptor } from './descriptor.ts'
import type { Executor } from './executor.ts'
import type { Statement } from './select.ts'
import { createParameters, quote } from './sql.ts'
import { prepareTable, readRow, selectedLength, storedKey, type StoredVersion, type Table } from './table.ts'

/** A table's history as one connection sees it. */
export interface Source {
  readonly executor: Executor
  readonly table: Table
}

/** A row, and the id of the transaction as of which what is related to it is asked. */
export interface Origin {
  readonly stored: StoredVersion
  readonly moment: string
}

/** The other table of a relation, as the same connection sees it. */
export const targetOf = ({ executor }: Source, relation: RelationDescriptor): Source => ({
  executor,
  table: prepareTable(relation.target()),
})

/** For each row the versions that a relation ties it to, in key order. One query. */
export const readTied = async (
  source: Source,
  relation: RelationDescriptor,
  origins: readonly Origin[],
): Promise<readonly (readonly StoredVersion[])[]> => {
  const groups = origins.map((): StoredVersion[] => [])
  if (origins.length === 0) return groups
  const target = targetOf(source, relation)
  const rows = await source.executor.query(...selectTied(source.table, target.table, relation, origins))
  for (const row of rows) groups[Number(row[selectedLength(target.table)])]?.push(readRow(target.table, row))
  return groups
}

/** What a delete took with it was there just before. */
export const momentOf = ({ transaction, operation }: StoredVersion): string =>
  operation === 'delete' ? String(BigInt(transaction.id) - 1n) : transaction.id

/** @throws TypeError for a relation there is not; the database has not been asked by then. */
export const checkPaths = (table: Table, paths: readonly string[]): void => {
  for (const [name, rest] of groupPaths(table, paths)) {
    checkPaths(prepareTable(relationOf(table, name).target()), rest)
  }
}

/** First names, and the paths that go on from each. A name may have dots itself. */
export const groupPaths = (table: Table, paths: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, string[]>()
  for (const path of paths) {
    if (typeof path !== 'string') throw new TypeError('with is a list of relations')
    const name = [...table.relations.keys()].find((each) => path === each || path.startsWith(`${each}.`)) ?? path
    relationOf(table, name)
    const rest = groups.get(name) ?? []
    groups.set(name, rest)
    if (path.length > name.length) rest.push(path.slice(name.length + 1))
  }
  return groups
}

export const relationOf = (table: Table, name: string): RelationDescriptor => {
  const relation = table.relations.get(name)
  if (!relation) throw new TypeError(`${table.descriptor.table.name} has no relation ${name}`)
  return relation
}

/**
 * Versions of the target that held at each row's moment; after each the row's position. The values that tie them are those
 * in the rows' own version table.
 */
const selectTied = (
  table: Table,
  target: Table,
  { columns, targetColumns }: RelationDescriptor,
  origins: readonly Origin[],
): Statement => {
  const parameters = createParameters()
  const array = (texts: readonly string[]) => `${parameters.add(formatArray(texts, String))}::text[]`
  const keys = origins.map(({ stored }) => storedKey(table, stored.texts))
  const given = [
    array(origins.map((_, i) => String(i))),
    array(origins.map(({ moment }) => moment)),
    array(origins.map(({ stored }) => stored.transaction.id)),
    ...table.key.map((_, k) => array(keys.map((key) => key[k] ?? ''))),
  ]
  const names = ['n', 'moment', 'id', ...table.key.map((_, k) => `k${k}`)]
  const same = [
    ...table.key.map(({ quoted, cast }, k) => `s.${quoted} = o.k${k}::${cast ?? 'text'}`),
    `s.${table.transactionId} = o.id::bigint`,
  ]
  const tied = columns.map((column, i) => `v.${quote(targetColumns[i] ?? '')} = s.${quote(column)}`)
  const v = `v.${target.transactionId}`
  const end = target.endTransactionId
  const last = target.key.map(({ quoted }) => `p.${quoted} = v.${quoted}`).join(' and ')
  const holds =
    end === null
      ? `${v} = (select max(p.${target.transactionId}) from ${target.versions} as p where ${last} and p.${target.transactionId} <= o.moment::bigint)`
      : `${v} <= o.moment::bigint and (v.${end} is null or v.${end} > o.moment::bigint)`
  const sql =
    `select ${target.selected}, o.n from unnest(${given.join(', ')}) as o (${names.join(', ')}) ` +
    `join ${table.versions} as s on ${same.join(' and ')} ` +
    `join ${target.versions} as v on ${tied.join(' and ')} and ${holds} and v.${target.operation} <> 2 ` +
    `left join ${target.transactions} as t on t."id" = ${v} ` +
    `order by ${target.key.map(({ quoted }) => `v.${quoted}`).join(', ')}`
  return [sql, parameters.values]
}
