import { literal } from '../sql/quote.ts'
import type { Database } from './types.ts'

export interface Session {
  /** The schemas of the connection's own search path that exist, in order, system schemas left out. */
  readonly searchPath: readonly string[]
}

/** What makes every name come back qualified and every constant in one form, whatever the role's own settings. */
const settings: readonly (readonly [name: string, value: string])[] = [
  ['search_path', 'pg_catalog'],
  ['datestyle', 'ISO, YMD'],
  ['intervalstyle', 'postgres'],
  ['timezone', 'UTC'],
  ['bytea_output', 'hex'],
  ['extra_float_digits', '1'],
  ['quote_all_identifiers', 'off'],
  ['lock_timeout', '0'],
  // Rows that a policy hides would look as if they were gone: this makes it an error.
  ['row_security', 'off'],
]

/**
 * Runs read-only work in one repeatable-read transaction: every query sees the same instant. The settings last for that
 * transaction, so that a transaction-mode pooler hands on a clean session. The search path is `pg_catalog`: functions
 * such as `format_type` and `pg_get_expr` then qualify every other name.
 *
 * @param statementTimeout of each query, in seconds; 0 for none
 */
export const inSnapshot = async <Result>(
  db: Database,
  work: (session: Session) => Promise<Result>,
  options: { readonly statementTimeout?: number } = {},
): Promise<Result> => {
  try {
    const result = await work(await openSnapshot(db, options))
    await db.script('commit')
    return result
  } catch (error) {
    await rollBack(db)
    throw error
  }
}

/** Begins the transaction of {@link inSnapshot}, for whoever ends it by closing the connection. */
export const openSnapshot = async (
  db: Database,
  { statementTimeout = 120 }: { readonly statementTimeout?: number } = {},
): Promise<Session> => {
  await db.script('begin isolation level repeatable read read only')
  const [path] = await db.query<Session>('select pg_catalog.current_schemas(false) as "searchPath"')
  await db.query(setLocally([...settings, ['statement_timeout', `${statementTimeout}s`]]))
  return { searchPath: path?.searchPath ?? [] }
}

const setLocally = (pairs: readonly (readonly [string, string])[]): string =>
  `select ${pairs.map(([name, value]) => `pg_catalog.set_config(${literal(name)}, ${literal(value)}, true)`).join(', ')}`

/** The error that led here is the one to report: with the connection gone, so is the transaction. */
const rollBack = async (db: Database): Promise<void> => {
  try {
    await db.script('rollback')
  } catch {
    return
  }
}
