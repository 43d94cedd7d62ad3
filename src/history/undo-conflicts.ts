import type { ConflictReason } from './database-types.ts'
import type { TableName } from './descriptor.ts'
import type { Executor } from './executor.ts'
import type { ForeignKey } from './foreign-keys.ts'
import { createParameters, type Parameters, quote, quoteTable } from './sql.ts'
import type { Table } from './table.ts'
import { actionOf, byTable, isKey, keyList, type TouchedRow } from './undo-rows.ts'
import { pairKeys } from './write-undo.ts'

/** A row that stands against an undo. */
export interface Conflict {
  readonly row: TouchedRow
  readonly why: ConflictReason
}

/** What can be told from the row alone. */
export const ownConflict = (row: TouchedRow): readonly Conflict[] => {
  if (!row.known) return [{ row, why: { reason: 'unrecorded' } }]
  return [
    ...(row.older ? [{ row, why: { reason: 'backfilled' } } as const] : []),
    ...(row.since ? [{ row, why: { reason: 'changed', transaction: row.since } } as const] : []),
  ]
}

/**
 * What foreign keys have against taking these rows back: rows that are to go and that others refer to, which are not among
 * these; rows that are to come back and refer to what is not there. One query.
 */
export const findTies = async (
  executor: Executor,
  rows: readonly TouchedRow[],
  foreignKeys: readonly ForeignKey[],
): Promise<readonly Conflict[]> => {
  const parameters = createParameters()
  const groups = new Map(
    [...byTable(rows)].map(([table, touched]) => [nameOf(table.descriptor.table), { table, touched }]),
  )
  const found: { readonly candidates: readonly TouchedRow[]; readonly why: ConflictReason }[] = []
  const queries: string[] = []
  for (const foreignKey of foreignKeys) {
    const { constraint, child, parent } = foreignKey
    const from = groups.get(nameOf(child))
    const to = groups.get(nameOf(parent))
    const add = (candidates: readonly TouchedRow[], sql: string, why: ConflictReason) => {
      queries.push(`select ${found.length} as n, k.i ${sql}`)
      found.push({ candidates, why })
    }
    const leaving = to ? leavingRows(to.table, to.touched, foreignKey) : []
    if (to && leaving.length > 0) {
      const sql = selectReferenced(to.table, leaving, foreignKey, from, parameters)
      add(leaving, sql, { reason: 'referenced', by: child, constraint })
    }
    const coming = from ? comingRows(from.table, from.touched, foreignKey) : []
    if (from && coming.length > 0) {
      const sql = selectMissing(from.table, coming, foreignKey, to, parameters)
      add(coming, sql, { reason: 'missing', from: parent, constraint })
    }
  }
  if (queries.length === 0) return []
  const sql = `select n::text, i::text from (${queries.join(' union all ')}) as u order by u.n, u.i`
  return (await executor.query(sql, parameters.values)).flatMap(([n, i]) => {
    const { candidates, why } = found[Number(n)] ?? {}
    const row = candidates?.[Number(i) - 1]
    return row && why ? [{ row, why }] : []
  })
}

interface Group {
  readonly table: Table
  readonly touched: readonly TouchedRow[]
}

/** Rows whose references an update of others may clear. */
export const clearedRows = (rows: readonly TouchedRow[], foreignKeys: readonly ForeignKey[]): readonly TouchedRow[] => {
  const updated = new Set(
    rows.filter((row) => actionOf(row) === 'update').map(({ table }) => nameOf(table.descriptor.table)),
  )
  const cleared = new Set(
    foreignKeys
      .filter(({ clearsReferences, parent }) => clearsReferences && updated.has(nameOf(parent)))
      .map(({ child }) => nameOf(child)),
  )
  return rows.filter(({ table }) => cleared.has(nameOf(table.descriptor.table)))
}

const nameOf = ({ schema, name }: TableName): string => JSON.stringify([schema, name])

/** Rows whose key will not be there any more. */
const leavingRows = (table: Table, rows: readonly TouchedRow[], { followsKeys }: ForeignKey): readonly TouchedRow[] => {
  const leaving = rows.filter((row) => actionOf(row) === 'delete')
  if (!followsKeys || leaving.length === 0) return leaving
  const followed = new Set(pairKeys(table, rows).rekeyed.map(({ from }) => from))
  return leaving.filter((row) => !followed.has(row))
}

const selectReferenced = (
  table: Table,
  leaving: readonly TouchedRow[],
  { child, childColumns, parent, parentColumns }: ForeignKey,
  children: Group | undefined,
  parameters: Parameters,
): string => {
  const same = childColumns.map((column, i) => `c.${quote(column)} = b.${quote(parentColumns[i] ?? '')}`)
  const going = children?.touched.filter(({ live }) => live) ?? []
  if (children && going.length > 0) {
    const { key } = children.table
    const keys = key.map(({ cast }, i) => `a.k${i}::${cast ?? 'text'}`).join(', ')
    const own = key.map(({ quoted }) => `c.${quoted}`).join(', ')
    same.push(`(${own}) not in (select ${keys} from ${keyList(children.table, going, 'a', parameters)})`)
  }
  return (
    `from ${keyList(table, leaving, 'k', parameters, true)} join ${quoteTable(parent)} as b on ${isKey(table, 'b', 'k')} ` +
    `where exists (select from ${quoteTable(child)} as c where ${same.join(' and ')})`
  )
}

/** Rows that will refer to something else than they do. */
const comingRows = (
  { columns }: Table,
  rows: readonly TouchedRow[],
  { childColumns }: ForeignKey,
): readonly TouchedRow[] => {
  const positions = childColumns.map((name) => columns.findIndex((column) => column.name === name))
  if (positions.includes(-1)) return []
  return rows.filter(
    ({ target, live }) =>
      target &&
      positions.every((position) => target.texts[position] != null) &&
      !(live && positions.every((position) => target.texts[position] === live[position])),
  )
}

const selectMissing = (
  table: Table,
  coming: readonly TouchedRow[],
  { childColumns, parent, parentColumns }: ForeignKey,
  parents: Group | undefined,
  parameters: Parameters,
): string => {
  const versionOf = (some: readonly TouchedRow[]) => ({ id: some.map(({ target }) => target?.id ?? '') })
  const same = (alias: string) =>
    childColumns.map((column, i) => `${alias}.${quote(parentColumns[i] ?? '')} = v.${quote(column)}`).join(' and ')
  const absent = [`not exists (select from ${quoteTable(parent)} as b where ${same('b')})`]
  const back = parents?.touched.filter(({ target }) => target) ?? []
  const kept = parents && parentColumns.every((name) => parents.table.columns.some((column) => column.name === name))
  if (kept && back.length > 0) {
    const list = keyList(parents.table, back, 'a', parameters, false, versionOf(back))
    absent.push(
      `not exists (select from ${list} join ${parents.table.versions} as w on ${isKey(parents.table, 'w', 'a')} ` +
        `and w.${parents.table.transactionId} = a.id::bigint where ${same('w')})`,
    )
  }
  return (
    `from ${keyList(table, coming, 'k', parameters, true, versionOf(coming))} join ${table.versions} as v ` +
    `on ${isKey(table, 'v', 'k')} and v.${table.transactionId} = k.id::bigint where ${absent.join(' and ')}`
  )
}
