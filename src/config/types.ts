import type { Driver } from '../database/types.ts'

/** What a user may write in `versiongen.config.ts`, or under `"versiongen"` in package.json or deno.json. All optional. */
export interface Config {
  /** A connection string. Better left to `DATABASE_URL`, so that no password lands in a file. */
  readonly url?: string | undefined
  readonly driver?: Driver
  /** Always use a shadow database. */
  readonly shadow?: boolean
  /** Globs of TypeScript files that hold models, relative to the configuration file. */
  readonly models?: string | readonly string[]
  /** Flyway locations on disk, relative to the configuration file; otherwise read from Flyway's own configuration. */
  readonly migrations?: string | readonly string[]
  /** Folder for the accessors, relative to the configuration file. */
  readonly out?: string
  /** How generated files import each other; guessed from the tsconfig when absent. */
  readonly importExtension?: '.ts' | '.js' | ''
  /** How values of these types come back; the defaults lose nothing. */
  readonly values?: Partial<ValueTypes>
  /** Property names of the accessors' rows. */
  readonly naming?: 'preserve' | 'camelCase'
  /**
   * What json is, by table (perhaps with schema) and column: `{ mine: { geom: { import: './src/geo.ts', name: 'Geo' } } }`.
   * Where nothing is said here, the type of the model's property counts.
   */
  readonly types?: Readonly<Record<string, Readonly<Record<string, ImportedType>>>>
  /** Makes the key of each table a type of its own, so that none is taken for another's. */
  readonly brandedIds?: boolean
  /** Defaults for every model's `__versioned__`. */
  readonly versioned?: VersionedDefaults
  /**
   * Name, perhaps with schema, of the transaction table. Default `transaction`: the one in the base table's schema if it
   * is there, else the one in the first schema of the search path.
   */
  readonly transactionTable?: string
  /** `SET LOCAL lock_timeout` of the migrations, as Postgres writes it. Default `5s`. */
  readonly lockTimeout?: string
  /** `SET LOCAL statement_timeout` of the migrations. Default `30s`; the backfill gets none. */
  readonly statementTimeout?: string
  /** How rows that are there already get their first version. */
  readonly backfill?: Partial<BackfillSettings>
  /**
   * Makes indexes on version tables that are there already by `CREATE INDEX CONCURRENTLY`, in a migration of their own.
   * Flyway then needs `postgresql.transactional.lock=false`. Default false.
   */
  readonly concurrentIndexes?: boolean
  /**
   * Makes a function beside each version table, `mine_as_of(timestamptz)`, that gives the rows as they were. Default true.
   * Turned off later, what is there stays.
   */
  readonly asOfFunctions?: boolean
  /** What is not in Flyway's own configuration, or overrides it. */
  readonly flyway?: FlywayOverrides
}

/** A type that some module exports. */
export interface ImportedType {
  /** A path relative to the configuration file that begins with `./`, `../` or `/`, or a package. */
  readonly import: string
  /** What the module exports it as; `default` is one. */
  readonly name: string
}

/** The type that the configuration chooses for a json column. */
export interface TypeChoice {
  /** Perhaps with a schema. */
  readonly table: string
  readonly column: string
  readonly name: string
  /** Undefined: it is in a file. */
  readonly package: string | undefined
  /** Absolute. */
  readonly file: string
}

/** What accessors make of values that JavaScript has no exact counterpart for. */
export interface ValueTypes {
  /** Default `string`; `number` is exact up to 2^53 only. */
  readonly int8: 'string' | 'bigint' | 'number'
  /** Default `string`; `number` rounds. */
  readonly numeric: 'string' | 'number'
  /** Default `Date`, which has milliseconds; `string` keeps Postgres' microseconds. */
  readonly timestamptz: 'Date' | 'string'
}

/** In one transaction, while writers of the table wait; or in batches beside them, each of them committed. */
export interface BackfillSettings {
  /** Default `auto`: in batches if the table has more than `above` rows. */
  readonly mode: 'auto' | 'transaction' | 'batches'
  /** Rows of the table, as the planner estimates them. Default 1,000,000. */
  readonly above: number
  /** Rows. Default 1,000. */
  readonly batchSize: number
}

/** Options of `__versioned__` that may be set for all models at once; a model's own beat these. */
export interface VersionedDefaults {
  readonly versionTable?: string
  readonly strategy?: 'validity' | 'subquery'
  readonly transactionColumn?: string
  readonly endTransactionColumn?: string
  readonly operationColumn?: string
  readonly trackModified?: boolean
  readonly writer?: 'trigger' | 'orm'
  readonly context?: 'allow' | 'warn' | 'refuse'
  readonly replication?: 'ignore' | 'record'
  readonly indexes?: 'minimal' | 'continuum'
  readonly exclude?: readonly string[]
}

/** Flyway's settings under Flyway's names; what is given here beats `FLYWAY_*` and Flyway's own files. */
export interface FlywayOverrides {
  readonly sqlMigrationPrefix?: string
  readonly sqlMigrationSeparator?: string
  readonly sqlMigrationSuffixes?: readonly string[]
  readonly repeatableSqlMigrationPrefix?: string
  readonly placeholders?: Readonly<Record<string, string>>
  readonly placeholderReplacement?: boolean
  readonly placeholderPrefix?: string
  readonly placeholderSuffix?: string
  readonly defaultSchema?: string
  readonly schemas?: readonly string[]
  readonly table?: string
  readonly outOfOrder?: boolean
  readonly validateMigrationNaming?: boolean
}

/** What may be said on the command line; paths and globs are relative to the working directory. Beats {@link Config}. */
export interface Flags {
  /** The configuration file to use, instead of looking for one. */
  readonly config?: string | undefined
  readonly url?: string | undefined
  /** As {@link url}, and beats it: the live database that `check --against` compares with. */
  readonly against?: string | undefined
  readonly driver?: Driver | undefined
  readonly shadow?: boolean | undefined
  readonly models?: readonly string[] | undefined
  readonly migrations?: readonly string[] | undefined
  readonly out?: string | undefined
  readonly backfill?: BackfillSettings['mode'] | undefined
}

/** Which database to read: one that was named, or a shadow built from the migrations. */
export type Target =
  | {
      readonly kind: 'server'
      /** Undefined: the `PG*` variables say it all. */
      readonly url: string | undefined
      /** Who named it, for messages: `--url`, `DATABASE_URL`, `DATABASE_URL in .env`. */
      readonly namedBy?: string
    }
  | { readonly kind: 'shadow' }

/** Trusted settings: every default filled in, every path absolute. Built by `resolveSettings`. */
export interface Settings {
  /** The folder everything is relative to: that of the configuration file, else the working directory. */
  readonly root: string
  /** The configuration file in force, absolute. */
  readonly configFile: string | undefined
  readonly target: Target
  readonly driver: Driver
  /** The environment variables, as given to the process; the drivers and Flyway's configuration read theirs from here. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Globs, relative to {@link root}. */
  readonly models: readonly string[]
  /** Flyway locations given explicitly, absolute; undefined: Flyway's own configuration says. */
  readonly migrations: readonly string[] | undefined
  readonly flyway: FlywayOverrides
  /** Absolute. */
  readonly out: string
  readonly importExtension: '.ts' | '.js' | ''
  readonly values: ValueTypes
  readonly naming: 'preserve' | 'camelCase'
  /** Absent: none. */
  readonly types?: readonly TypeChoice[]
  readonly brandedIds?: boolean
  readonly versioned: VersionedDefaults
  readonly transactionTable: string
  readonly lockTimeout: string
  readonly statementTimeout: string
  readonly backfill: BackfillSettings
  /** Absent: false. */
  readonly concurrentIndexes?: boolean
  /** Absent: true. */
  readonly asOfFunctions?: boolean
}
