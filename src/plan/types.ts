import type { Column, QualifiedName, Relation } from '../catalog/types.ts'
import type { Place } from '../errors.ts'
import type { Model } from '../models/types.ts'
import type { ExistingHistory } from './existing-history.ts'

/** Everything that follows from a model and its base table: what its history has to be. */
export interface VersionedTable {
  readonly model: Model
  readonly base: Relation
  /** Key columns of the base table, in key order. */
  readonly key: readonly Column[]
  /**
   * All columns whose values are kept, key columns included, in the base table's order. Each with the type it has in
   * history, which may be wider than the base column's.
   */
  readonly columns: readonly Column[]
  readonly version: QualifiedName
  readonly transaction: TransactionTable
  readonly transactionColumn: string
  /** Null with `strategy: 'subquery'`. */
  readonly endTransactionColumn: string | null
  readonly operationColumn: string
  readonly trackModified: boolean
  readonly writer: 'trigger' | 'orm'
  readonly context: 'allow' | 'warn' | 'refuse'
  /** Whether changes that logical replication applies to this table are recorded. Absent: they are not. */
  readonly replication?: 'ignore' | 'record'
  readonly indexes: 'minimal' | 'continuum'
  /** Whether a function gives the rows as they were at an instant. Absent: none does. */
  readonly asOf?: boolean
  /** The version table there is already; absent when there is none. */
  readonly history?: ExistingHistory
}

/** The transaction table as it is, or as it is about to be made. */
export interface TransactionTable extends QualifiedName {
  readonly exists: boolean
  readonly id: {
    readonly type: string
    /** How a new id is drawn when the column has no default: a sequence. */ readonly sequence: QualifiedName | null
  }
  /** Null where an existing table lacks the column. */
  readonly issuedAt: { readonly withTimeZone: boolean } | null
  readonly remoteAddr: { readonly type: string } | null
  readonly userId: { readonly type: string } | null
  /** Whatever else is to be kept with a transaction, in a column `meta` of `json` or `jsonb`; absent where there is none. */
  readonly meta?: { readonly type: string }
  /** Whether the function that finds the id of an instant is there, as it has to be. Absent: it is not. */
  readonly findsInstants?: boolean
  /** The same of the function that tells whether a table fits its history. */
  readonly knowsFits?: boolean
}

export type Severity = 'error' | 'warning'

/** One row of SPEC §6. */
export interface Finding {
  readonly code: DriftCode
  readonly severity: Severity
  /** `schema.object` or `schema.table.column`. */
  readonly object: string
  readonly expected: string | null
  readonly actual: string | null
  readonly message: string
  /** The command that repairs it; null when a person has to decide. */
  readonly fix: string | null
  readonly where: Place | null
}

export type DriftCode =
  | 'table-missing'
  | 'table-no-key'
  | 'version-table-missing'
  | 'version-table-foreign'
  | 'column-missing'
  | 'column-extra'
  | 'column-type'
  | 'column-nullability'
  | 'primary-key'
  | 'index-missing'
  | 'trigger-missing'
  | 'trigger-disabled'
  | 'trigger-outdated'
  | 'function-outdated'
  | 'search-path'
  | 'grant'
  | 'row-security'
  | 'backfill-missing'
  | 'chain-broken'
  | 'accessor-missing'
  | 'accessor-outdated'
  | 'migration-pending'
  | 'migration-edited'
  | 'migration-failed'
  | 'migration-missing'
  | 'migration-order'
  | 'migration-duplicate'
  | 'migration-name'
  | 'model-column'
  | 'model-duplicate'
  | 'version-table-orphan'
  | 'constraint'
  | 'unlogged'
  | 'transaction-table'
