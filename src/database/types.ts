/** The drivers a {@link Database} can run on. */
export type Driver = 'pg' | 'postgres' | 'pglite'

/**
 * One connection, and all this package asks of a driver.
 *
 * Values come back the same from every driver: `int2`, `int4`, `oid` as `number`; `int8`, `numeric`, `name`, `text` and
 * everything else as `string`; `bool` as `boolean`; `json` and `jsonb` parsed; arrays of these as arrays; null as `null`.
 * Whoever needs another type casts it to text in the SQL.
 */
export interface Database {
  readonly driver: Driver
  /** What to call this database in messages: host, port and name without any secret, or `shadow database`. */
  readonly label: string
  /** Runs one statement with parameters `$1`, `$2`, …; never leaves a named prepared statement behind. */
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>
  /** Runs several statements in one string (simple protocol), such as a migration. */
  script(sql: string): Promise<void>
  close(): Promise<void>
}
