/** A pg `Client`, `Pool` or `PoolClient`. Said by shape, so that this package needs no driver's types. */
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

/** What histories are read through: whatever the application already uses. */
export type Connection = PgConnection | PostgresConnection | PgliteConnection

/** What a callback inside a transaction on `Db` gets: the driver's own transaction handle. */
export type TransactionOf<Db extends Connection> = Db extends { unsafe: unknown; release: unknown }
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
