import type { Catalog, Column, Relation } from './types.ts'

/** How a version table is laid out: SQLAlchemy-Continuum's names by default. */
export interface HistoryLayout {
  /** `%s` stands for the base table's name; may carry a schema: `audit.%s_version`. */
  readonly versionTable: string
  readonly transactionColumn: string
  readonly endTransactionColumn: string
  readonly operationColumn: string
}

export const continuumLayout: HistoryLayout = {
  versionTable: '%s_version',
  transactionColumn: 'transaction_id',
  endTransactionColumn: 'end_transaction_id',
  operationColumn: 'operation_type',
}

/** The layout that options ask for: Continuum's, but for what they name. */
export const layoutFor = (options: { readonly [Name in keyof HistoryLayout]?: string | undefined }): HistoryLayout => ({
  versionTable: options.versionTable ?? continuumLayout.versionTable,
  transactionColumn: options.transactionColumn ?? continuumLayout.transactionColumn,
  endTransactionColumn: options.endTransactionColumn ?? continuumLayout.endTransactionColumn,
  operationColumn: options.operationColumn ?? continuumLayout.operationColumn,
})

export interface RecognisedVersionTable extends HistoryColumns {
  readonly relation: Relation
  /** Null when the base table is gone: the history is an orphan. */
  readonly base: Relation | null
}

export interface RecognisedHistory {
  /** By the version table's oid. */
  readonly versionTables: ReadonlyMap<number, RecognisedVersionTable>
  readonly transactionTables: readonly Relation[]
}

/**
 * Finds version tables and transaction tables by what they consist of, because a name alone says nothing: a
 * `mine_document_version` may hold the versions of documents.
 *
 * A version table is a table or partitioned table, not a partition, that has
 * - the transaction column, `int4` or `int8`, not null, last in a primary key of two columns or more;
 * - the operation column, `int2`, `int4` or `int8`, not null;
 * - the end transaction column, `int4` or `int8` and nullable, or no column of that name;
 * - a base table: the one whose name the pattern turns into its own, see {@link findBase}. Without one it still counts
 *   (as an orphan) if it has the end transaction column: three such columns are nobody else's.
 *
 * A transaction table is a table or partitioned table, neither a partition nor a version table, whose
 * - primary key is `id`, `int4` or `int8`;
 * - `issued_at` is a timestamp, `remote_addr` text or a network address, as far as they are there;
 * - other columns can all be left out of an insert: nullable, or with a default, identity or generated;
 * - and that either has both `issued_at` and `remote_addr`, or bears the expected name (in any schema), has one of
 *   `issued_at`, `remote_addr`, `user_id`, and nothing else but json: `transaction (id, user_id, amount)` is a bank's.
 *
 * @param options.layouts in order of preference; the first that finds a base wins. Default: {@link continuumLayout}.
 * @param options.transactionTable the expected name, perhaps with a schema, which is passed over. Default `transaction`.
 */
export const recogniseHistory = (
  catalog: Catalog,
  options: { readonly layouts?: readonly HistoryLayout[]; readonly transactionTable?: string } = {},
): RecognisedHistory => {
  const { layouts = [continuumLayout], transactionTable = 'transaction' } = options
  const tables = catalog.relations.filter(
    ({ kind, partitionOf }) => (kind === 'table' || kind === 'partitioned table') && partitionOf === null,
  )
  const versionTables = new Map<number, RecognisedVersionTable>()
  for (const layout of layouts) {
    const bases = indexBases(tables, layout.versionTable)
    for (const relation of tables) {
      const known = versionTables.get(relation.oid)
      if (known?.base) continue
      const recognised = recogniseVersionTable(relation, layout, bases)
      if (recognised && (recognised.base || !known)) versionTables.set(relation.oid, recognised)
    }
  }
  const expectedName = splitPattern(transactionTable).name
  return {
    versionTables,
    transactionTables: tables.filter(
      (relation) => !versionTables.has(relation.oid) && isTransactionTable(relation, expectedName),
    ),
  }
}

/** The columns of a version table that hold its history. */
export interface HistoryColumns {
  readonly transactionColumn: string
  /** Null with the strategy `subquery`. */
  readonly endTransactionColumn: string | null
  readonly operationColumn: string
}

/** Whether a table has the columns and the primary key of a version table, whatever its name and base. */
export const matchLayout = (
  relation: Relation,
  layout: Omit<HistoryLayout, 'versionTable'>,
): HistoryColumns | undefined => {
  const transaction = findColumn(relation, layout.transactionColumn)
  const end = findColumn(relation, layout.endTransactionColumn)
  const operation = findColumn(relation, layout.operationColumn)
  const key = relation.primaryKey?.columns ?? []
  if (!transaction?.notNull || !isInteger(transaction)) return undefined
  if (!operation?.notNull || !isInteger(operation, 'int2')) return undefined
  if (end && (end.notNull || !isInteger(end))) return undefined
  if (key.length < 2 || key.at(-1) !== transaction.name) return undefined
  return {
    transactionColumn: transaction.name,
    endTransactionColumn: end?.name ?? null,
    operationColumn: operation.name,
  }
}

const recogniseVersionTable = (
  relation: Relation,
  layout: HistoryLayout,
  bases: BaseLookup,
): RecognisedVersionTable | undefined => {
  const columns = matchLayout(relation, layout)
  if (!columns) return undefined
  const base = findBase(relation, bases) ?? null
  return base !== null || columns.endTransactionColumn !== null ? { relation, base, ...columns } : undefined
}

/** Base tables by the name the pattern gives to their version tables. */
interface BaseLookup {
  readonly schema: string | undefined
  readonly byVersionName: ReadonlyMap<string, readonly Relation[]>
}

const indexBases = (tables: readonly Relation[], pattern: string): BaseLookup => {
  const { schema, name } = splitPattern(pattern)
  const byVersionName = new Map<string, Relation[]>()
  if (!name.includes('%s')) return { schema, byVersionName }
  for (const table of tables) {
    const versionName = cutIdentifier(name.split('%s').join(table.name))
    const known = byVersionName.get(versionName)
    if (known) known.push(table)
    else byVersionName.set(versionName, [table])
  }
  return { schema, byVersionName }
}

/**
 * The base table of a version table: of the tables whose name fits, first one in the same schema with the same key,
 * then the only one elsewhere with the same key, then one in the same schema that has the key columns at least (its
 * primary key was changed since). If the pattern names a schema, version tables lie there and nowhere else, and their
 * base is not expected to.
 */
const findBase = (version: Relation, { schema, byVersionName }: BaseLookup): Relation | undefined => {
  if (schema !== undefined && schema !== version.schema) return undefined
  const key = version.primaryKey?.columns.slice(0, -1) ?? []
  const named = (byVersionName.get(version.name) ?? []).filter(({ oid }) => oid !== version.oid)
  const sameKey = named.filter(({ primaryKey }) => primaryKey !== null && haveSameItems(primaryKey.columns, key))
  const hasKeyColumns = (base: Relation): boolean => key.every((column) => findColumn(base, column) !== undefined)
  if (schema !== undefined) return onlyItem(sameKey) ?? onlyItem(named.filter(hasKeyColumns))
  const near = named.filter((base) => base.schema === version.schema)
  return near.find((base) => sameKey.includes(base)) ?? onlyItem(sameKey) ?? near.find(hasKeyColumns)
}

const onlyItem = <Item>(items: readonly Item[]): Item | undefined => (items.length === 1 ? items[0] : undefined)

const isTransactionTable = (relation: Relation, expectedName: string): boolean => {
  const id = findColumn(relation, 'id')
  const issuedAt = findColumn(relation, 'issued_at')
  const remoteAddr = findColumn(relation, 'remote_addr')
  const userId = findColumn(relation, 'user_id')
  const key = relation.primaryKey?.columns ?? []
  if (!id || !isInteger(id) || key.length !== 1 || key[0] !== 'id') return false
  if (issuedAt && !timestampTypes.has(issuedAt.type.name)) return false
  if (remoteAddr && !addressTypes.has(remoteAddr.type.name)) return false
  const known = new Set([id, issuedAt, remoteAddr, userId])
  const others = relation.columns.filter((column) => !known.has(column))
  if (!others.every(canBeLeftOut)) return false
  if (issuedAt && remoteAddr) return true
  return (
    relation.name === expectedName &&
    (issuedAt ?? remoteAddr ?? userId) !== undefined &&
    others.every(({ type }) => type.name === 'json' || type.name === 'jsonb')
  )
}

const canBeLeftOut = (column: Column): boolean =>
  !column.notNull || column.default !== null || column.identity !== null || column.generated !== null

const timestampTypes: ReadonlySet<string> = new Set(['timestamp', 'timestamptz'])
const addressTypes: ReadonlySet<string> = new Set(['varchar', 'text', 'bpchar', 'inet', 'cidr'])

const isInteger = ({ type }: Column, smaller?: 'int2'): boolean =>
  type.kind === 'base' && (type.name === 'int4' || type.name === 'int8' || type.name === smaller)

const findColumn = (relation: Relation, name: string): Column | undefined =>
  relation.columns.find((column) => column.name === name)

const haveSameItems = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item) => b.includes(item))

/** `audit.%s_version`, split at the first dot. */
const splitPattern = (pattern: string): { readonly schema: string | undefined; readonly name: string } => {
  const dot = pattern.indexOf('.')
  return dot < 0
    ? { schema: undefined, name: pattern }
    : { schema: pattern.slice(0, dot), name: pattern.slice(dot + 1) }
}

/** As Postgres cuts identifiers: at 63 bytes, never inside a character. */
const cutIdentifier = (name: string): string => {
  const bytes = new TextEncoder().encode(name)
  if (bytes.length <= 63) return name
  let end = 63
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return new TextDecoder().decode(bytes.subarray(0, end))
}
