import { formatArray } from './array-text.ts'
import { codecOf } from './codec.ts'
import type { Executor, TextRow } from './executor.ts'
import { groupBy } from './group-by.ts'
import { backfillMark } from './marks.ts'
import { createParameters, quoteTable, type Parameters } from './sql.ts'
import {
  readTransactionTexts,
  selectTexts,
  storedKey,
  transactionTexts,
  type Table,
  type TableColumn,
} from './table.ts'
import type { Operation, Transaction } from './types.ts'

/** A row that a transaction touched: what it was before, what it is now, and whether something came in between. */
export interface TouchedRow {
  readonly table: Table
  readonly key: readonly string[]
  /** Texts of which only those of the key are there. */
  readonly keyTexts: TextRow
  /** The version to go back to; undefined: the row was not there. */
  readonly target: { readonly id: string; readonly texts: TextRow } | undefined
  /** False where the history does not tell what the row was. */
  readonly known: boolean
  /** The transaction gave it its first version, and nothing tells that it was not there before. */
  readonly older: boolean
  /** Undefined: it is not there. */
  readonly live: TextRow | undefined
  /** Who changed it since, last; undefined if it is as the transaction left it, be it again. */
  readonly since: Transaction | undefined
}

/** Whether a transaction has this id. */
export const existsTransaction = async (executor: Executor, tables: readonly Table[], id: string): Promise<boolean> => {
  const [any] = tables
  if (!any) return false
  const [row] = await executor.query(`select '' from ${any.transactions} as t where t."id" = $1::text::bigint`, [id])
  return row !== undefined
}

type KeyRow = Pick<TouchedRow, 'table' | 'key' | 'keyTexts'>

/** Keys of the rows that a transaction touched, table by table in key order. One query. */
export const findTouched = async (
  executor: Executor,
  tables: readonly Table[],
  id: string,
): Promise<readonly KeyRow[]> => {
  if (tables.length === 0) return []
  const parameters = createParameters()
  const given = `${parameters.add(id)}::bigint`
  const width = Math.max(...tables.map(({ key }) => key.length))
  const branches = tables.map((table, n) => {
    const keys = table.key.map(({ codec, quoted }) => codecOf(codec).select(`v.${quoted}`))
    while (keys.length < width) keys.push('null::text')
    const order = table.key.map(({ quoted }) => `v.${quoted}`).join(', ')
    return (
      `select ${n}, row_number() over (order by ${order}), ${keys.join(', ')} ` +
      `from ${table.versions} as v where v.${table.transactionId} = ${given}`
    )
  })
  const names = Array.from({ length: width }, (_, i) => `k${i}`).join(', ')
  const sql = `select n::text, ${names} from (${branches.join(' union all ')}) as u (n, o, ${names}) order by u.n, u.o`
  const rows = await executor.query(sql, parameters.values)
  return rows.flatMap(([n, ...texts]) => {
    const table = tables[Number(n)]
    if (!table) return []
    const keyTexts: (string | null)[] = table.columns.map(() => null)
    for (const [i, { position }] of table.key.entries()) keyTexts[position] = texts[i] ?? null
    return [{ table, keyTexts, key: storedKey(table, keyTexts) }]
  })
}

/** Keeps everybody else from changing these rows, and from referring to them, until the transaction ends. */
export const lockRows = async (executor: Executor, rows: readonly KeyRow[]): Promise<void> => {
  const parameters = createParameters()
  const groups = [...byTable(rows)]
  if (groups.length === 0) return
  const locks = groups.map(([table, touched], n) => {
    const order = table.key.map(({ quoted }) => `b.${quoted}`).join(', ')
    return (
      `l${n} as (select 1 from ${quoteTable(table.descriptor.table)} as b join ${keyList(table, touched, 'k', parameters)} ` +
      `on ${isKey(table, 'b', 'k')} order by ${order} for update of b)`
    )
  })
  const counts = groups.map((_, n) => `(select count(*)::text from l${n})`)
  await executor.query(`with ${locks.join(', ')} select ${counts.join(', ')}`, parameters.values)
}

/** What has become of these rows. One query. */
export const readTouched = async (
  executor: Executor,
  rows: readonly KeyRow[],
  id: string,
): Promise<readonly TouchedRow[]> => {
  if (rows.length === 0) return []
  const parameters = createParameters()
  const given = `${parameters.add(id)}::bigint`
  const groups = [...byTable(rows)]
  const width = Math.max(...groups.map(([table]) => widthOf(table)))
  const branches = groups.map(([table, touched], n) => {
    const tx = table.transactionId
    const same = (alias: string) => table.key.map(({ quoted }) => `${alias}.${quoted} = v.${quoted}`).join(' and ')
    const last = (condition: string) =>
      `(select * from ${table.versions} as p where ${same('p')} and p.${tx} ${condition} order by p.${tx} desc limit 1)`
    // Of a composite key that has a null inside, `is not null` would not hold.
    const present = 'b.ctid is not null'
    const asLeft = `case when v.${table.operation} = 2 then not ${present} else row(${selectTexts(table.present, 'b')}) is not distinct from row(${selectTexts(table.present, 'v')}) end`
    const columns = [
      `v.${table.operation}::text`,
      `p.${tx}::text`,
      `p.${table.operation}::text`,
      `(${present})::text`,
      `case when ${asLeft} then null else l.${tx}::text end`,
      `${n}::text`,
      `(v.${table.operation} = 0 and p.${tx} is null and ${isBackfill(table, `b.xmin <> v.xmin or l.${tx} is not null`)})::text`,
      table.texts('p'),
      ...table.columns.map((column) => (column.dropped ? 'null::text' : selectTexts([column], 'b'))),
      ...transactionTexts(table.descriptor, table.dated),
    ]
    const pad = Array.from({ length: width - widthOf(table) }, () => 'null::text')
    return (
      `select ${n}, k.i, ${[...columns, ...pad].join(', ')} from ${keyList(table, touched, 'k', parameters, true)} ` +
      `join ${table.versions} as v on ${isKey(table, 'v', 'k')} and v.${tx} = ${given} ` +
      `left join lateral ${last(`< ${given}`)} as p on true left join lateral ${last(`> ${given}`)} as l on true ` +
      `left join ${table.transactions} as t on t."id" = l.${tx} ` +
      `left join ${table.transactions} as own on own."id" = ${given} ` +
      `left join ${quoteTable(table.descriptor.table)} as b on ${same('b')}`
    )
  })
  const names = Array.from({ length: width }, (_, i) => `c${i}`).join(', ')
  const sql = `select i::text, ${names} from (${branches.join(' union all ')}) as u (n, i, ${names}) order by u.n, u.i`
  const found = await executor.query(sql, parameters.values)
  return found.flatMap(([i, ...row]) => {
    const [operation, targetId, targetOperation, isLive, lastId, n, older] = row
    const group = groups[Number(n)]
    const keyed = group?.[1][Number(i) - 1]
    if (!group || !keyed) return []
    const { columns, descriptor } = group[0]
    const texts = row.slice(fixed)
    const was = targetId != null && targetOperation !== deleted
    return [
      {
        ...keyed,
        target: was ? { id: targetId, texts: texts.slice(0, columns.length) } : undefined,
        known: targetId != null || operation === inserted,
        older: older === 'true',
        live: isLive === 'true' ? texts.slice(columns.length, 2 * columns.length) : undefined,
        since: lastId == null ? undefined : readTransactionTexts(descriptor, lastId, texts, 2 * columns.length),
      },
    ]
  })
}

/**
 * Whether the transaction `own` is a backfill, whose mark stands where others have an address. Where it found no place for
 * that, whoever inserts a row is named, or else the row and its version were written at once.
 *
 * @param later that was not at once
 */
const isBackfill = ({ descriptor: { transactionTable } }: Table, later: string): string => {
  const unnamed = `${transactionTable.userId ? `own."user_id" is null and ` : ''}(${later})`
  if (!transactionTable.remoteAddr) return unnamed
  const address = 'own."remote_addr"'
  return `case when pg_typeof(${address})::text in ('text', 'character varying') then ${address}::text is not distinct from '${backfillMark}' else ${unnamed} end`
}

/** How many columns come before those of the table. */
const fixed = 7

/** And with those, of both rows, and with what is said of a transaction, of which `meta` is there or not. */
const widthOf = ({ columns, descriptor }: Table): number =>
  fixed + 2 * columns.length + (descriptor.transactionTable.meta ? 4 : 3)

const inserted = '0'
const deleted = '2'

/** What has to be done to the live row; null: nothing. */
export const actionOf = (row: TouchedRow): Operation | null => {
  if (!row.target) return row.live ? 'delete' : null
  if (!row.live) return 'insert'
  return updatable(row.table).some((column) => differs(column, row)) ? 'update' : null
}

/**
 * Whether the row, which is there, was another in this column: one of the key may be equal and yet look different. A column
 * that cannot be null and yet is null in a version did not exist then: the row keeps what it has.
 */
export const differs = ({ position, required }: TableColumn, { target, live }: TouchedRow): boolean => {
  const text = target?.texts[position]
  return text !== live?.[position] && !(required && text == null)
}

/** The columns that an update may write. */
export const updatable = (table: Table): readonly TableColumn[] =>
  table.present.filter((column) => !column.generated && !column.identityAlways)

export const byTable = <Row extends { readonly table: Table }>(
  rows: readonly Row[],
): ReadonlyMap<Table, readonly Row[]> => groupBy(rows, ({ table }) => table)

/** Keys as rows `k0, k1, …` and, if `numbered`, their number `i` from 1; then more texts. */
export const keyList = (
  table: Table,
  rows: readonly { readonly key: readonly string[] }[],
  alias: string,
  parameters: Parameters,
  numbered = false,
  more: Readonly<Record<string, readonly string[]>> = {},
): string => {
  const array = (texts: readonly string[]) => `${parameters.add(formatArray(texts, String))}::text[]`
  const arrays = [
    ...table.key.map((_, k) => array(rows.map(({ key }) => key[k] ?? ''))),
    ...Object.values(more).map(array),
  ]
  const names = [...table.key.map((_, k) => `k${k}`), ...Object.keys(more), ...(numbered ? ['i'] : [])]
  return `unnest(${arrays.join(', ')}) ${numbered ? 'with ordinality ' : ''}as ${alias} (${names.join(', ')})`
}

/** The key of a row called `row` is that of `list`, a {@link keyList}. */
export const isKey = (table: Table, row: string, list: string, prefix = 'k'): string =>
  table.key.map(({ quoted, cast }, i) => `${row}.${quoted} = ${list}.${prefix}${i}::${cast ?? 'text'}`).join(' and ')
