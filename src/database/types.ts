/** The drivers a {@link Database} can run on. */
export type Driver = 'pg' | 'postgres' | 'pglite'

/**
 * One connection, and all this package asks of a driver.
 *
 * Values come back the same from every driver: `int2`, `int4`, `oid` as `number`; `bool` as `boolean`; `json` and `jsonb`
 * parsed; arrays of the types that come with Postgres as arrays, nested as they are; null as `null`; everything else, so
 * also `int8`, `numeric`, dates, `int2vector` and arrays of user-defined types, as the `string` Postgres writes for it.
 * Whoever needs another type casts it to text in the SQL.
 */
export interface Database {
  readonly driver: Driver
  /** What to call this database in messages: host, port and name without any secret, or `shadow database`. */
  readonly label: string
  /** Whether queries are sent on before the answers to earlier ones are there. */
  readonly pipelines?: boolean
  /**
   * Runs one statement with parameters `$1`, `$2`, …; never leaves a named prepared statement behind. A parameter is
   * written as its text: an array as an array constant, a plain object as JSON, a `Date` as an instant, bytes as `bytea`.
   *
   * @throws {QueryError} with the SQLSTATE and the position, when the server refuses the statement.
   */
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>
  /** Runs several statements in one string (simple protocol), such as a migration. @throws {QueryError} */
  script(sql: string): Promise<void>
  close(): Promise<void>
}
