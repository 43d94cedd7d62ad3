import type { TextRow } from './executor.ts'
import { groupBy } from './group-by.ts'
import { createParameters, type Parameters, quoteTable } from './sql.ts'
import type { Statement } from './select.ts'
import type { Table, TableColumn } from './table.ts'
import type { Operation } from './types.ts'
import { actionOf, byTable, differs, isKey, keyList, type TouchedRow, updatable } from './undo-rows.ts'

/** The statement that takes rows back, and how many rows each of its parts has to touch. */
export interface UndoStatement {
  readonly statement: Statement
  /** Parallel to the columns of the one row it gives. */
  readonly parts: readonly { readonly table: Table; readonly rows: number }[]
}

/**
 * Takes rows back, in one statement: Postgres looks at foreign keys when all of it is done, so that tables need no order,
 * whatever cycles they form. Within one table, rows that go make room for those that come back, lest they share a unique value.
 * The values go from the version tables to the base tables inside the server.
 */
export const writeUndo = (rows: readonly TouchedRow[], parameters: Parameters = createParameters()): UndoStatement => {
  const ctes: string[] = []
  const parts: { table: Table; rows: number }[] = []
  for (const [n, [table, touched]] of [...byTable(rows)].entries()) {
    const done: string[] = []
    const add = (verb: string, some: readonly unknown[], write: (after: string) => string) => {
      if (some.length === 0) return
      const after = done.map((name) => `(select count(*) from ${name}) >= 0`).join(' and ')
      const name = `${verb}_${n}${done.includes(`${verb}_${n}`) ? `_${done.length}` : ''}`
      ctes.push(`${name} as (\n  ${write(after)}\n  returning 1\n)`)
      parts.push({ table, rows: some.length })
      done.push(name)
    }
    const { rekeyed, others } = pairKeys(table, touched)
    const doing = (action: string) => others.filter((row) => actionOf(row) === action)
    add('deleted', doing('delete'), () => deleteRows(table, doing('delete'), parameters))
    add('rekeyed', rekeyed, (after) => rekeyRows(table, rekeyed, after, parameters))
    add('updated', doing('update'), (after) => updateRows(table, doing('update'), after, parameters))
    for (const group of groupByMissing(table, doing('insert'))) {
      add('inserted', group, (after) => insertRows(table, group, after, parameters))
    }
  }
  const counts = [...ctes.keys()].map((i) => `(select count(*) from ${nameOf(ctes[i] ?? '')})::text`)
  return { statement: [`with ${ctes.join(', ')}\nselect ${counts.join(', ')}`, parameters.values], parts }
}

const nameOf = (cte: string): string => cte.slice(0, cte.indexOf(' '))

/** Parameters as literals, so that the statement can be run as it is. */
export const createLiterals = (): Parameters => ({
  values: [],
  add: (value) => {
    const quoted = `'${value.replaceAll("'", "''")}'`
    return quoted.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}::text` : `${quoted}::text`
  },
})

/** A live row that goes, and the one of another key that it was. */
interface Rekeyed {
  readonly from: TouchedRow
  readonly to: TouchedRow
  /** Of {@link from}. */
  readonly key: readonly string[]
}

/**
 * Finds rows whose key was changed: one goes, one comes back, and they differ in nothing else. As an update of the key it keeps
 * what has no history, and foreign keys that follow keys follow it.
 */
export const pairKeys = (
  table: Table,
  rows: readonly TouchedRow[],
): { readonly rekeyed: readonly Rekeyed[]; readonly others: readonly TouchedRow[] } => {
  const others = table.present.filter((column) => !table.key.includes(column) && !column.generated)
  const fixed = table.key.some(({ generated, identityAlways }) => generated || identityAlways)
  if (fixed || others.length === 0) return { rekeyed: [], others: rows }
  const signature = (texts: TextRow) => JSON.stringify(others.map(({ position }) => texts[position]))
  const looks = (action: Operation, texts: (row: TouchedRow) => TextRow | undefined) =>
    groupBy(
      rows.filter((row) => actionOf(row) === action),
      (row) => signature(texts(row) ?? []),
    )
  const coming = looks('insert', ({ target }) => target?.texts)
  const rekeyed = [...looks('delete', ({ live }) => live)].flatMap(([look, leaving]): Rekeyed[] => {
    const [from, ...moreLeaving] = leaving
    const [to, ...moreComing] = coming.get(look) ?? []
    return from && to && moreLeaving.length + moreComing.length === 0 ? [{ from, to, key: from.key }] : []
  })
  const paired = new Set(rekeyed.flatMap(({ from, to }) => [from, to]))
  return { rekeyed, others: rows.filter((row) => !paired.has(row)) }
}

const deleteRows = (table: Table, rows: readonly TouchedRow[], parameters: Parameters): string =>
  `delete from ${quoteTable(table.descriptor.table)} as b\n  using ${keyList(table, rows, 'k', parameters)}\n` +
  `  where ${isKey(table, 'b', 'k')}`

/** The key is written only where it is to look different. */
const updateRows = (table: Table, rows: readonly TouchedRow[], after: string, parameters: Parameters): string => {
  const columns = updatable(table).filter(
    (column) => !table.key.includes(column) || rows.some((row) => differs(column, row)),
  )
  return (
    `update ${quoteTable(table.descriptor.table)} as b\n  set ${assignments(columns)}\n` +
    `  from ${versionList(table, rows, parameters)}\n  where ${isKey(table, 'b', 'k')}${also(after)}`
  )
}

const rekeyRows = (table: Table, rows: readonly Rekeyed[], after: string, parameters: Parameters): string => {
  const former = Object.fromEntries(table.key.map((_, i) => [`f${i}`, rows.map(({ to }) => to.key[i] ?? '')]))
  const id = rows.map(({ to }) => to.target?.id ?? '')
  return (
    `update ${quoteTable(table.descriptor.table)} as b\n  set ${assignments(updatable(table))}\n` +
    `  from ${keyList(table, rows, 'k', parameters, false, { ...former, id })}\n` +
    `  join ${table.versions} as v on ${isKey(table, 'v', 'k', 'f')} and v.${table.transactionId} = k.id::bigint\n` +
    `  where ${isKey(table, 'b', 'k')}${also(after)}`
  )
}

const assignments = (columns: readonly TableColumn[]): string =>
  columns
    .map(({ quoted, required }) => `${quoted} = ${required ? `coalesce(v.${quoted}, b.${quoted})` : `v.${quoted}`}`)
    .join(', ')

const insertRows = (table: Table, rows: readonly TouchedRow[], after: string, parameters: Parameters): string => {
  const [first] = rows
  const columns = table.present.filter((column) => !column.generated && !(first && isMissing(column, first)))
  return (
    `insert into ${quoteTable(table.descriptor.table)} (${columns.map(({ quoted }) => quoted).join(', ')}) overriding system value\n` +
    `  select ${columns.map(({ quoted }) => `v.${quoted}`).join(', ')}\n` +
    `  from ${versionList(table, rows, parameters)}${after === '' ? '' : `\n  where ${after}`}`
  )
}

/** A column that cannot be null and yet is null in the version did not exist then: the row gets the default. */
const isMissing = ({ required, position }: TableColumn, { target }: TouchedRow): boolean =>
  required === true && target?.texts[position] == null

const groupByMissing = (table: Table, rows: readonly TouchedRow[]): readonly TouchedRow[][] => {
  const missing = (row: TouchedRow) => table.columns.map((column) => (isMissing(column, row) ? 1 : 0)).join('')
  return [...groupBy(rows, missing).values()]
}

/** The versions `v` that rows go back to. */
const versionList = (table: Table, rows: readonly TouchedRow[], parameters: Parameters): string => {
  const id = rows.map(({ target }) => target?.id ?? '')
  return (
    `${keyList(table, rows, 'k', parameters, false, { id })}\n` +
    `  join ${table.versions} as v on ${isKey(table, 'v', 'k')} and v.${table.transactionId} = k.id::bigint`
  )
}

const also = (condition: string): string => (condition === '' ? '' : ` and ${condition}`)
