import type { CodecName } from './codec.ts'

/** A schema-qualified name, unquoted. */
export interface TableName {
  readonly schema: string
  readonly name: string
}

/** What a generated accessor knows about its table: plain data, checked by the compiler, read by {@link createHistory}. */
export interface TableDescriptor {
  readonly table: TableName
  readonly versionTable: TableName
  readonly transactionTable: TransactionTableDescriptor
  readonly transactionColumn: string
  /** Null where versions are not closed (`strategy: 'subquery'`). */
  readonly endTransactionColumn: string | null
  readonly operationColumn: string
  /** Names of the key columns, in key order. */
  readonly key: readonly string[]
  /** Every column whose values are kept, in the base table's order. */
  readonly columns: readonly ColumnDescriptor[]
}

export interface TransactionTableDescriptor extends TableName {
  /** The type of `issued_at`; a `timestamp` holds UTC. Null where the table lacks the column. */
  readonly issuedAt: 'timestamptz' | 'timestamp' | null
  readonly remoteAddr: boolean
  readonly userId: boolean
}

export interface ColumnDescriptor {
  readonly name: string
  /** The name in `data`, where it is not the column's own. */
  readonly property?: string
  /** The name in model instances given to `of`, where it is not {@link property}. Key columns only. */
  readonly modelProperty?: string
  readonly codec: CodecName
  /** Key columns only: the type, as SQL and without modifier, that a given key value is cast to. */
  readonly cast?: string
  /** `NOT NULL` in the base table. */
  readonly required?: true
  /** `GENERATED … AS`: nobody can write it. */
  readonly generated?: true
  /** `GENERATED ALWAYS AS IDENTITY`: an update cannot write it. */
  readonly identityAlways?: true
}
