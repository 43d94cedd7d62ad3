import { formatArray } from './array-text.ts'
import type { ForeignKeyRelation, RelationDescriptor } from './descriptor.ts'
import type { Executor, TextRow } from './executor.ts'
import { type LiveTable, prepareLive } from './live.ts'
import type { Statement } from './select.ts'
import { createParameters, quote } from './sql.ts'
import { prepareTable, storedKey, type StoredVersion, type Table } from './table.ts'
import { belongsTo, isPlain } from './transaction-at.ts'

/** A table's history as one connection sees it. */
export interface Source {
  readonly executor: Executor
  readonly table: Table
}

/** A row, and the moment as of which what is related to it is asked: ids, as `momentIds` in text. */
export interface Origin {
  readonly stored: StoredVersion
  readonly moment: string
}

/** What a relation leads to: a table's history or, where it has none, the table itself. */
export type Target = Table | LiveTable

export const isLive = (target: Target): target is LiveTable => 'rows' in target

/** The steps of a relation: one, or two where a join table is between. */
export const stepsOf = (table: Table, name: string): readonly [...ForeignKeyRelation[], ForeignKeyRelation] => {
  const relation = relationOf(table, name)
  if (!('through' in relation)) return [relation]
  const [first] = stepsOf(table, relation.through[0])
  const join = first && targetOf(first)
  if (!first || !join || isLive(join)) throw new TypeError(`no join table behind ${name}; generate the accessors again`)
  return [first, ...stepsOf(join, relation.through[1])]
}

/** What one step leads to. */
export const targetOf = (step: ForeignKeyRelation): Target => {
  const descriptor = step.target()
  return 'versionTable' in descriptor ? prepareTable(descriptor) : prepareLive(descriptor)
}

/** What a relation leads to, whatever is between. */
export const lastTarget = (table: Table, name: string): Target => targetOf(lastOf(stepsOf(table, name)))

/** Whether there may be several rows. */
export const isMany = (table: Table, name: string): boolean => stepsOf(table, name).some(({ many }) => many)

/** For each row the rows that a relation ties it to, in key order. One query. */
export const readTied = async (
  { executor, table }: Source,
  steps: readonly ForeignKeyRelation[],
  origins: readonly Origin[],
): Promise<readonly (readonly TextRow[])[]> => {
  const groups = origins.map((): TextRow[] => [])
  if (origins.length === 0) return groups
  for (const row of await executor.query(...selectTied(table, steps, origins))) groups[Number(row.at(-1))]?.push(row)
  return groups
}

/** What a delete took with it was there just before. */
export const momentOf = ({ transaction, operation }: StoredVersion): string =>
  operation === 'delete' ? String(BigInt(transaction.id) - 1n) : transaction.id

/** @throws TypeError for a relation there is not; the database has not been asked by then. */
export const checkPaths = (table: Table, paths: readonly string[]): void => {
  for (const [name, rest] of groupPaths(table, paths)) {
    const target = lastTarget(table, name)
    if (!isLive(target)) checkPaths(target, rest)
    else if (rest[0] !== undefined) throw noRelation(target, rest[0])
  }
}

/** First names, and the paths that go on from each. A name may have dots itself. */
export const groupPaths = (table: Table, paths: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  if (!Array.isArray(paths)) throw new TypeError('with is a list of relations')
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
  if (!relation) throw noRelation(table, name)
  return relation
}

const noRelation = ({ descriptor }: Target, name: string): TypeError =>
  new TypeError(`${descriptor.table.name} has no relation ${name}`)

const lastOf = <Item>(items: readonly [...Item[], Item]): Item => items[items.length - 1] as Item

/**
 * Rows of the last target, in the versions that held at each row's moment or, without history, as they are; after each the
 * row's position. The values that tie them are those in the version tables.
 */
const selectTied = (table: Table, steps: readonly ForeignKeyRelation[], origins: readonly Origin[]): Statement => {
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
  const plain = origins.every(({ moment }) => isPlain(moment))
  const joins = steps.map(({ columns, targetColumns, ...step }, i) => {
    const [from, to] = [i === 0 ? 's' : 'j', i === steps.length - 1 ? 'v' : 'j']
    const target = targetOf({ columns, targetColumns, ...step })
    const tied = columns.map((column, c) => `${to}.${quote(targetColumns[c] ?? '')} = ${from}.${quote(column)}`)
    return isLive(target)
      ? `join ${target.rows} as ${to} on ${tied.join(' and ')} `
      : `join ${target.versions} as ${to} on ${tied.join(' and ')} and ${heldAt(target, to, plain)} `
  })
  const last = steps.at(-1)
  if (!last) throw new RangeError('a relation without steps')
  const target = targetOf(last)
  const dated = isLive(target) ? '' : `left join ${target.transactions} as t on t."id" = v.${target.transactionId} `
  // A table without a key has no order but that of its columns.
  const order = target.key.length > 0 ? target.key : target.columns.filter(({ cast }) => cast !== undefined)
  const sql =
    `select ${target.selected}, o.n from unnest(${given.join(', ')}) as o (${names.join(', ')}) ` +
    `join ${table.versions} as s on ${same.join(' and ')} ${joins.join('')}${dated}` +
    (order.length === 0 ? '' : `order by ${order.map(({ quoted }) => `v.${quoted}`).join(', ')}`)
  return [sql, parameters.values]
}

/** The version called `alias` was the last one at the moment, and no delete. */
const heldAt = (target: Table, alias: string, plain: boolean): string => {
  const belongs = (id: string) => belongsTo(id, 'o.moment', plain)
  const id = `${alias}.${target.transactionId}`
  const end = target.endTransactionId && `${alias}.${target.endTransactionId}`
  const last = target.key.map(({ quoted }) => `p.${quoted} = ${alias}.${quoted}`).join(' and ')
  const holds =
    end === null
      ? `${id} = (select max(p.${target.transactionId}) from ${target.versions} as p where ${last} and ${belongs(`p.${target.transactionId}`)})`
      : `${belongs(id)} and (${end} is null or not (${belongs(end)}))`
  return `${holds} and ${alias}.${target.operation} <> 2`
}
