import type { Connection } from '../connection.ts'
import { readCursor, type Session } from '../cursor.ts'
import { leaveLoopOnAbort, leaveOnAbort } from './abort.ts'
import { has } from './shape.ts'
import { isInTransaction, transactBySql } from './transact.ts'
import type { DriverExecutor, TextRow } from './types.ts'

interface Pglite {
  query(
    sql: string,
    parameters: readonly string[],
    options: { rowMode: 'array'; parsers: Record<number, (text: string) => string> },
  ): Promise<{ readonly rows: readonly TextRow[] }>
  exec(sql: string): Promise<unknown>
  transaction?<T>(work: (tx: Pglite) => Promise<T>): Promise<T>
}

export const isPglite = (handle: unknown): handle is Pglite => has(handle, 'query', 'exec') && !has(handle, 'connect')

const textOid = 25

const pgliteQuery = async (db: Pglite, sql: string, parameters: readonly string[]): Promise<readonly TextRow[]> =>
  (await db.query(sql, parameters, { rowMode: 'array', parsers: { [textOid]: (text) => text } })).rows

const pgliteSession = (db: Pglite): Session => ({
  query: (sql, parameters) => pgliteQuery(db, sql, parameters),
  fetch: (sql) => pgliteQuery(db, sql, []),
})

/** PGlite has no way to stop a statement: it ends in its own time, before the next. */
export const pgliteExecutor = (db: Pglite): DriverExecutor => {
  const run = (sql: string) => db.exec(sql)
  const isOpen = async () => db.transaction === undefined || (await isInTransaction({}, run))
  return {
    query: (sql, parameters, signal) => leaveOnAbort(signal, () => pgliteQuery(db, sql, parameters)),
    stream: (sql, parameters, signal) =>
      leaveLoopOnAbort(
        signal,
        (async function* () {
          yield* readCursor(pgliteSession(db), !(await isOpen()), sql, parameters)
        })(),
      ),
    transact: async (work) => {
      if (!db.transaction || (await isOpen())) return transactBySql(db, run, pgliteExecutor, work)
      return db.transaction(async (tx) => {
        const result = await work(tx as unknown as Connection, pgliteExecutor(tx))
        await tx.exec('select') // fails when `work` hid an error: a commit would then silently roll back
        return result
      })
    },
    isOpen,
  }
}
