import type { ForeignKeyRelation } from './descriptor.ts'
import { deleteFrom, revertTo } from './revert.ts'
import { selectState } from './select.ts'
import { readRow, storedKey, type StoredVersion, type Table } from './table.ts'
import { groupPaths, isLive, momentOf, type Origin, readTied, relationOf, type Source, targetOf } from './tied.ts'
import { transactUnlessAborted } from './signal.ts'
import type { Abortable, Operation } from './types.ts'

/** How far to go back, as the caller said. */
export interface RestoreOptions extends Abortable {
  readonly columns?: readonly PropertyKey[] | undefined
  readonly relations?: readonly string[] | undefined
}

/**
 * Makes a row what it was in a version and, with `relations`, what is related to it what it was at the moment.
 *
 * @param moment the id of a transaction; undefined: that of the version
 */
export const restore = async (
  source: Source,
  stored: StoredVersion,
  moment: string | undefined,
  { columns, relations = [], signal }: RestoreOptions,
): Promise<Operation | null> => {
  checkGroups(source.table, relations)
  const key = storedKey(source.table, stored.texts)
  if (relations.length === 0 && !signal) return revertTo(source.executor, source.table, key, stored, columns)
  return transactUnlessAborted(source, signal, async (executor) => {
    if (relations.length === 0) return revertTo(executor, source.table, key, stored, columns)
    const inside = { ...source, executor }
    const id = moment ?? stored.transaction.id
    const state = stored.operation === 'delete' ? undefined : stored
    const past = [{ stored, moment: moment ?? momentOf(stored) }]
    return restoreRow(inside, { key, state, past, id, columns }, relations)
  })
}

interface Step {
  readonly relation: ForeignKeyRelation
  readonly rest: readonly string[]
}

/** First steps of the paths, and how each goes on. A relation behind a join table is the way over that table. */
const groupSteps = (table: Table, paths: readonly string[]): readonly Step[] => {
  const steps = new Map<ForeignKeyRelation, string[]>()
  for (const [name, rest] of groupPaths(table, paths)) {
    const relation = relationOf(table, name)
    const over = 'through' in relation ? relation.through : undefined
    const first = over ? relationOf(table, over[0]) : relation
    if ('through' in first) throw new TypeError(`no join table behind ${name}; generate the accessors again`)
    const further = over ? [over[1], ...rest.map((path) => `${over[1]}.${path}`)] : rest
    steps.set(first, [...(steps.get(first) ?? []), ...further])
  }
  return [...steps].map(([relation, rest]) => ({ relation, rest }))
}

/** @throws TypeError for what cannot go back; the database has not been asked by then. */
const checkGroups = (table: Table, paths: readonly string[]): void => {
  for (const { relation, rest } of groupSteps(table, paths)) checkGroups(historyOf(relation), rest)
}

const historyOf = (relation: ForeignKeyRelation): Table => {
  const target = targetOf(relation)
  if (!isLive(target)) return target
  throw new TypeError(`${target.descriptor.table.name} keeps no history, and cannot go back`)
}

interface Goal {
  readonly key: readonly string[]
  /** What the row is to be; undefined: it was not there. */
  readonly state: StoredVersion | undefined
  /** Where rows that were related to it are found. */
  readonly past: readonly Origin[]
  /** The moment. */
  readonly id: string
  readonly columns?: readonly PropertyKey[] | undefined
}

/** What the row refers to comes first, what refers to it after it; a row that has to go goes last. */
const restoreRow = async (source: Source, goal: Goal, paths: readonly string[]): Promise<Operation | null> => {
  const { executor, table } = source
  const { key, state, id, columns } = goal
  const groups = groupSteps(table, paths)

  for (const { relation, rest } of groups) {
    if (relation.refers && state) await restoreRelated(source, relation, [{ stored: state, moment: id }], id, rest)
  }
  const done = state ? await revertTo(executor, table, key, state, columns) : null
  const [now] = await executor.query(...selectState(table, key, { kind: 'transaction', id: latest }))
  const present = now ? [{ stored: readRow(table, now), moment: latest }] : []
  const before = goal.past.map(({ stored }) => ({ stored, moment: latest }))
  for (const { relation, rest } of groups) {
    if (!relation.refers) await restoreRelated(source, relation, [...goal.past, ...before, ...present], id, rest)
  }
  return state ? done : deleteFrom(executor, table, key)
}

/** Of every history the last. */
const latest = '9223372036854775807'

/** Makes all rows that were related then, or are now, what they were then: those that were not there are deleted. */
const restoreRelated = async (
  source: Source,
  relation: ForeignKeyRelation,
  origins: readonly Origin[],
  id: string,
  paths: readonly string[],
): Promise<void> => {
  const table = historyOf(relation)
  const found = new Map<string, readonly string[]>()
  for (const row of (await readTied(source, [relation], origins)).flat()) {
    const key = storedKey(table, row)
    found.set(JSON.stringify(key), key)
  }
  for (const key of found.values()) {
    const [row] = await source.executor.query(...selectState(table, key, { kind: 'transaction', id }))
    const state = row && readRow(table, row)
    const goal = { key, state, past: state ? [{ stored: state, moment: id }] : [], id }
    await restoreRow({ ...source, table }, goal, paths)
  }
}
