import type { Executor } from './executor.ts'
import { heldSince } from './marks.ts'
import { createParameters, type Parameters } from './sql.ts'
import type { Table } from './table.ts'

const note = String.raw`^${heldSince} (-?\d+)\.`

/**
 * The same tables, but columns that they hold only since some transaction, or since one after it, are called required: where
 * a version from before holds null, that says nothing of the row. One query.
 *
 * @param transaction writes the id of the transaction; where that is null, everything is known
 */
export const asHeldBefore = async (
  executor: Executor,
  tables: readonly Table[],
  transaction: (table: Table, parameters: Parameters) => string,
): Promise<ReadonlyMap<Table, Table>> => {
  if (tables.length === 0) return new Map()
  const parameters = createParameters()
  const branches = tables.map(
    (table, n) =>
      `select '${n}', a.attname::text from pg_catalog.pg_description as d ` +
      `join pg_catalog.pg_attribute as a on a.attrelid = d.objoid and a.attnum = d.objsubid ` +
      `where d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass ` +
      `and d.objoid = ${parameters.add(table.versions)}::pg_catalog.regclass ` +
      `and substring(d.description from ${parameters.add(note)})::bigint >= ${transaction(table, parameters)}`,
  )
  const rows = await executor.query(branches.join(' union all '), parameters.values)
  return new Map(
    tables.map((table, n) => [
      table,
      requiring(table, new Set(rows.filter(([number]) => number === String(n)).map(([, name]) => name ?? ''))),
    ]),
  )
}

const requiring = (table: Table, names: ReadonlySet<string>): Table => {
  if (names.size === 0) return table
  const columns = table.columns.map((column) =>
    names.has(column.name) ? { ...column, required: true as const } : column,
  )
  const among = (some: Table['columns']) =>
    columns.filter(({ position }) => some.some((one) => one.position === position))
  return {
    ...table,
    columns,
    present: among(table.present),
    key: table.key.flatMap(({ position }) => columns[position] ?? []),
    byProperty: new Map(columns.map((column) => [column.property, column])),
  }
}
