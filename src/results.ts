import type { ChainProblem } from './history/chain-violations.ts'
import type { Finding } from './plan/types.ts'

/** Told to whoever watches while something takes longer than a moment; never part of a result. */
export type Progress = (message: string) => void

/** Told once about what a result rests on; never part of one. */
export type Note = (message: string) => void

/** A file that is to appear, or did. */
export interface WrittenFile {
  readonly kind: 'migration' | 'migration-config' | 'accessor' | 'index'
  /** Absolute. */
  readonly path: string
  readonly content: string
  /** Accessors may replace an older one; migrations never do. */
  readonly replaces: boolean
}

/** What `generate` did, or with `dryRun` would do. */
export interface GenerateResult {
  /** Qualified base tables looked at, in order. */
  readonly tables: readonly TableSummary[]
  /** Empty when nothing had changed. */
  readonly files: readonly WrittenFile[]
  readonly dryRun: boolean
  /** What a person should know or decide. Errors are what generating cannot mend; what keeps it from going on is thrown. */
  readonly findings: readonly Finding[]
  /** The next command or step, one line each. */
  readonly nextSteps: readonly string[]
}

export interface TableSummary {
  /** `public.mine` */
  readonly table: string
  readonly model: { readonly name: string; readonly file: string; readonly line: number }
  readonly versionTable: string
}

/** What `check` found. `ok` is false exactly when there is a finding of severity `error`. */
export interface CheckReport {
  readonly ok: boolean
  readonly tables: readonly (TableSummary & { readonly findings: readonly Finding[] })[]
  /** What belongs to no single table: the transaction table, the migrations folder, models that are not tables. */
  readonly findings: readonly Finding[]
  /** What was not looked at; absent when everything was. */
  readonly skipped?: readonly string[]
}

/** One line of `status`. */
export interface StatusRow extends TableSummary {
  readonly versionTableState: 'ok' | 'missing' | 'drift'
  readonly triggers: 'ok' | 'missing' | 'drift' | 'none'
  /** Live rows without a version; null when it could not be counted (no version table). */
  readonly rowsWithoutVersion: number | null
  /** Migrations in the folder that this database has not run. */
  readonly pendingMigrations: number
  readonly accessor: 'ok' | 'missing' | 'outdated'
}

/** What `verify` finds, in the order it is read: the violations of a table, then that it has been read to its end. */
export type VerifyEvent =
  | { readonly kind: 'violation'; readonly table: TableSummary; readonly violation: Violation }
  | { readonly kind: 'verified'; readonly table: TableSummary; readonly violations: number }
  /** The history is not there, or not as it has to be, or cannot hold what a live row does: `check` says more. */
  | { readonly kind: 'unverified'; readonly table: TableSummary; readonly reason: string }

/** A version, or a live row without one, that breaks a rule which every history keeps. */
export interface Violation {
  /** The key columns as Postgres writes them. */
  readonly key: Readonly<Record<string, string>>
  /** The id of the version's transaction; null for a live row that has no version. */
  readonly transactionId: string | null
  readonly problem: ChainProblem
  /** What is wrong, in words that go on from "the version of …": such as `ends before the next version begins`. */
  readonly message: string
}

/** What `renumber` did, or with `dryRun` would do. */
export interface RenumberResult {
  /** Absolute, in the order of the old versions; empty when every file is in its place. */
  readonly moves: readonly { readonly from: string; readonly to: string }[]
  readonly dryRun: boolean
}

/** What a command works on besides settings. */
export interface Selection {
  /** Table names as the user typed them (`mine`, `app.mine`); with `all`, every model. */
  readonly tables: readonly string[]
  readonly all: boolean
}
