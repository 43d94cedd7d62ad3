import type { Connection } from '../connection.ts'

/** A row as it travels: every column as Postgres text, or null. */
export type TextRow = readonly (string | null)[]

/** All that histories ask of a handle. */
export interface Executor {
  /**
   * Runs one statement, in the transaction that the handle is in, if it is in one. Parameters go as text; the statement
   * casts every column it returns to text.
   *
   * @param signal when it aborts, the server is asked to stop, where the driver can, and the promise rejects with its reason
   */
  query(sql: string, parameters: readonly string[], signal?: AbortSignal): Promise<readonly TextRow[]>
  /** Runs one statement like {@link query}, and gives its rows in batches: at no time are all of them in memory. */
  stream(
    sql: string,
    parameters: readonly string[],
    signal?: AbortSignal,
  ): AsyncGenerator<readonly TextRow[], void, undefined>
  /**
   * Runs `work` in a transaction on one connection; inside an open transaction, in a savepoint of it. Commits when `work`
   * resolves, rolls back when it rejects.
   *
   * @param work gets a handle of the same library
   */
  transact<T>(work: (tx: Connection, executor: Executor) => Promise<T>): Promise<T>
}

/** An executor over a driver. What is built on drivers asks a little more. */
export interface DriverExecutor extends Executor {
  /** Whether this is a connection with a transaction open that the caller began: a new one must not be begun on it. */
  isOpen(): Promise<boolean>
}

/** Runs statements without parameters or results. */
export type Run = (sql: string) => Promise<unknown>
