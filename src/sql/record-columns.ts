import type { Column, ColumnType } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { castType, versionType } from './column-type.ts'
import { equalityOperator } from './equality-operator.ts'
import { transactionSetting, variableNames } from './names.ts'
import { fits } from './fits-function.ts'
import { isFoundBy, isVersionOf, liveType } from './held-key.ts'
import { identifier, literal, qualified } from './quote.ts'
import { wrap } from './text.ts'
import { modifiedColumns } from './version-table.ts'

const variables = [
  'own',
  'tx',
  'id',
  'op',
  'live',
  'before',
  'again',
  'many',
  'plain',
  'changed',
  'recorded',
  'stale',
  'moved',
  'made',
  'older',
  'fits',
  'held',
  'outgrown',
  'i',
  'nested',
  'inserts',
  'touched_rows',
  'touch',
  'doubtful',
  'passed',
  'reread',
  'kind',
  'row',
  'b',
  'n',
  'x',
  'r',
  'w',
  'l',
  'last_row',
  'last_tx',
  'last_op',
  'last_end',
  'same',
  'flags',
] as const

/** What all parts of a recording function are made of: its names, and its columns in the few forms they are needed in. */
export interface RecordColumns {
  readonly base: string
  readonly version: string
  readonly transaction: string
  readonly txColumn: string
  readonly endColumn: string | null
  readonly opColumn: string
  readonly setting: string
  /** The last id that any transaction has drawn; null where that cannot be told. */
  readonly lastId: string
  readonly key: readonly string[]
  readonly modified: readonly { readonly column: string; readonly flag: string }[]
  /** Variables, aliases and computed columns: none is the name of a column. */
  readonly names: Readonly<Record<(typeof variables)[number], string>>
  /** `v.a, v.b`: all versioned columns. */
  list(indent: number, alias: string): string
  /** The columns of the version table that an insert gives values for. */
  target(indent: number): string
  keyEquals(a: string, b: string): string
  /** Whether `held` is a version of the row `live`, which has the types of the base table. */
  isVersionOf(held: string, live: string): string
  /** The same, to look up `live`. */
  isFoundBy(live: string, held: string): string
  /** A number for the key of `alias` and this table. */
  keyHash(alias: string): string
  /**
   * Rows of `source` under the types they have in history; a column that is gone from the base table is found in `missing`,
   * which is null. Without its key a row cannot be recorded.
   */
  rowsOf(source: string, alias: string, indent: number, where?: string): string
  /** Rows of `source` to be stored: what an assignment converts by itself is left as it is. */
  storedRowsOf(source: string, alias: string, indent: number): string
  /** Whether every column of the base table fits its history; known when the statement is planned. */
  readonly fits: string
}

export const recordColumns = (table: VersionedTable): RecordColumns => {
  const columns = table.columns.map(({ name }) => identifier(name))
  const key = table.key.map(({ name }) => identifier(name))
  const tracked = table.trackModified ? modifiedColumns(table) : []
  const modified = tracked.map(({ name, flag }) => ({ column: identifier(name), flag: identifier(flag) }))
  const version = qualified(table.version)
  const txColumn = identifier(table.transactionColumn)
  const opColumn = identifier(table.operationColumn)
  const equality = new Map(table.key.map(({ name, type }) => [identifier(name), equalityOperator(type)]))
  const names = variableNames(
    variables,
    new Set([
      ...table.columns.map(({ name }) => name),
      ...(table.history?.relation.columns ?? []).map(({ name }) => name),
      ...[table.transactionColumn, table.endTransactionColumn, table.operationColumn].filter((name) => name !== null),
      ...tracked.map(({ flag }) => flag),
    ]),
  )
  const isConvertedKey = (column: Column): boolean =>
    table.key.some(({ name }) => name === column.name) &&
    !isText(versionType({ ...column, type: liveType(table, column) }))
  return {
    base: qualified(table.base),
    version,
    fits: fits(table),
    transaction: qualified(table.transaction),
    txColumn,
    endColumn: table.endTransactionColumn === null ? null : identifier(table.endTransactionColumn),
    opColumn,
    setting: transactionSetting(table.transaction),
    lastId: `pg_sequence_last_value(${
      table.transaction.id.sequence === null
        ? `pg_get_serial_sequence(${literal(qualified(table.transaction))}, 'id')`
        : literal(qualified(table.transaction.id.sequence))
    })`,
    key,
    modified,
    names,
    list: (indent, alias) =>
      wrap(
        columns.map((column) => `${alias}.${column}`),
        indent,
      ),
    target: (indent) => wrap([...columns, txColumn, opColumn, ...modified.map(({ flag }) => flag)], indent),
    keyEquals: (a, b) => key.map((column) => `${a}.${column} ${equality.get(column)} ${b}.${column}`).join(' and '),
    isVersionOf: (held, live) => isVersionOf(table, held, live),
    isFoundBy: (live, held) => isFoundBy(table, live, held),
    keyHash: (alias) =>
      `hashtextextended(concat(${literal(qualified(table.base))}, row(${key.map((column) => `${alias}.${column}`).join(', ')})), 0)`,
    rowsOf: (source, alias, indent, where = '') =>
      typedRows(table.columns.map(castColumn), source, alias, indent, where),
    storedRowsOf: (source, alias, indent) =>
      typedRows(
        table.columns.map((column) =>
          isText(versionType(column)) && !isConvertedKey(column) ? identifier(column.name) : castColumn(column),
        ),
        source,
        alias,
        indent,
        '',
      ),
  }

  function typedRows(items: readonly string[], source: string, alias: string, indent: number, where: string): string {
    const pad = ' '.repeat(indent)
    return `(select (null::${version}).*) missing cross join lateral (
${pad}  select ${wrap(items, indent + 9)}
${pad}    from ${source}
${pad}   where ${where === '' ? '' : `${where} and `}num_nulls(${key.join(', ')}) = 0) ${alias}`
  }
}

const castColumn = (column: Column): string => `${identifier(column.name)}::${castType(versionType(column))}`

const isText = (type: ColumnType): boolean => type.kind === 'base' && ['varchar', 'bpchar', 'text'].includes(type.name)

/** Whether two rows differ in a column. */
export const isChanged = (column: string, a: string, b: string): string =>
  `not record_image_eq(row(${a}.${column}), row(${b}.${column}))`

/** What becomes of a row: 0, 1, 2, or null when its history says already what it is. */
export const operation = (isLive: string, lastOp: string, isSame: string, indent: number): string =>
  `case when ${isLive} and coalesce(${lastOp}, 2) = 2 then 0 when ${isLive} and not ${isSame} then 1
${' '.repeat(indent)}when not ${isLive} and ${lastOp} <> 2 then 2 end`

/**
 * Ends a version, `v`. One that has no end is written as it is: whoever takes it for the last at an older snapshot must meet
 * a change and fail to serialize, as with ends.
 */
export const setEnd = ({ endColumn, opColumn }: RecordColumns, id: string): string =>
  endColumn === null ? `${opColumn} = v.${opColumn}` : `${endColumn} = ${id}`

/**
 * Whether the row whose last version that the snapshot sees is `lastTx`, null for none, may have later ones all the same: ids
 * have been drawn since this transaction drew its own. Such a row takes a new id, which is above theirs.
 */
export const mayFollowUnseen = (columns: RecordColumns, lastTx: string, indent: number): string =>
  `${lastTx} is null and current_setting('transaction_isolation') <> 'read committed'
${' '.repeat(indent)}and (${isLatest(columns)}) is not true`

/** Whether this transaction has drawn the last id of all. */
export const isLatest = ({ lastId, names }: RecordColumns): string => `${lastId} = ${names.tx}`

/** Adds an id to those of this transaction, kept until it ends or is rolled back to before the row was made. */
export const addOwn = ({ names, setting }: RecordColumns, id: string): string =>
  `${names.own} := string_to_array(set_config('${setting}', array_to_string(${names.own} || ${id}, ','), true), ',');`

/** Marks the base table as written to by triggers: from now on its triggers read rows again. */
export const markNested = ({ names }: RecordColumns): string =>
  `${names.nested} := set_config('versiongen.nested', format('%s,%s,', ${names.nested}, tg_relid), true);`

/** Whether foreign keys may update a row again whose statement is still to be recorded: its trigger sees both updates. */
export const rewrites = (table: VersionedTable): boolean =>
  table.base.foreignKeys.some(
    ({ onDelete, onUpdate }) => onDelete.startsWith('set ') || onUpdate.startsWith('set ') || onUpdate === 'cascade',
  )
