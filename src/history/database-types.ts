import type { TableName } from './descriptor.ts'
import type {
  Abortable,
  Changes,
  History,
  KeyRead,
  Operation,
  RowChange,
  Transaction,
  TransactionId,
  Violation,
  When,
} from './types.ts'

/** The names of tables, as their accessors are called. */
export type NameIn<Tables extends object> = keyof Tables & string

/** Which tables; all of them, if none is named. */
export interface TablesOption<Name extends string> {
  /**
   * Only these tables. The id of a transaction means something only among tables that share a transaction table: where
   * a project has several of those, name tables of one.
   */
  readonly tables?: readonly Name[] | undefined
}

/** All tables as they were at one moment. */
export type Past<Tables extends object, Name extends keyof Tables = keyof Tables> = {
  readonly [Table in Name]: Tables[Table] extends { asOf(when: When): infer Snapshot } ? Snapshot : never
}

/** A change of one of several tables; `table` tells which. */
export type TableChange<Tables extends object, Name extends keyof Tables = keyof Tables> = {
  readonly [Table in Name]: ChangeIn<Tables[Table]> & InTable<Table>
}[Name]

/** Says which table it is about. */
export interface InTable<Table> {
  /** The name of its accessor: `mineDocument` of `mine_document`. */
  readonly table: Table
}

type ChangeIn<Table> =
  Table extends History<infer Key, infer Data, infer _Instance, infer _Input, infer Related>
    ? RowChange<Key, Data, Related>
    : never

type KeyIn<Table> =
  Table extends History<infer Key, infer _Data, infer _Instance, infer _Input, infer _Related> ? Key : never

type KeyReadIn<Table> =
  Table extends History<infer Key, infer Data, infer _Instance, infer _Input, infer _Related>
    ? KeyRead<Key, Data>
    : never

type ChangesIn<Table> =
  Table extends History<infer _Key, infer Data, infer _Instance, infer _Input, infer _Related> ? Changes<Data> : never

/** A transaction, and what it did to all tables. */
export interface DatabaseTransaction<
  Tables extends object,
  Name extends keyof Tables = keyof Tables,
> extends Transaction {
  /** Table by table, and within one in key order. */
  readonly changes: readonly TableChange<Tables, Name>[]
}

/** A place in a timeline. A change is one; so is what is left of it after `JSON.stringify`, if its key can be said in JSON. */
export type TimelinePosition<Tables extends object, Name extends keyof Tables = keyof Tables> = {
  readonly [Table in Name]: InTable<Table> & {
    readonly key: KeyIn<Tables[Table]>
    readonly transaction: { readonly id: TransactionId }
  }
}[Name]

/** Which changes. */
export interface TimelineOptions<Tables extends object, Name extends string> extends Abortable {
  /** Only these tables. */
  readonly tables?: readonly Name[] | undefined
  /** Only what came after this moment. */
  readonly since?: When | undefined
  /** Only what was there at this moment. */
  readonly until?: When | undefined
  /** Only what this user wrote, as `withActor` was told. */
  readonly userId?: string | number | bigint | undefined
  /** At most so many changes. */
  readonly limit?: number | undefined
  /** Only what comes after this change, the last of the page before. */
  readonly after?: TimelinePosition<Tables, NoInfer<Name> & keyof Tables> | undefined
}

/** How to take a transaction back. */
export interface UndoOptions<Name extends string> extends TablesOption<Name>, Abortable {
  /** Write nothing, lock nothing; only say what would be done. */
  readonly dryRun?: boolean | undefined
  /**
   * What to do about rows that cannot be taken back without harm to what came later:
   *
   * - `refuse`, the default: list them and do nothing at all;
   * - `skip`: list them, leave them as they are, and take the others back;
   * - `overwrite`: list them, and take them back nevertheless. What refers to a row that goes fares as its foreign key says. Where
   *   that is impossible (`missing`, `unrecorded`, `backfilled`) nothing is done.
   */
  readonly onConflict?: 'refuse' | 'skip' | 'overwrite' | undefined
}

/** What came of an undo, or would come of it. */
export interface Undo<Tables extends object, Name extends keyof Tables = keyof Tables> {
  /** Whether it was done; false after a dry run, and where conflicts kept it from being done. */
  readonly done: boolean
  /** What was done to live rows; if nothing was, what could be done without conflict. Empty when all is as it was. */
  readonly changes: readonly UndoneChange<Tables, Name>[]
  /** Rows that stand against it, each once for every reason. */
  readonly conflicts: readonly UndoConflict<Tables, Name>[]
  /** The statement that makes these changes, with its values as literals, ready for psql; empty when there are none. */
  readonly sql: string
}

/** What an undo does to one live row. */
export type UndoneChange<Tables extends object, Name extends keyof Tables = keyof Tables> = {
  readonly [Table in Name]: InTable<Table> & {
    readonly key: KeyReadIn<Tables[Table]>
    /** A changed key goes back as a delete and an insert here, and in the history. */
    readonly operation: Operation
    /** From the live row to what it was before the transaction. */
    readonly changeset: ChangesIn<Tables[Table]>
  }
}[Name]

/** A row that stands against an undo, and why. */
export type UndoConflict<Tables extends object, Name extends keyof Tables = keyof Tables> = {
  readonly [Table in Name]: InTable<Table> & { readonly key: KeyReadIn<Tables[Table]> } & ConflictReason
}[Name]

/** Why a row cannot simply be taken back. */
export type ConflictReason =
  | {
      /** It was changed since, and is not as the transaction left it. */
      readonly reason: 'changed'
      /** By whom and when, last. */
      readonly transaction: Transaction
    }
  | {
      /** The transaction made it, and rows that the transaction did not make refer to it now. */
      readonly reason: 'referenced'
      /** The table of those rows. */
      readonly by: TableName
      /** Their foreign key. */
      readonly constraint: string
    }
  | {
      /** Before the transaction it referred to a row that is no longer there. */
      readonly reason: 'missing'
      /** The table of the row that is not there. */
      readonly from: TableName
      /** The foreign key. */
      readonly constraint: string
    }
  | {
      /** What it was before is not in its history, which begins with an update or a delete. */
      readonly reason: 'unrecorded'
    }
  | {
      /**
       * The transaction is a backfill, which gave it its first version only: the row is older, and to undo that would delete it.
       * Backfills have `backfill` in the place of an address. Where the transaction table has no such column, an insert by
       * nobody, of a row that was written again since, cannot be told from one.
       */
      readonly reason: 'backfilled'
    }

/** The histories of several tables together. */
export interface DatabaseHistory<Tables extends object> {
  /**
   * All tables as they were. An instant is looked up once, when something is first asked; from then on all of them are read as
   * of the same transaction, however much is written meanwhile. Asks the database nothing yet.
   *
   * @throws TypeError for an id among tables with several transaction tables.
   */
  at<Name extends NameIn<Tables> = NameIn<Tables>>(when: When, options?: TablesOption<Name>): Past<Tables, Name>
  /** A transaction and all it did; undefined when there is none with this id. One query. */
  transaction<Name extends NameIn<Tables> = NameIn<Tables>>(
    id: TransactionId,
    options?: TablesOption<Name> & Abortable,
  ): Promise<DatabaseTransaction<Tables, Name> | undefined>
  /**
   * Changes of all tables, the newest transaction first, and within one table by table in key order. One query. Among tables
   * with several transaction tables the newest is told by its time.
   */
  timeline<Name extends NameIn<Tables> = NameIn<Tables>>(
    options?: TimelineOptions<Tables, Name>,
  ): Promise<TableChange<Tables, Name>[]>
  /**
   * Takes back all that a transaction did: what it inserted is deleted, what it deleted inserted again, what it updated goes
   * back. All in one statement in a transaction, the caller's if there is one, so foreign keys need no order (what
   * `ON UPDATE SET NULL` takes back is given again by a second); recorded as new versions; no
   * value passes through JavaScript. The rows are locked before anything is decided. To do it again does nothing more.
   *
   * @throws TypeError for no tables; Error when no transaction has this id, and whatever Postgres says (constraints, rights): nothing has
   *   changed then.
   */
  undoTransaction<Name extends NameIn<Tables> = NameIn<Tables>>(
    id: TransactionId,
    options?: UndoOptions<Name>,
  ): Promise<Undo<Tables, Name>>
  /**
   * Looks through the histories of all tables, one after the other, as `verify` of each does.
   *
   * @throws Error, once all others are looked through, that names tables with a live value that does not fit their history.
   */
  verify<Name extends NameIn<Tables> = NameIn<Tables>>(
    options?: TablesOption<Name> & Abortable,
  ): AsyncGenerator<TableViolation<Tables, Name>, void, undefined>
}

/** A violation in the history of one of several tables; `table` tells which. */
export type TableViolation<Tables extends object, Name extends keyof Tables = keyof Tables> = {
  readonly [Table in Name]: Violation<KeyReadIn<Tables[Table]> & object> & InTable<Table>
}[Name]
