import { formatArray } from './array-text.ts'
import type { RelationDescriptor } from './descriptor.ts'
import type { Executor } from './executor.ts'
import { revertTo } from './revert.ts'
import type { Statement } from './select.ts'
import { createParameters, quote } from './sql.ts'
import { prepareTable, readRow, selectedLength, storedKey, type StoredVersion, type Table } from './table.ts'
import { RecordState, type StateReader } from './version.ts'

/** A table's history as one connection sees it. */
export interface Source {
  readonly executor: Executor
  readonly table: Table
}

/** A row, and the id of the transaction as of which what is related to it is asked. */
interface Origin {
  readonly stored: StoredVersion
  readonly moment: string
}

/** @param moment as of which relations are read: the id of a transaction; otherwise each version's own */
export const createStateReader = (source: Source, moment?: string): StateReader => ({
  revert: (version, columns) => {
    return revertTo(source.executor, source.table, storedKey(source.table, version.texts), version, columns)
  },
  related: async (stored, name) => {
    const relation = relationOf(source.table, name)
    const [related] = await readRelated(source, relation, [{ stored, moment: moment ?? momentOf(stored) }])
    return related?.value
  },
})

/** What a delete took with it was there just before. */
const momentOf = ({ transaction, operation }: StoredVersion): string =>
  operation === 'delete' ? String(BigInt(transaction.id) - 1n) : transaction.id

/**
 * Reads relations of all states at once: one query for each path.
 *
 * @param paths such as `permits` and `permits.conditions`; what a path leads over is read as well
 */
export const loadRelated = async (
  source: Source,
  states: readonly RecordState<object, object>[],
  paths: readonly string[],
  moment?: string,
): Promise<void> => {
  if (paths.length === 0) return
  const origins = states.flatMap((state) => {
    const stored = RecordState.storedOf(source.table, state)
    return stored ? [{ state, stored, moment: moment ?? momentOf(stored) }] : []
  })
  await loadPaths(source, origins, paths)
}

/** @throws TypeError for a relation there is not; the database has not been asked by then. */
export const checkPaths = (table: Table, paths: readonly string[]): void => {
  for (const [name, rest] of groupPaths(table, paths)) {
    checkPaths(prepareTable(relationOf(table, name).target()), rest)
  }
}

interface Loaded extends Origin {
  readonly state: RecordState<object, object>
}

const loadPaths = async (source: Source, origins: readonly Loaded[], paths: readonly string[]): Promise<void> => {
  for (const [name, rest] of groupPaths(source.table, paths)) {
    const relation = relationOf(source.table, name)
    const related = await readRelated(source, relation, origins)
    for (const [i, { state }] of origins.entries()) state.load(name, related[i]?.value)
    const target = { executor: source.executor, table: prepareTable(relation.target()) }
    await loadPaths(
      target,
      related.flatMap(({ loaded }) => loaded),
      rest,
    )
  }
}

/** First names, and the paths that go on from each. A name may have dots itself. */
const groupPaths = (table: Table, paths: readonly string[]): ReadonlyMap<string, readonly string[]> => {
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

const relationOf = (table: Table, name: string): RelationDescriptor => {
  const relation = table.relations.get(name)
  if (!relation) throw new TypeError(`${table.descriptor.table.name} has no relation ${name}`)
  return relation
}

/** For each row what `related` gives, and the states it holds. */
const readRelated = async (
  { executor, table }: Source,
  relation: RelationDescriptor,
  origins: readonly Origin[],
): Promise<readonly { readonly value: unknown; readonly loaded: readonly Loaded[] }[]> => {
  if (origins.length === 0) return []
  const target = { executor, table: prepareTable(relation.target()) }
  const rows = await executor.query(...selectRelated(table, target.table, relation, origins))
  const groups = origins.map((): Loaded[] => [])
  for (const row of rows) {
    const i = Number(row[selectedLength(target.table)])
    const moment = origins[i]?.moment ?? ''
    const stored = readRow(target.table, row)
    const state = new RecordState(target.table, stored, createStateReader(target, moment))
    groups[i]?.push({ state, stored, moment })
  }
  return groups.map((loaded) => {
    const states = loaded.map(({ state }) => state)
    return { value: relation.many ? states : states[0], loaded }
  })
}

/**
 * Versions of the target that held at each row's moment; after each the row's position. The values that tie them are those
 * in the rows' own version table.
 */
const selectRelated = (
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
