import { codecOf, exactCodec } from './codec.ts'
import type { ColumnDescriptor, RelationDescriptor, TableDescriptor } from './descriptor.ts'
import { encodeValue } from './encode.ts'
import type { TextRow } from './executor.ts'
import { parseDate, parseExactDate } from './instant.ts'
import { quote, quoteTable } from './sql.ts'
import type { Json, Operation, Transaction } from './types.ts'

/** A descriptor with all that can be worked out once: SQL fragments over `v`, a version, and `t`, its transaction. */
export interface Table {
  readonly descriptor: TableDescriptor
  readonly columns: readonly TableColumn[]
  readonly key: readonly TableColumn[]
  /** Those columns that the base table has still. */
  readonly present: readonly TableColumn[]
  readonly byProperty: ReadonlyMap<string, TableColumn>
  readonly relations: ReadonlyMap<string, RelationDescriptor>
  /** The version table, quoted. */
  readonly versions: string
  /** Quoted names of the columns that say when and how. */
  readonly transactionId: string
  readonly operation: string
  /** Null where versions are not closed. */
  readonly endTransactionId: string | null
  /** The transaction table, quoted. */
  readonly transactions: string
  /** `v left join t` */
  readonly joined: string
  /** The same for a handful of versions: each transaction is looked up, and less time goes into planning. */
  readonly looked: string
  /** When `t` was written, as a `timestamptz`, null where nobody said; null where there is no such column. */
  readonly dated: string | null
  /**
   * When others could see what `t` wrote, as a `timestamptz`: when it was committed, where the server knows, else when it
   * was written; null where there is no such column.
   */
  readonly seen: string | null
  /** The moment `v` was written, comparable with a `timestamptz`; what nobody dated was there before everything. */
  readonly issuedAt: string
  /** What {@link readRow} reads, in its order. */
  readonly selected: string
  /** All columns of a version as texts, from `v` or another alias. */
  texts(alias: string): string
}

export interface TableColumn extends ColumnDescriptor {
  /** In {@link Table.columns}, and so in {@link StoredVersion.texts}. */
  readonly position: number
  readonly property: string
  readonly quoted: string
  decode(text: string): unknown
}

const prepared = new WeakMap<TableDescriptor, Table>()

export const prepareTable = (descriptor: TableDescriptor): Table => {
  const known = prepared.get(descriptor)
  if (known) return known
  const table = prepare(descriptor)
  prepared.set(descriptor, table)
  return table
}

/** The columns of a table, and which of them are its key. */
export const prepareColumns = (
  descriptor: Pick<TableDescriptor, 'columns' | 'key'>,
): Pick<Table, 'columns' | 'key'> => {
  const columns = descriptor.columns.map((column, position) => ({
    ...column,
    position,
    property: column.property ?? column.name,
    quoted: quote(column.name),
    // Who is given a key gives it back.
    decode:
      column.codec === 'Date' && descriptor.key.includes(column.name) ? parseExactDate : codecOf(column.codec).decode,
  }))
  const byName = new Map(columns.map((column) => [column.name, column]))
  const key = descriptor.key.map((name) => {
    const column = byName.get(name)
    if (!column) throw new TypeError(`no key column ${name}; generate the accessors again`)
    return column
  })
  return { columns, key }
}

/** All columns of a row as texts, from the alias `v` or another. */
export const selectTexts = (columns: readonly TableColumn[], alias: string): string =>
  columns.map(({ codec, quoted }) => codecOf(codec).select(`${alias}.${quoted}`)).join(', ')

/** What the transaction table, as `t`, says of a transaction besides its id; {@link readTransactionTexts} reads it. */
export const transactionTexts = (
  { transactionTable: { userId, remoteAddr, meta } }: TableDescriptor,
  dated: string | null,
): readonly string[] => [
  codecOf('Date').select(dated ?? 'null::timestamptz'),
  userId ? 't."user_id"::text' : 'null::text',
  remoteAddr ? 't."remote_addr"::text' : 'null::text',
  ...(meta ? ['t."meta"::text'] : []),
]

/** Reads what {@link transactionTexts} selects, from `start` on in a row. */
export const readTransactionTexts = (
  { transactionTable: { meta } }: TableDescriptor,
  id: string,
  row: TextRow,
  start: number,
): Transaction => {
  const issuedAt = row[start]
  const json = row[start + 3]
  return {
    id,
    issuedAt: typeof issuedAt === 'string' ? parseDate(issuedAt) : null,
    userId: row[start + 1] ?? null,
    remoteAddr: row[start + 2] ?? null,
    ...(meta && { meta: json == null ? null : (JSON.parse(json) as Json) }),
  }
}

const prepare = (descriptor: TableDescriptor): Table => {
  const { columns, key } = prepareColumns(descriptor)
  const versions = quoteTable(descriptor.versionTable)
  const transactionId = quote(descriptor.transactionColumn)
  const operation = quote(descriptor.operationColumn)
  const { issuedAt } = descriptor.transactionTable
  const dated =
    issuedAt === null ? null : issuedAt === 'timestamp' ? `(t."issued_at" at time zone 'UTC')` : 't."issued_at"'
  const instant = dated ?? 'null::timestamptz'

  const texts = (alias: string) => selectTexts(columns, alias)
  const transactions = quoteTable(descriptor.transactionTable)

  return {
    descriptor,
    columns,
    key,
    present: columns.filter(({ dropped }) => !dropped),
    byProperty: new Map(columns.map((column) => [column.property, column])),
    relations: new Map(descriptor.relations?.map((relation) => [relation.name, relation])),
    versions,
    transactions,
    transactionId,
    operation,
    endTransactionId: descriptor.endTransactionColumn === null ? null : quote(descriptor.endTransactionColumn),
    joined: `${versions} as v left join ${transactions} as t on t."id" = v.${transactionId}`,
    looked: `${versions} as v left join lateral (select * from ${transactions} as t where t."id" = v.${transactionId} offset 0) as t on true`,
    dated,
    seen: dated === null ? null : seenAt(transactions, dated),
    issuedAt: `coalesce(${instant}, '-infinity')`,
    selected: [
      texts('v'),
      `v.${transactionId}::text`,
      `v.${operation}::text`,
      ...transactionTexts(descriptor, dated),
    ].join(', '),
    texts,
  }
}

/**
 * A row of the transaction table belongs to the database transaction that wrote it (`xmin`), and with
 * `track_commit_timestamp` the server knows when that was committed. Not if the row came in otherwise: rows that were
 * restored from a dump share their `xmin` with the first, and one written over later, or so long ago that the number has
 * been used again, seems to have been committed long after it was issued.
 */
const seenAt = (transactions: string, dated: string): string => {
  const committed = 'pg_catalog.pg_xact_commit_timestamp(t.xmin)'
  return (
    `coalesce(case when current_setting('track_commit_timestamp') = 'on' ` +
    `and t.xmin <> (select f.xmin from ${transactions} as f order by f."id" limit 1) ` +
    `and ${committed} >= ${dated} and ${committed} < ${dated} + interval '1 day' then ${committed} end, ${dated})`
  )
}

/** A version as it came from the database: texts that are equal exactly when the values are. */
export interface StoredVersion {
  /** Starts with the columns of {@link Table.columns}. */
  readonly texts: TextRow
  readonly operation: Operation
  readonly transaction: Transaction
}

const operations: readonly Operation[] = ['insert', 'update', 'delete']

/** How many columns {@link Table.selected} has. */
export const selectedLength = (table: Table): number =>
  table.columns.length + (table.descriptor.transactionTable.meta ? 6 : 5)

/** Reads {@link Table.selected} from the start of a row. */
export const readRow = (table: Table, row: TextRow): StoredVersion => {
  const end = table.columns.length
  return {
    texts: row,
    operation: readOperation(table, row[end + 1]),
    transaction: readTransaction(table, row),
  }
}

export const readOperation = (table: Table, text: string | null | undefined): Operation => {
  const operation = typeof text === 'string' ? operations[Number(text)] : undefined
  if (operation === undefined) throw new RangeError(`unknown operation in ${table.versions}: ${text}`)
  return operation
}

/** Reads the transaction of {@link Table.selected}. */
export const readTransaction = (table: Table, row: TextRow): Transaction => {
  const start = table.columns.length
  return readTransactionTexts(table.descriptor, row[start] ?? '', row, start + 2)
}

/**
 * The texts of a key's values, in key order.
 *
 * @throws TypeError when a value is missing, null, or cannot be said exactly.
 */
export const encodeKey = (table: Table, key: object): readonly string[] =>
  encodeProperties(table, key, ({ property }) => property)

/** The same from a stored version of the row. */
export const storedKey = (table: Table, texts: TextRow): readonly string[] =>
  table.key.map((column) => {
    const text = texts[column.position] ?? ''
    const codec = exactCodec(column.codec)
    return encodeValue(codecOf(codec).decode(text), codec, column.property)
  })

/** The same from a model instance, whose properties may have other names. */
export const encodeInstance = (table: Table, instance: object): readonly string[] =>
  encodeProperties(
    table,
    instance,
    ({ modelProperty, property, name }) =>
      [modelProperty ?? property, property, name].find(
        (candidate) => readProperty(instance, candidate) !== undefined,
      ) ??
      modelProperty ??
      property,
  )

const encodeProperties = (
  table: Table,
  source: object,
  propertyOf: (column: TableColumn) => string,
): readonly string[] => {
  if (typeof source !== 'object' || source === null) throw new TypeError('a key is an object of its columns')
  return table.key.map((column) => {
    const property = propertyOf(column)
    const value = readProperty(source, property)
    if (value === undefined || value === null) {
      throw new TypeError(`the key of ${table.descriptor.table.name} needs ${property}, which is ${value}`)
    }
    return encodeValue(value, column.codec, property)
  })
}

/** What instances inherit counts, for ORMs use accessors; what every object inherits does not. */
const readProperty = (source: object, property: string): unknown =>
  property in Object.prototype && !Object.hasOwn(source, property)
    ? undefined
    : (source as Record<string, unknown>)[property]
