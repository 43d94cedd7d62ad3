import type { Connection } from '../connection.ts'
import { readCursor, type Session } from '../cursor.ts'
import { leaveLoopOnAbort, leaveOnAbort } from './abort.ts'
import { parseRecord, selectRecords } from './record-text.ts'
import { has } from './shape.ts'
import { readInSnapshot } from './snapshot.ts'
import { isInTransaction, transactBySql } from './transact.ts'
import type { Executor, TextRow } from './types.ts'

interface KyselyDatabase {
  readonly isTransaction: boolean
  getExecutor(): {
    provideConnection<T>(work: (connection: KyselyConnection) => Promise<T>): Promise<T>
  }
  transaction(): { execute<T>(work: (tx: KyselyDatabase) => Promise<T>): Promise<T> }
}

interface KyselyConnection {
  executeQuery(query: CompiledQuery): Promise<{ readonly rows: readonly object[] }>
}

interface CompiledQuery {
  readonly sql: string
  readonly parameters: readonly string[]
  readonly query: {
    readonly kind: 'RawNode'
    readonly sqlFragments: readonly string[]
    readonly parameters: readonly []
  }
  readonly queryId: { readonly queryId: string }
}

export const isKysely = (handle: unknown): handle is KyselyDatabase =>
  has(handle, 'getExecutor', 'transaction', 'selectFrom') &&
  typeof (handle as { isTransaction?: unknown }).isTransaction === 'boolean'

/** Below its plugins, which change rows, and above its log, in which statements show. */
const execute = async (
  connection: KyselyConnection,
  sql: string,
  parameters: readonly string[] = [],
): Promise<readonly object[]> => {
  const query = { kind: 'RawNode', sqlFragments: [sql], parameters: [] } as const
  const { rows } = await connection.executeQuery({ sql, parameters, query, queryId: { queryId: 'versiongen' } })
  return rows
}

const toTextRows = (rows: readonly object[]): readonly TextRow[] =>
  rows.map((row) => parseRecord(String(Object.values(row)[0])))

/** Kysely's connections have no way to stop a statement: it ends in its own time, and then its connection is free. */
export const kyselyExecutor = (db: KyselyDatabase): Executor => {
  const provide = <T>(work: (connection: KyselyConnection) => Promise<T>) => db.getExecutor().provideConnection(work)
  const run = (sql: string) => provide((connection) => execute(connection, sql))
  const session: Session = {
    query: async (sql, parameters) => toTextRows(await provide((connection) => execute(connection, sql, parameters))),
    fetch: async (sql) => toTextRows(await run(sql)),
  }
  return {
    query: (sql, parameters, signal) => leaveOnAbort(signal, () => session.query(selectRecords(sql), parameters)),
    stream: (sql, parameters, signal) =>
      leaveLoopOnAbort(
        signal,
        (async function* () {
          const records = selectRecords(sql)
          if (db.isTransaction) yield* readCursor(session, false, records, parameters)
          else if (await isSingle(db))
            yield* readCursor(session, !(await isInTransaction({}, run)), records, parameters)
          else yield* streamFrom(provide, records, parameters)
        })(),
      ),
    transact: async (work) => {
      if (db.isTransaction || ((await isSingle(db)) && (await isInTransaction({}, run)))) {
        return transactBySql(db, run, kyselyExecutor, work)
      }
      return db.transaction().execute(async (tx) => {
        const executor = kyselyExecutor(tx)
        const result = await work(tx as unknown as Connection, executor)
        await executor.query('select', []) // fails when `work` hid an error: a commit would then silently roll back
        return result
      })
    },
  }
}

/**
 * Whether this is the `db` of a `connection().execute(…)`. Only that has its connection at hand, and gives it at once, when
 * nothing else runs on it.
 */
const isSingle = async (db: KyselyDatabase): Promise<boolean> => {
  const executor = db.getExecutor()
  await executor.provideConnection(async () => {})
  let atOnce = false
  const provided = executor.provideConnection(async () => void (atOnce = true))
  const single = atOnce
  await provided
  return single
}

/** Keeps a connection until the loop ends. */
async function* streamFrom(
  provide: <T>(work: (connection: KyselyConnection) => Promise<T>) => Promise<T>,
  sql: string,
  parameters: readonly string[],
): AsyncGenerator<readonly TextRow[], void, undefined> {
  let release = (): void => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  let provided: Promise<void> | undefined
  const connection = await new Promise<KyselyConnection>((resolve, reject) => {
    provided = provide((given) => {
      resolve(given)
      return released
    })
    provided.catch(reject)
  })
  try {
    const session: Session = {
      query: async (text, values) => toTextRows(await execute(connection, text, values)),
      fetch: async (text) => toTextRows(await execute(connection, text)),
    }
    yield* readInSnapshot(session, sql, parameters, undefined)
  } finally {
    release()
    await provided
  }
}
