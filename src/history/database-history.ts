import type { Connection } from './connection.ts'
import type { DatabaseHistory, NameIn, Past, TablesOption } from './database-types.ts'
import type { TableDescriptor } from './descriptor.ts'
import { toExecutor } from './executor.ts'
import { checkTransactionId, toMoment } from './moment.ts'
import { chooseTables, nameTables } from './named-tables.ts'
import { createPast } from './past.ts'
import { withSignal } from './signal.ts'
import { readDatabaseTransaction, readTimeline } from './timeline.ts'
import type { Abortable } from './types.ts'
import { undoTransaction } from './undo.ts'
import { verifyTables } from './verify.ts'

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
  return {
    at: (when, { tables } = {}) =>
      createPast(source.executor, chooseTables(all, tables), toMoment(when)) as Past<Tables>,
    transaction: async (id, { tables, signal } = {}) =>
      readDatabaseTransaction(withSignal(source, signal), chooseTables(all, tables), checkTransactionId(id)),
    timeline: async ({ tables, signal, ...options } = {}) =>
      readTimeline(withSignal(source, signal), chooseTables(all, tables), options),
    undoTransaction: async (id, { tables, ...options } = {}) =>
      undoTransaction(source.executor, chooseTables(all, tables), checkTransactionId(id), options),
    verify: async function* <Name extends NameIn<Tables>>({ tables, signal }: TablesOption<Name> & Abortable = {}) {
      yield* verifyTables<Tables, Name>(withSignal(source, signal), chooseTables(all, tables))
    },
  }
}
