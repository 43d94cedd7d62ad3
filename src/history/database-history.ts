import type { Connection } from './connection.ts'
import type { DatabaseHistory, NameIn, Past, TablesOption } from './database-types.ts'
import type { TableDescriptor } from './descriptor.ts'
import { toExecutor } from './executor.ts'
import { checkTransactionId, toMoment } from './moment.ts'
import { chooseTables, nameTables } from './named-tables.ts'
import { createPast } from './past.ts'
import { withSignal } from './signal.ts'
import type { Abortable } from './types.ts'

/**
 * The histories of several tables together. The generated `index.ts` calls it; applications call that.
 *
 * @param db what the application uses anyway: queries run where it would run them, in its transaction if it is one
 * @param descriptors by the names that tables go by in results and options
 * @throws TypeError when `db` is no supported connection.
 */
export const createHistories = <Tables extends object>(
  db: Connection,
  descriptors: { readonly [Name in keyof Tables]: TableDescriptor },
): DatabaseHistory<Tables> => {
  const source = { executor: toExecutor(db) }
  const all = nameTables(descriptors)
  // What many programs never ask for is loaded when it is asked for, so that importing histories stays quick.
  return {
    at: (when, { tables } = {}) =>
      createPast(source.executor, chooseTables(all, tables), toMoment(when)) as Past<Tables>,
    transaction: async (id, { tables, signal } = {}) => {
      const { readDatabaseTransaction } = await import('./timeline.ts')
      return readDatabaseTransaction(withSignal(source, signal), chooseTables(all, tables), checkTransactionId(id))
    },
    timeline: async ({ tables, signal, ...options } = {}) => {
      const { readTimeline } = await import('./timeline.ts')
      return readTimeline(withSignal(source, signal), chooseTables(all, tables), options)
    },
    undoTransaction: async (id, { tables, ...options } = {}) => {
      const { undoTransaction } = await import('./undo.ts')
      return undoTransaction(source.executor, chooseTables(all, tables), checkTransactionId(id), options)
    },
    verify: async function* <Name extends NameIn<Tables>>({ tables, signal }: TablesOption<Name> & Abortable = {}) {
      const { verifyTables } = await import('./verify.ts')
      yield* verifyTables<Tables, Name>(withSignal(source, signal), chooseTables(all, tables))
    },
  }
}
