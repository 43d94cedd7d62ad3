import type { Connection } from './connection.ts'
import type { TableDescriptor } from './descriptor.ts'
import { toExecutor } from './executor.ts'
import { checkTransactionId, toMoment } from './moment.ts'
import { createRecordHistory, readTransactionChanges } from './record.ts'
import { withSignal } from './signal.ts'
import { createSnapshot } from './snapshot.ts'
import { streamChanges } from './stream.ts'
import { encodeInstance, encodeKey, prepareTable } from './table.ts'
import type { History, KeyRead, None } from './types.ts'
import { verifyChains } from './verify.ts'

/**
 * The history of the table that a descriptor describes. Generated accessors call it; applications call those.
 *
 * @param db what the application uses anyway: queries run where it would run them, in its transaction if it is one
 * @throws TypeError when `db` is no supported connection.
 */
export const createHistory = <
  Key extends object,
  Data extends object,
  Instance extends object = Key,
  Input extends object = None,
  Related extends object = None,
>(
  db: Connection,
  descriptor: TableDescriptor,
): History<Key, Data, Instance, Input, Related> => {
  const source = { executor: toExecutor(db), table: prepareTable(descriptor) }
  const record = async (key: Key) => createRecordHistory<Key, Data, Related>(source, encodeKey(source.table, key))
  return {
    versions: async (key, options) => (await record(key)).versions(options),
    of: (instance) => createRecordHistory(source, encodeInstance(source.table, instance)),
    at: async (key, when, options) => (await record(key)).at(when, options),
    current: async (key, options) => (await record(key)).current(options),
    count: async (key, options) => (await record(key)).count(options),
    diff: async (key, before, after, options) => (await record(key)).diff(before, after, options),
    changesOf: async (key, column, options) => (await record(key)).changesOf(column, options),
    blame: async (key, when, options) => (await record(key)).blame(when, options),
    asOf: (when) => createSnapshot(source, toMoment(when)),
    stream: (options) => streamChanges(source, options),
    verify: async function* ({ signal } = {}) {
      yield* verifyChains<KeyRead<Key, Data>>(withSignal(source, signal))
    },
    transaction: async (id, { signal } = {}) =>
      readTransactionChanges(withSignal(source, signal), checkTransactionId(id)),
  }
}
