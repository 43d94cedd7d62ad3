/** What happened to the row: the version is the state the row was left in; for a delete, the state it had. */
export type Operation = 'insert' | 'update' | 'delete'

/**
 * A moment in the history:
 *
 * - a `Date`: the whole of that millisecond, so that `at(key, version.transaction.issuedAt)` finds that version;
 * - an ISO 8601 text with up to six digits after the second, as exact as Postgres itself; without an offset it is UTC;
 * - `{ transaction }`: the id of a transaction, the most exact of all.
 */
export type When = Date | string | { readonly transaction: TransactionId }

/** The `id` of a row of the transaction table. Read as a `string`, for it may not fit a `number`. */
export type TransactionId = string | number | bigint

/** Anything JSON can say, parsed. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** One row of the transaction table. What Continuum or a backfill left out is null. */
export interface Transaction {
  /** Rises along the versions of a row. */
  readonly id: string
  /** When it wrote, to the millisecond, which is rounded down. */
  readonly issuedAt: Date | null
  /** Who wrote, as `withActor` was told. */
  readonly userId: string | null
  /** From where. */
  readonly remoteAddr: string | null
}

/** For each column that differs, its value before and after. A row that is not there counts as all null. */
export type Changes<Data extends object> = {
  readonly [Column in keyof Data]?: readonly [before: Data[Column] | null, after: Data[Column] | null]
}

/** One state of one row. */
export interface Version<Key extends object, Data extends object> {
  /** The row's key: the same in all its versions. */
  readonly key: Key
  /** The row as the transaction left it; for a delete, as it was. */
  readonly data: Data
  /** What the transaction did to the row, all in all. */
  readonly operation: Operation
  /** Position among the versions of this row, from 0. */
  readonly index: number
  /** The transaction that left the row so. */
  readonly transaction: Transaction
  /** What differs from the version before. An insert lists `[null, value]`, a delete `[value, null]`, for every column that is not null. */
  readonly changeset: Changes<Data>
  /** The version before this one; undefined for the first. */
  previous(): Promise<Version<Key, Data> | undefined>
  /** The version after this one; undefined for the last. */
  next(): Promise<Version<Key, Data> | undefined>
  /**
   * Makes the live row what it was in this version: updates it, or inserts it again, or, when this version is a delete,
   * deletes it. One statement; no value passes through JavaScript. Columns without history are left as they are (in a row
   * that comes back: their defaults), and so are columns that cannot be null and did not exist then.
   *
   * @returns what was done to the live row; null when it already was in this state.
   */
  revert(): Promise<Operation | null>
}

/** Which versions of a row, and in which order. */
export interface VersionsOptions {
  /** At most this many versions. */
  readonly limit?: number
  /** `asc`, the default: oldest first. */
  readonly order?: 'asc' | 'desc'
  /** Only versions written before this moment. */
  readonly before?: When
  /** Only versions written after this moment. To read page by page: `{ transaction: last.transaction.id }`. */
  readonly after?: When
}

/** The history of one row. */
export interface RecordHistory<Key extends object, Data extends object> {
  /** All versions, oldest first, the current one included. One query. */
  versions(options?: VersionsOptions): Promise<Version<Key, Data>[]>
  /** The version that held at a moment; undefined when the row did not exist or was deleted then. */
  at(when: When): Promise<Version<Key, Data> | undefined>
  /** The last version; undefined when there is none or the row is deleted. */
  current(): Promise<Version<Key, Data> | undefined>
  /** How many versions there are. */
  count(): Promise<number>
  /** What differs between two moments. */
  diff(before: When, after: When): Promise<Changes<Data>>
}

/** What one transaction did to one table. */
export interface TransactionChanges<Key extends object, Data extends object> extends Transaction {
  /** In key order. */
  readonly changes: readonly Version<Key, Data>[]
}

/** The history of one table. Every method is one query. */
export interface History<Key extends object, Data extends object, Instance extends object = Key> {
  /** All versions of a row, oldest first, the current one included. */
  versions(key: Key, options?: VersionsOptions): Promise<Version<Key, Data>[]>
  /** The history of the row that a model instance stands for. */
  of(instance: Instance): RecordHistory<Key, Data>
  /** The version that held at a moment; undefined when the row did not exist or was deleted then. */
  at(key: Key, when: When): Promise<Version<Key, Data> | undefined>
  /** The last version of a row; undefined when there is none or the row is deleted. */
  current(key: Key): Promise<Version<Key, Data> | undefined>
  /** How many versions a row has. */
  count(key: Key): Promise<number>
  /** What differs in a row between two moments. */
  diff(key: Key, before: When, after: When): Promise<Changes<Data>>
  /** A transaction and all it did to this table; undefined when there is none with this id. */
  transaction(id: TransactionId): Promise<TransactionChanges<Key, Data> | undefined>
}
