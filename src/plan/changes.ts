import type { QualifiedName } from '../catalog/types.ts'
import type { RecordingTrigger } from '../sql/replication.ts'
import type { VersionColumn, VersionIndex } from '../sql/version-table.ts'
import type { ColumnRename } from './existing-history.ts'

/** One step that brings a version table and its triggers in line. */
export type Change =
  | { readonly kind: 'create' }
  | { readonly kind: 'rename-table'; readonly from: QualifiedName; readonly functions: readonly FunctionRename[] }
  | ({ readonly kind: 'rename-column' } & ColumnRename)
  | { readonly kind: 'add-column'; readonly column: VersionColumn }
  | { readonly kind: 'drop-not-null'; readonly column: string }
  | { readonly kind: 'drop-generation'; readonly column: string; readonly what: 'identity' | 'expression' }
  /** `using`: the casts from the old type to the new one, where Postgres does not know the way. */
  | {
      readonly kind: 'convert-column'
      readonly column: VersionColumn
      readonly using: readonly string[]
      readonly rewrite: boolean
    }
  | { readonly kind: 'rekey'; readonly from: readonly string[]; readonly constraint: string }
  | { readonly kind: 'set-logged' }
  | { readonly kind: 'close-chains' }
  | { readonly kind: 'create-index'; readonly index: VersionIndex }
  /** `columns`: the version table's columns in order, each with the number of the base column it keeps. */
  | { readonly kind: 'describe'; readonly numbers: readonly (number | null)[] }
  /** Notes since when columns are held that were not, or not always. */
  | { readonly kind: 'note-held-since'; readonly columns: readonly string[] }
  | { readonly kind: 'secure' }
  /** Takes rights to write a table back, except from the owners of functions that record there. */
  | { readonly kind: 'revoke-writes'; readonly table: QualifiedName; readonly keptBy: readonly QualifiedName[] }
  | { readonly kind: 'replace-function' }
  | { readonly kind: 'replace-replication-function' }
  | { readonly kind: 'replace-as-of-function' }
  /** The function that finds the id of an instant in the transaction table. */
  | { readonly kind: 'replace-transaction-at' }
  /** The function that tells whether a table fits its history. */
  | { readonly kind: 'replace-fits' }
  | { readonly kind: 'rename-trigger'; readonly from: string; readonly to: string }
  | { readonly kind: 'replace-trigger'; readonly trigger: RecordingTrigger }
  | { readonly kind: 'enable-trigger'; readonly trigger: RecordingTrigger }
  | { readonly kind: 'drop-trigger'; readonly name: string; readonly function: QualifiedName | null }
  /** Brings open versions up to the live rows in columns that were not recorded, or not so, before. */
  | { readonly kind: 'fill'; readonly columns: readonly string[] }
  | { readonly kind: 'backfill' }
  /**
   * Records what is not recorded yet: what was written past the triggers, or before the history followed a change.
   * `closes`: versions first get the ends they should have. `retyped`: columns whose type changed, so that values may have
   * been left out.
   */
  | { readonly kind: 'catch-up'; readonly closes?: boolean; readonly retyped?: readonly string[] }

/** A function that goes along with its version table. */
export interface FunctionRename {
  /** The types of its arguments. */
  readonly takes: '' | 'timestamptz'
  readonly from: QualifiedName
  readonly to: QualifiedName
}
