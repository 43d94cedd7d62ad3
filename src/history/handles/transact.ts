import type { Connection } from '../connection.ts'
import type { Executor, Run } from './types.ts'

/** What a driver may know of its transaction. */
interface Knowing {
  getTransactionStatus?(): string | null
}

/** Runs a transaction, or a savepoint of the one that is open, on a connection that has no call for it. */
export const transactBySql = async <Handle, T>(
  handle: Handle,
  run: Run,
  executorOf: (handle: Handle) => Executor,
  work: (tx: Connection, executor: Executor) => Promise<T>,
): Promise<T> => {
  const nested = await isInTransaction(handle as Knowing, run)
  await run(nested ? `savepoint ${savepoint}` : 'begin')
  try {
    const result = await work(handle as Connection, executorOf(handle))
    // Both fail when `work` hid an error; a commit alone would then silently roll back.
    await run(nested ? `release savepoint ${savepoint}` : 'select; commit')
    return result
  } catch (error) {
    try {
      await run(nested ? `rollback to savepoint ${savepoint}; release savepoint ${savepoint}` : 'rollback')
    } catch (rollbackError) {
      throw new AggregateError([error, rollbackError], 'a transaction failed and could not be rolled back', {
        cause: rollbackError,
      })
    }
    throw error
  }
}

const savepoint = 'versiongen'

/** Asks the driver where it knows, else the server: a savepoint exists only inside a transaction. */
export const isInTransaction = async (client: Knowing, run: Run): Promise<boolean> => {
  const status = typeof client.getTransactionStatus === 'function' ? client.getTransactionStatus() : null
  if (status !== null && status !== undefined) return status !== 'I'
  try {
    await run(`savepoint ${savepoint}`)
  } catch (error) {
    if ((error as { code?: unknown }).code === noActiveTransaction) return false
    throw error
  }
  await run(`release savepoint ${savepoint}`)
  return true
}

const noActiveTransaction = '25P01'
