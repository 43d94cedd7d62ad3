import { compareStates, decodeKey } from './changes.ts'
import type { ConflictReason, Undo, UndoOptions } from './database-types.ts'
import type { Executor, TextRow } from './executor.ts'
import { type ForeignKey, readForeignKeys } from './foreign-keys.ts'
import { asHeldBefore } from './held-since.ts'
import { checkShared, type NamedTable } from './named-tables.ts'
import { transactUnlessAborted } from './signal.ts'
import type { Table } from './table.ts'
import { clearedRows, type Conflict, findTies, ownConflict } from './undo-conflicts.ts'
import {
  actionOf,
  byTable,
  existsTransaction,
  findTouched,
  lockRows,
  readTouched,
  type TouchedRow,
} from './undo-rows.ts'
import { createLiterals, writeUndo } from './write-undo.ts'

type Policy = NonNullable<UndoOptions<string>['onConflict']>

/** Takes back what a transaction did to several tables. */
export const undoTransaction = async <Tables extends object, Name extends keyof Tables & string>(
  executor: Executor,
  tables: readonly NamedTable[],
  id: string,
  { dryRun = false, onConflict = 'refuse', signal }: Omit<UndoOptions<Name>, 'tables'>,
): Promise<Undo<Tables, Name>> => {
  checkShared(tables)
  if (tables.length === 0) throw new TypeError(`there are no tables to take transaction ${id} back in`)
  if (!['refuse', 'skip', 'overwrite'].includes(onConflict)) {
    throw new TypeError(`onConflict is 'refuse', 'skip' or 'overwrite', not ${String(onConflict)}`)
  }
  const names = new Map(tables.map(({ name, table }) => [table.descriptor, name]))
  const undo = await transactUnlessAborted({ executor }, signal, (inside) =>
    undoWithin(
      inside,
      tables.map(({ table }) => table),
      id,
      dryRun,
      onConflict,
    ),
  )
  const { done, rows, conflicts } = undo
  const named = ({ table, keyTexts }: TouchedRow) => ({
    table: names.get(table.descriptor),
    key: decodeKey<object>(table, keyTexts),
  })
  return {
    done,
    changes: rows.map((row) => ({
      ...named(row),
      operation: actionOf(row),
      changeset: compareStates(row.table, row.live, targetTexts(row)),
    })),
    conflicts: conflicts.map(({ row, why }) => ({ ...named(row), ...why })),
    sql: rows.length === 0 ? '' : writeUndo(rows, createLiterals()).statement[0],
  } as unknown as Undo<Tables, Name>
}

interface Outcome {
  readonly done: boolean
  readonly rows: readonly TouchedRow[]
  readonly conflicts: readonly Conflict[]
}

const undoWithin = async (
  executor: Executor,
  tables: readonly Table[],
  id: string,
  dryRun: boolean,
  policy: Policy,
): Promise<Outcome> => {
  const touched = await findTouched(executor, tables, id)
  if (touched.length === 0 && !(await existsTransaction(executor, tables, id))) {
    throw new Error(`there is no transaction ${id} in ${tables[0]?.transactions}`)
  }
  if (!dryRun) await lockRows(executor, touched)
  const held = await asHeldBefore(
    executor,
    [...byTable(touched).keys()],
    (_, parameters) => `${parameters.add(id)}::bigint`,
  )
  const keyed = touched.map((row) => ({ ...row, table: held.get(row.table) ?? row.table }))
  const rows = (await readTouched(executor, keyed, id)).filter((row) => actionOf(row) !== null || !row.known)
  const foreignKeys = await readForeignKeys(
    executor,
    [...new Set(rows.map(({ table }) => table))].map(({ descriptor }) => descriptor.table),
  )
  const { free, conflicts, possible } = await resolve(executor, rows, foreignKeys, policy)
  if (!possible || dryRun) return { done: false, rows: free, conflicts }
  if (free.length > 0) await apply(executor, free)
  // A key that looks different again clears references, which are equal to it, when they have just come back.
  const cleared = await readTouched(executor, clearedRows(free, foreignKeys), id)
  const again = cleared.filter((row) => actionOf(row) === 'update')
  if (again.length > 0) await apply(executor, again)
  return { done: true, rows: free, conflicts }
}

/** Tells rows that can be taken back from those that cannot, and whether to go on. */
const resolve = async (
  executor: Executor,
  rows: readonly TouchedRow[],
  foreignKeys: readonly ForeignKey[],
  policy: Policy,
) => {
  const conflicts: Conflict[] = rows.flatMap(ownConflict)
  const without = (some: readonly TouchedRow[], found: readonly Conflict[]) => {
    const standing = new Set(found.map(({ row }) => row))
    return some.filter((row) => !standing.has(row))
  }
  if (policy === 'skip') {
    // What stays may hold on to other rows, which then stay as well.
    for (let free = without(rows, conflicts); ; free = without(free, conflicts)) {
      const found = await findTies(executor, free, foreignKeys)
      if (found.length === 0) return { free, conflicts, possible: true }
      conflicts.push(...found)
    }
  }
  const known = rows.filter((row) => row.known)
  conflicts.push(...(await findTies(executor, known, foreignKeys)))
  const hard = conflicts.filter(({ why }) => insurmountable.has(why.reason))
  if (policy === 'overwrite') return { free: without(rows, hard), conflicts, possible: hard.length === 0 }
  return { free: without(rows, conflicts), conflicts, possible: conflicts.length === 0 }
}

/** What overwriting does not get over. */
const insurmountable: ReadonlySet<ConflictReason['reason']> = new Set(['missing', 'unrecorded', 'backfilled'])

/** @throws Error when the database kept some of it; the transaction is rolled back. */
const apply = async (executor: Executor, rows: readonly TouchedRow[]): Promise<void> => {
  const { statement, parts } = writeUndo(rows)
  const [counts = []] = await executor.query(...statement)
  for (const [i, { table, rows: expected }] of parts.entries()) {
    const actual = Number(counts[i])
    if (actual === expected) continue
    const { schema, name } = table.descriptor.table
    throw new Error(
      `only ${actual} of ${expected} rows of ${schema}.${name} could be taken back: a trigger or a policy keeps the others`,
    )
  }
}

/** What the row will be: columns that did not exist before the transaction keep what they have; those that are gone stay so. */
const targetTexts = ({ table, target, live }: TouchedRow): TextRow | undefined =>
  target &&
  table.columns.map(({ required, dropped, position }) =>
    dropped
      ? null
      : required && target.texts[position] == null
        ? (live?.[position] ?? null)
        : (target.texts[position] ?? null),
  )
