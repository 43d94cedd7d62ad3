import type { ValueCodec } from './codec.ts'

/** A schema-qualified name, unquoted. */
export interface TableName {
  /** The schema it is in. */
  readonly schema: string
  /** Its name there. */
  readonly name: string
}

/** What a generated accessor knows about its table: plain data, checked by the compiler, read by {@link createHistory}. */
export interface TableDescriptor {
  /** The live table. */
  readonly table: TableName
  /** Its history. */
  readonly versionTable: TableName
  /** Who wrote it, and when. */
  readonly transactionTable: TransactionTableDescriptor
  /** The column of the version table that holds the id of the transaction. */
  readonly transactionColumn: string
  /** Null where versions are not closed (`strategy: 'subquery'`). */
  readonly endTransactionColumn: string | null
  /** The column of the version table that holds 0, 1 or 2: insert, update, delete. */
  readonly operationColumn: string
  /** Names of the key columns, in key order. */
  readonly key: readonly string[]
  /** Every column whose values are kept: those of the base table, in its order, then those that it has no longer. */
  readonly columns: readonly ColumnDescriptor[]
  /** Foreign keys from it and to it. */
  readonly relations?: readonly RelationDescriptor[]
}

/** What is known about a table without history: its rows are read as they are now. */
export type LiveTableDescriptor = Pick<TableDescriptor, 'table' | 'key' | 'columns'>

/** Rows of another table, or of the same, that a row is tied to. */
export type RelationDescriptor = ForeignKeyRelation | ThroughRelation

/** The row that a foreign key refers to, or the rows that refer to it. */
export interface ForeignKeyRelation {
  /** Its name in `related`. */
  readonly name: string
  /** Columns of this table, pairwise equal to {@link targetColumns}. */
  readonly columns: readonly string[]
  /** The other table. Asked only when it is needed, for two modules may import each other. */
  readonly target: () => TableDescriptor | LiveTableDescriptor
  readonly targetColumns: readonly string[]
  /** Whether there may be several rows. */
  readonly many: boolean
  /** Whether the foreign key is this table's: the other row has to be there first. */
  readonly refers: boolean
}

/** The rows that a join table ties a row to. */
export interface ThroughRelation {
  /** Its name in `related`. */
  readonly name: string
  /** The relation that leads to the join table, and the one that leads on from there. */
  readonly through: readonly [string, string]
}

/** What there is of the transaction table. Its key is `id`. */
export interface TransactionTableDescriptor extends TableName {
  /** The type of `issued_at`; a `timestamp` holds UTC. Null where the table lacks the column. */
  readonly issuedAt: 'timestamptz' | 'timestamp' | null
  /** Whether it has the column `remote_addr`. */
  readonly remoteAddr: boolean
  /** Whether it has the column `user_id`. */
  readonly userId: boolean
  /** Whether it has a column `meta` of json. */
  readonly meta?: boolean
}

/** What is known of one column. */
export interface ColumnDescriptor {
  /** In the database. */
  readonly name: string
  /** The name in `data`, where it is not the column's own. */
  readonly property?: string
  /** The name in model instances given to `of`, where it is not {@link property}. Key columns only. */
  readonly modelProperty?: string
  /** How its values travel and what they become. */
  readonly codec: ValueCodec
  /** The type, as SQL and without modifier, that a given value is cast to. Absent where Postgres cannot compare them. */
  readonly cast?: string
  /** `NOT NULL` in the base table. */
  readonly required?: true
  /** `GENERATED … AS`: nobody can write it. */
  readonly generated?: true
  /** `GENERATED ALWAYS AS IDENTITY`: an update cannot write it. */
  readonly identityAlways?: true
  /** The base table has it no longer: only its history can be read. */
  readonly dropped?: true
}
