/** A pg `Client`, `Pool` or `PoolClient`. Said by shape, as all of these are, so that this package needs no one's types. */
export interface PgConnection {
  /** Runs a statement. */
  query(...parameters: never[]): unknown
  /** Connects, or checks a client out. */
  connect(...parameters: never[]): unknown
}

/** A postgres.js `sql`, the `sql` of a transaction, or a reserved one. */
export interface PostgresConnection {
  (...parameters: never[]): unknown
  /** Runs a statement given as text. */
  unsafe(...parameters: never[]): unknown
}

/** A PGlite database or one of its transactions. */
export interface PgliteConnection {
  /** Runs a statement. */
  query(...parameters: never[]): unknown
  /** Runs several. */
  exec(...parameters: never[]): unknown
}

/** A Drizzle database over pg, postgres.js or PGlite, or the `tx` of one of its transactions. */
export interface DrizzleConnection {
  /** Runs a statement. */
  execute(...parameters: never[]): unknown
  /** Runs work in a transaction. */
  transaction(...parameters: never[]): unknown
  /** What only Drizzle's databases for Postgres do. */
  refreshMaterializedView(...parameters: never[]): unknown
}

/** A `Kysely`, the one of a `connection()`, a `Transaction` or a `ControlledTransaction`, over Postgres. */
export interface KyselyConnection {
  /** Whether this is a transaction. */
  readonly isTransaction: boolean
  /** Gives what runs the queries. */
  getExecutor(): object
  /** Builds a transaction. */
  transaction(): object
}

/** A TypeORM `DataSource` of type `postgres`, or an `EntityManager` of one. */
export interface TypeormConnection {
  /** Runs a statement. */
  query(...parameters: never[]): unknown
  /** Runs work in a transaction. */
  transaction(...parameters: never[]): unknown
  /** Gives the repository of an entity. */
  getRepository(...parameters: never[]): unknown
}

/** A TypeORM `QueryRunner`. */
export interface TypeormRunner {
  /** Gives the connection of the driver. */
  connect(): unknown
  /** Begins a transaction, or a savepoint. */
  startTransaction(...parameters: never[]): unknown
  /** Ends it. */
  commitTransaction(): unknown
  /** Undoes it. */
  rollbackTransaction(): unknown
}

/** What histories are read through: whatever the application already uses. */
export type Connection =
  | PgConnection
  | PostgresConnection
  | PgliteConnection
  | DrizzleConnection
  | KyselyConnection
  | TypeormConnection
  | TypeormRunner

/** What a callback inside a transaction on `Db` gets: the library's own transaction handle. */
export type TransactionOf<Db extends Connection> = Db extends TypeormRunner
  ? Db
  : Db extends TypeormConnection
    ? Db extends { readonly manager: infer Manager }
      ? Manager
      : Db
    : Db extends KyselyConnection
      ? KyselyTransactionOf<Db>
      : Db extends { unsafe: unknown; release: unknown }
        ? Db // a reserved postgres.js connection, whose types promise a `begin` that it does not have
        : Db extends {
              begin: {
                (work: (tx: infer Tx) => unknown): unknown
                (options: string, work: (tx: infer Tx) => unknown): unknown
              }
            }
          ? Tx
          : Db extends { transaction(work: (tx: infer Tx) => Promise<unknown>): Promise<unknown> }
            ? Tx
            : Db extends { connect: { (): Promise<infer Client>; (callback: never): void }; totalCount: number }
              ? Client
              : Db

type KyselyTransactionOf<Db extends KyselyConnection> = Db extends { readonly isTransaction: true }
  ? Db
  : Db extends { transaction(): { execute(work: (tx: infer Tx) => Promise<unknown>): unknown } }
    ? Tx
    : Db
