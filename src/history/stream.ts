import { stateOf } from './changes.ts'
import { toMoment } from './moment.ts'
import { createReader } from './record.ts'
import type { Source } from './tied.ts'
import { selectChanges } from './select-changes.ts'
import { withSignal } from './signal.ts'
import { readOperation, readRow, selectedLength, storedKey } from './table.ts'
import type { Columns, RowChange, StreamOptions } from './types.ts'
import { RecordChange } from './version.ts'

/** All changes of a table, in the order they were made. */
export async function* streamChanges<
  Key extends object,
  Data extends object,
  Input extends object,
  Related extends object,
>(
  source: Source,
  { since, until, userId, where, signal }: StreamOptions<Columns<Data, Input>> = {},
): AsyncGenerator<RowChange<Key, Data, Related>, void, undefined> {
  const { executor, table } = withSignal(source, signal)
  const statement = selectChanges(table, {
    since: since === undefined ? undefined : toMoment(since),
    until: until === undefined ? undefined : toMoment(until),
    userId: userId === undefined ? undefined : String(userId),
    where,
  })
  const end = selectedLength(table)
  for await (const rows of executor.stream(...statement)) {
    for (const row of rows) {
      signal?.throwIfAborted()
      const stored = readRow(table, row)
      const [operation, ...texts] = row.slice(end)
      const { transaction } = stored
      const before =
        operation == null ? undefined : stateOf({ texts, operation: readOperation(table, operation), transaction })
      const reader = createReader<Key, Data, Related>(source, storedKey(table, stored.texts), new Map())
      yield new RecordChange<Key, Data, Related>(table, stored, before, undefined, reader)
    }
  }
}
