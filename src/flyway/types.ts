/** What of Flyway's configuration matters here; defaults are Flyway's own. */
export interface FlywayConfig {
  /** Folders on disk, absolute; may hold the wildcards `**`, `*` and `?` as Flyway reads them. */
  readonly locations: readonly string[]
  /** What relative locations are relative to; absolute. */
  readonly workingDirectory: string
  readonly versionedPrefix: string
  readonly undoPrefix: string
  readonly baselinePrefix: string
  readonly repeatablePrefix: string
  readonly separator: string
  readonly suffixes: readonly string[]
  readonly placeholderReplacement: boolean
  readonly placeholderPrefix: string
  readonly placeholderSuffix: string
  readonly placeholders: Readonly<Record<string, string>>
  readonly encoding: string
  readonly defaultSchema: string | undefined
  readonly schemas: readonly string[]
  readonly historyTable: string
  readonly outOfOrder: boolean
  readonly validateMigrationNaming: boolean
  readonly target: string | undefined
  readonly baselineVersion: string
  readonly ignoreMigrationPatterns: readonly string[]
  readonly executeInTransaction: boolean
  readonly transactionalLock: boolean
  /** The files these settings came from, absolute; empty when all are defaults or given explicitly. */
  readonly sources: readonly string[]
}

/** A migration version: numeric parts without trailing zeros, and the text it was written as. */
export interface Version {
  readonly parts: readonly bigint[]
  /** As written in the file name, such as `2024.04.24.22.12` or `1_7`. */
  readonly text: string
}

export type MigrationKind = 'versioned' | 'baseline' | 'undo' | 'repeatable' | 'callback'

/** One file of a location that Flyway would pick up. */
export interface Migration {
  readonly kind: MigrationKind
  /** `sql`, or `script`/`java` for files that are not SQL and only reserve their version. */
  readonly type: 'sql' | 'script' | 'java'
  /** Absolute. */
  readonly file: string
  /** Relative to its location, with `/`: what the history table's `script` column holds. */
  readonly script: string
  readonly location: string
  /** Null for repeatables and callbacks. */
  readonly version: Version | null
  /** With spaces for underscores, as Flyway shows it. */
  readonly description: string
  /**
   * `CRC32` over the lines, as Flyway stores it: of a repeatable file after its placeholders were replaced. Null for
   * Java migrations and callbacks, and where a placeholder's value is not known before Flyway runs.
   */
  readonly checksum: number | null
  /** The same of the file as it is, which Flyway takes as equal for a repeatable file; null like {@link checksum}. */
  readonly rawChecksum: number | null
  /** From `<file>.conf`; undefined where it says nothing. */
  readonly executeInTransaction: boolean | undefined
  readonly placeholderReplacement: boolean | undefined
}

/** A file or a pair of files in the folder that Flyway refuses, or would silently skip. */
export interface FolderProblem {
  readonly code: 'migration-duplicate' | 'migration-name' | 'migration-order'
  readonly message: string
  readonly files: readonly string[]
  /** Whether Flyway itself would fail on it with the present settings. */
  readonly fatal: boolean
}

export interface MigrationFolder {
  readonly config: FlywayConfig
  /** Callbacks by name; then as Flyway would run them: versioned by version, then repeatables by description. */
  readonly migrations: readonly Migration[]
  readonly problems: readonly FolderProblem[]
}

/** One row of `flyway_schema_history`. */
export interface AppliedMigration {
  readonly installedRank: number
  readonly version: Version | null
  readonly description: string
  readonly type: string
  readonly script: string
  readonly checksum: number | null
  readonly success: boolean
}
