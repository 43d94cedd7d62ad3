import type { ChainProblem } from './chain-violations.ts'

/** What happened to the row: the version is the state the row was left in; for a delete, the state it had. */
export type Operation = 'insert' | 'update' | 'delete'

/**
 * A moment in the history:
 *
 * - a `Date`: the whole of that millisecond, so that `at(key, version.transaction.issuedAt)` finds that version (where the
 *   server keeps commit times, from its commit on);
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
  /** Whatever else `withActor` was told; absent where the transaction table has no column `meta`. */
  readonly meta?: Json
}

/** For each column that differs, its value before and after. A row that is not there counts as all null. */
export type Changes<Data extends object> = {
  readonly [Column in keyof Data]?: readonly [before: Data[Column] | null, after: Data[Column] | null]
}

/** A difference deep inside a value. */
export interface Difference {
  /** Keys of objects, and positions in arrays from 0; empty for the value itself. */
  readonly path: readonly (string | number)[]
  /** Undefined: it was not there, and is added; in an array what follows moves on. */
  readonly before: unknown
  /** Undefined: it is not there any more; in an array what follows moves up. */
  readonly after: unknown
}

/** A difference deep inside a column. `{ path: ['permit', 'owner', 0], before: 'Ann', after: 'Bob' }` */
export type NestedChange<Data extends object> = {
  readonly [Column in keyof Data]-?: {
    /** The column, then keys of objects and positions in arrays from 0. */
    readonly path: readonly [column: Column, ...inside: (string | number)[]]
    /** Undefined: it was not there, and is added; in an array what follows moves on. */
    readonly before: Inside<Data[Column]> | null | undefined
    /** Undefined: it is not there any more; in an array what follows moves up. */
    readonly after: Inside<Data[Column]> | null | undefined
  }
}[keyof Data]

/** A value, or whatever can be inside it. */
type Inside<Value> = [Json] extends [Value]
  ? Json
  : Value extends string | number | bigint | boolean | null | undefined | Date | Uint8Array
    ? Value
    : Value extends readonly (infer Element)[]
      ? Value | Inside<Element>
      : unknown

/** What can be called off. */
export interface Abortable {
  /**
   * Ends it when it aborts: the promise rejects with its reason, the server stops working where the driver can
   * tell it to, connections are left as they were, and what would have been written is not. In a transaction the server
   * takes it for an error like any other.
   */
  readonly signal?: AbortSignal | undefined
}

/** How far to go back. */
export interface RevertOptions<Data extends object, Related extends object = None> extends Abortable {
  /** Only these columns of the live row; the others stay as they are. */
  readonly columns?: readonly (keyof Data)[] | undefined
  /**
   * What is related goes back, too, all in one transaction: rows that were related then, or are now, become what they were
   * then. Those that did not exist then are deleted. Rows it refers to become what they were; none of them is deleted.
   */
  readonly relations?: readonly RestorablePath<Related>[] | undefined
}

/** Nothing. */
export type None = Record<never, never>

/**
 * Rows that foreign keys tie a row to, each under the name of its relation. Every call is one query, or none where the
 * rows were read beforehand (`with`).
 */
export type Relations<Related extends object> = {
  readonly [Name in keyof Related]: (options?: Abortable) => Promise<Related[Name]>
}

/** Names of relations, and, after dots, of relations of those. */
export type RelationPath<Related extends object> = PathIn<Relations<Related>, [0, 0, 0], unknown>

/** The same without tables that keep no history, whose rows cannot go back. */
export type RestorablePath<Related extends object> = PathIn<
  Relations<Related>,
  [0, 0, 0],
  { readonly related: unknown }
>

type PathIn<Methods, Depth extends readonly 0[], Wanted> = {
  [Name in keyof Methods & string]: RowBehind<Methods[Name]> extends Wanted
    ? | Name
      | (Depth extends readonly [0, ...infer Rest extends readonly 0[]]
          ? `${Name}.${PathIn<MethodsOf<RowBehind<Methods[Name]>>, Rest, Wanted>}`
          : never)
    : never
}[keyof Methods & string]

type RowBehind<Method> = Method extends () => Promise<infer Result>
  ? NonNullable<Result extends readonly (infer Row)[] ? Row : Result>
  : never

type MethodsOf<Row> = Row extends { readonly related: infer Methods } ? Methods : None

/** A row of a table that keeps no history: as it is now, whatever was asked. */
export interface Live<Data extends object, Key extends keyof Data = never> {
  /** Tells it from a {@link State}. */
  readonly live: true
  /** Its key; empty where the table has none. */
  readonly key: Pick<Data, Key>
  /** The row. */
  readonly data: Data
}

/**
 * A key as it is read: of each column's type what the row has in `data`. As it is given it may be more: an `int8` is read
 * as a string, and may be given as a number as well.
 */
export type KeyRead<Key extends object, Data extends object> = {
  readonly [Column in keyof Key]: Column extends keyof Data
    ? Narrow<Key[Column], NonNullable<Data[Column]>>
    : Key[Column]
}

type Narrow<Given, Read> = [Extract<Given, Read>] extends [never] ? Given & Read : Extract<Given, Read>

/** A row as it was for a while. */
export interface State<Key extends object, Data extends object, Related extends object = None> {
  /** The row's key: the same in all its versions. */
  readonly key: KeyRead<Key, Data>
  /** The row as the transaction left it; for a delete, as it was. */
  readonly data: Data
  /** What the transaction did to the row, all in all. */
  readonly operation: Operation
  /** The transaction that left the row so. */
  readonly transaction: Transaction
  /**
   * What foreign keys tie it to, as it was: in a snapshot at its moment; else when the transaction had left the row so
   * or, for a delete, just before.
   */
  readonly related: Relations<Related>
  /**
   * Makes the live row what it was in this version: updates it, or inserts it again, or, when this version is a delete,
   * deletes it. One statement (with `relations` several, in a transaction); no value passes through JavaScript. Columns without history are left as they are (in a row
   * that comes back: their defaults), and so are columns that cannot be null and did not exist then.
   *
   * @param options.columns only these columns, of a row that is there; those that cannot be written (keys, generated
   * columns, those the table has no longer) are a TypeError
   * @returns what was done to the live row; null when it already was in this state.
   * @throws Error with `columns` when this version is a delete or the live row is not there, and nothing has changed.
   */
  revert(options?: RevertOptions<WithoutKey<Key, Data>, Related>): Promise<Operation | null>
}

/** The columns that can be reverted; where no names are known, any. */
type WithoutKey<Key extends object, Data extends object> = string extends keyof Key ? Data : Omit<Data, keyof Key>

/** What one transaction did to one row. */
export interface RowChange<Key extends object, Data extends object, Related extends object = None> extends State<
  Key,
  Data,
  Related
> {
  /** What differs from the version before. An insert lists `[null, value]`, a delete `[value, null]`, for every column that is not null. */
  readonly changeset: Changes<Data>
  /** The version before this one; undefined for the first. */
  previous(options?: Abortable): Promise<Version<Key, Data, Related> | undefined>
  /** The version after this one; undefined for the last. */
  next(options?: Abortable): Promise<Version<Key, Data, Related> | undefined>
}

/** One state of one row, among all its states. */
export interface Version<Key extends object, Data extends object, Related extends object = None> extends RowChange<
  Key,
  Data,
  Related
> {
  /** Position among the versions of this row, from 0. */
  readonly index: number
}

/** What to read besides a row. */
export interface ReadOptions<Related extends object = None> extends Abortable {
  /** Relations to read as well, each in one query for all rows, so that `related` need not ask again. */
  readonly with?: readonly RelationPath<Related>[] | undefined
}

/** Which versions of a row, and in which order. */
export interface VersionsOptions<Related extends object = None> extends ReadOptions<Related> {
  /** At most this many versions. */
  readonly limit?: number | undefined
  /** `asc`, the default: oldest first. */
  readonly order?: 'asc' | 'desc' | undefined
  /** Only versions written before this moment. */
  readonly before?: When | undefined
  /** Only versions written after this moment. To read page by page: `{ transaction: last.transaction.id }`. */
  readonly after?: When | undefined
}

/** A change of one column. */
export interface ColumnChange<Value> {
  readonly before: Value | null
  readonly after: Value | null
  /** What happened to the row. */
  readonly operation: Operation
  /** Of the version, among those of its row. */
  readonly index: number
  /** Who changed it, and when. */
  readonly transaction: Transaction
}

/** For each column what it holds and the transaction that last changed it: that which inserted the row, if none did. */
export type Blame<Data extends object> = {
  readonly [Column in keyof Data]: { readonly value: Data[Column]; readonly transaction: Transaction }
}

/** The history of one row. */
export interface RecordHistory<Key extends object, Data extends object, Related extends object = None> {
  /** All versions, oldest first, the current one included. One query. */
  versions(options?: VersionsOptions<Related>): Promise<Version<Key, Data, Related>[]>
  /** The version that held at a moment; undefined when the row did not exist or was deleted then. */
  at(when: When, options?: ReadOptions<Related>): Promise<Version<Key, Data, Related> | undefined>
  /** The last version; undefined when there is none or the row is deleted. */
  current(options?: ReadOptions<Related>): Promise<Version<Key, Data, Related> | undefined>
  /** How many versions there are. */
  count(options?: Abortable): Promise<number>
  /** What differs between two moments. */
  diff(before: When, after: When, options?: Abortable): Promise<Changes<Data>>
  /** The versions that changed one column, oldest first. */
  changesOf<Column extends keyof Data>(column: Column, options?: Abortable): Promise<ColumnChange<Data[Column]>[]>
  /** Which transaction last changed each column, now or at a moment; undefined when the row was not there. */
  blame(when?: When, options?: Abortable): Promise<Blame<Data> | undefined>
}

/** What one transaction did to one table. */
export interface TransactionChanges<
  Key extends object,
  Data extends object,
  Related extends object = None,
> extends Transaction {
  /** In key order. */
  readonly changes: readonly Version<Key, Data, Related>[]
}

/**
 * What the columns of a table can be compared with: what they are read as or, where `Input` says more, that.
 * An `int8` is read as a string, and may be compared with a number as well.
 */
export type Columns<Data extends object, Input extends object> = {
  readonly [Column in keyof Data]: Column extends keyof Input
    ? Input[Column] | Extract<Data[Column], null>
    : Data[Column]
}

/**
 * Which rows: those that meet the conditions on all columns named here, and `and`, `or` and `not` of more of them.
 * (A column that is itself called `and`, `or` or `not` wins over these.) A condition on null is met or not met, never
 * unknown: `not` gives all other rows.
 */
export type Where<Columns extends object> = {
  readonly [Column in keyof Columns]?: Condition<Columns[Column]> | Inherited<Column>
} & Omit<Combinations<Columns>, keyof Columns>

/**
 * What every object has under the name of a column, such as `constructor` or `toString`: without it, an object that says
 * nothing about the column would not do. Given as a property of its own it is no condition, and a TypeError.
 */
type Inherited<Column extends PropertyKey> = Column extends keyof typeof Object.prototype
  ? (typeof Object.prototype)[Column]
  : never

/** Conditions put together. */
export interface Combinations<Columns extends object> {
  /** All of these. */
  readonly and?: readonly Where<Columns>[]
  /** Any of these. */
  readonly or?: readonly Where<Columns>[]
  /** Everything else. */
  readonly not?: Where<Columns>
}

declare const compared: unique symbol

/** In `Input`: values that are compared in the order of their type, and are no text that could be `like` another. */
export interface Ordered<Value> {
  readonly [compared]: Value
}

/** In `Input`: values of a type that has no order, such as `point`, which are there or not; of `json` more can be asked. */
export interface Unordered<Value = never> {
  readonly [compared]: Value
  readonly order: never
}

/**
 * On one column: the value it has to have (null: to be null), or a {@link Comparison}; for json a {@link JsonComparison}. A
 * composite is an object itself, and compared with `{ eq: … }`.
 */
export type Condition<Value> = [Json] extends [Value]
  ? JsonComparison | null
  : [NonNullable<Value>] extends [Unordered<infer Values>]
    ? ([Values] extends [never] ? Presence : Condition<Values>) | Extract<Value, null>
    : [NonNullable<Value>] extends [Ordered<infer Values>]
      ? Whole<Values> | Extract<Value, null> | Comparison<Values, never>
      : Whole<Value> | Comparison<NonNullable<Value>>

/** A value that is no object of comparisons. */
type Whole<Value> = Exclude<Value, Composite<Value>>

type Composite<Value> = Value extends string | number | bigint | boolean | Date | Uint8Array | readonly unknown[] | null
  ? never
  : Value

/** Whether there is a value. */
export interface Presence {
  readonly isNull?: boolean
  /** There must be a value. */
  readonly not?: Presence | null
}

/** What a column is compared with; all that is given has to hold. Compared by Postgres, in its order of the type. */
export type Comparison<Value, Text = Extract<Value, string>> = {
  readonly eq?: Value
  readonly gt?: Value
  readonly gte?: Value
  readonly lt?: Value
  readonly lte?: Value
  /** Any of these values, null among them or not. */
  readonly in?: readonly (Value | null)[]
  readonly isNull?: boolean
  /** A value it must not have, or a comparison that must not hold. */
  readonly not?: Whole<Value> | Comparison<Value, Text> | null
} & ([Text] extends [never]
  ? unknown
  : {
      /** Text with `%` for anything and `_` for any one character. */
      readonly like?: string
      /** The same in any case. */
      readonly ilike?: string
    })

/** What a `json` or `jsonb` column, or what is at a path in it, is compared with; by Postgres as `jsonb`. */
export interface JsonComparison {
  /** Compare what is there instead of the whole: keys of objects, and positions in arrays from 0. */
  readonly path?: readonly (string | number)[]
  readonly eq?: Json
  readonly gt?: Json
  readonly gte?: Json
  readonly lt?: Json
  readonly lte?: Json
  readonly in?: readonly Json[]
  /** Holds all of this, as `@>` of Postgres understands it. */
  readonly contains?: Json
  /** A text, without its quotes, with `%` for anything and `_` for any one character. */
  readonly like?: string
  /** The same in any case. */
  readonly ilike?: string
  /** Whether there is nothing; at a path, the `null` of JSON counts as nothing. */
  readonly isNull?: boolean
  /** A comparison that must not hold; null: there must be something. */
  readonly not?: Omit<JsonComparison, 'path'> | null
}

/** Columns to order by, the first before the second. Nulls come last, or first when descending. Some types have no order. */
export type OrderBy<Columns extends object> = {
  readonly [Column in keyof Columns as WithoutOrder<Columns[Column]> extends true ? never : Column]?:
    'asc' | 'desc' | Inherited<Column>
}

type WithoutOrder<Value> = [NonNullable<Value>] extends [Unordered<unknown>] ? true : false

/** Which rows of a table as it was. */
export interface SnapshotFilter<Columns extends object> extends Abortable {
  readonly where?: Where<Columns> | undefined
}

/** Which rows of a table as it was, in which order. */
export interface SnapshotOptions<
  Key extends object,
  Data extends object,
  Input extends object = None,
  Related extends object = None,
>
  extends SnapshotFilter<Columns<Data, Input>>, ReadOptions<Related> {
  /** Rows that are equal in these columns come in key order, as do all when there are none. */
  readonly orderBy?: OrderBy<Columns<Data, Input>> | readonly OrderBy<Columns<Data, Input>>[] | undefined
  /** At most this many rows. */
  readonly limit?: number | undefined
  /** Without the first so many rows. */
  readonly offset?: number | undefined
  /** To read page by page, at any depth at the same cost: only what comes after this row, the last of the page before. */
  readonly after?: State<Key, Data, Related> | undefined
}

/**
 * A whole table as it was at a moment. An instant stands for transactions, the same for every table: for those that had
 * been committed by then, where the server keeps commit times (`track_commit_timestamp`), else for those that had written by
 * then. An undated transaction is as old as the dated one before it. Every method but `stream` is one query; `find` may
 * take a second.
 */
export interface Snapshot<
  Key extends object,
  Data extends object,
  Input extends object = None,
  Related extends object = None,
> {
  /** Rows, in key order if nothing else is said. */
  all(options?: SnapshotOptions<Key, Data, Input, Related>): Promise<State<Key, Data, Related>[]>
  /** One row; undefined when it was not there. */
  find(key: Key, options?: ReadOptions<Related>): Promise<State<Key, Data, Related> | undefined>
  /** How many rows there were. */
  count(filter?: SnapshotFilter<Columns<Data, Input>>): Promise<number>
  /** Rows in key order, read page by page: a table of any size in little memory. Leave the loop whenever you like. */
  stream(
    options?: SnapshotFilter<Columns<Data, Input>> & ReadOptions<Related>,
  ): AsyncIterableIterator<State<Key, Data, Related>>
}

/** Which changes of a table. */
export interface StreamOptions<Columns extends object> extends Abortable {
  /** Only what came after this moment, as {@link Snapshot} tells it. To go on where a loop ended: `{ transaction: last.transaction.id }`. */
  readonly since?: When | undefined
  /** Only what was there at this moment. */
  readonly until?: When | undefined
  /** Only what this user wrote, as `withActor` was told. */
  readonly userId?: string | number | bigint | undefined
  /** Only changes that left the row so, or, for a delete, found it so. */
  readonly where?: Where<Columns> | undefined
}

/** A version, or a live row without one, that breaks a rule which every history keeps. */
export interface Violation<Key extends object = object> {
  readonly key: Key
  /** The id of the version's transaction; null for a live row that has no version. */
  readonly transactionId: string | null
  readonly problem: ChainProblem
  /** What is wrong, in words that go on from "the version of …": such as `ends before the next version begins`. */
  readonly message: string
}

/**
 * The history of one table. Every method but `stream` is one query.
 *
 * `Key`, `Data`, `Instance`, `Input` and `Related` are what keys, rows, model instances, values to compare with and
 * related rows look like.
 */
export interface History<
  Key extends object,
  Data extends object,
  Instance extends object = Key,
  Input extends object = None,
  Related extends object = None,
> {
  /** All versions of a row, oldest first, the current one included. */
  versions(key: Key, options?: VersionsOptions<Related>): Promise<Version<Key, Data, Related>[]>
  /** The history of the row that a model instance stands for. */
  of(instance: Instance): RecordHistory<Key, Data, Related>
  /** The version that held at a moment; undefined when the row did not exist or was deleted then. */
  at(key: Key, when: When, options?: ReadOptions<Related>): Promise<Version<Key, Data, Related> | undefined>
  /** The last version of a row; undefined when there is none or the row is deleted. */
  current(key: Key, options?: ReadOptions<Related>): Promise<Version<Key, Data, Related> | undefined>
  /** How many versions a row has. */
  count(key: Key, options?: Abortable): Promise<number>
  /** What differs in a row between two moments. */
  diff(key: Key, before: When, after: When, options?: Abortable): Promise<Changes<Data>>
  /** The versions of a row that changed one column, oldest first. */
  changesOf<Column extends keyof Data>(
    key: Key,
    column: Column,
    options?: Abortable,
  ): Promise<ColumnChange<Data[Column]>[]>
  /** Which transaction last changed each column of a row, now or at a moment; undefined when the row was not there. */
  blame(key: Key, when?: When, options?: Abortable): Promise<Blame<Data> | undefined>
  /** The whole table as it was. Asks the database nothing yet. */
  asOf(when: When): Snapshot<Key, Data, Input, Related>
  /**
   * All changes to the table, in the order of their transactions and, within one, of the keys. Read through a cursor of the
   * server: a history of any size in little memory. A pool lends it a connection, on which it reads one state of the
   * database; elsewhere it reads on the connection given, in its transaction if there is one. Leave the loop
   * whenever you like, but do not forget an iterator half-way without calling its `return`.
   */
  stream(options?: StreamOptions<Columns<Data, Input>>): AsyncGenerator<RowChange<Key, Data, Related>, void, undefined>
  /**
   * Looks for versions that contradict each other or the live rows: gaps, overlaps and inverted intervals along a row's
   * versions, live rows without an open version equal to them, rows that are gone and whose last version is no delete. What
   * it gives comes in order of key and transaction; nothing, when all is well. Reads the whole history, once, and what it
   * finds through a cursor, like {@link stream}. Needs to see all live rows: under row security, ask as the owner.
   */
  verify(options?: Abortable): AsyncGenerator<Violation<KeyRead<Key, Data>>, void, undefined>
  /** A transaction and all it did to this table; undefined when there is none with this id. */
  transaction(id: TransactionId, options?: Abortable): Promise<TransactionChanges<Key, Data, Related> | undefined>
}
