import type { Executor } from './executor.ts'
import { leaveOnAbort } from './handles/abort.ts'
import { checkMoment, type NamedTable } from './named-tables.ts'
import { define } from './changes.ts'
import type { Moment } from './moment.ts'
import { createSnapshot } from './snapshot.ts'
import { settleMoment } from './transaction-at.ts'
import type { Abortable, Snapshot } from './types.ts'

/** Tables as they were at one moment. What an instant stands for is asked once for all that share a transaction table. */
export const createPast = (executor: Executor, tables: readonly NamedTable[], moment: Moment): object => {
  checkMoment(tables, moment)
  const ids = new Map<string, () => Promise<Moment>>()
  const past = {}
  for (const { name, table } of tables) {
    const settle = ids.get(table.transactions) ?? once(() => settleMoment(executor, table, moment))
    ids.set(table.transactions, settle)
    define(
      past,
      name,
      createLateSnapshot(async () => createSnapshot({ executor, table }, await settle())),
    )
  }
  return past
}

/** A failure is forgotten: who asks again may have more luck. */
const once = <Result>(work: () => Promise<Result>): (() => Promise<Result>) => {
  let result: Promise<Result> | undefined
  return () => {
    result ??= work().catch((error: unknown) => {
      result = undefined
      throw error
    })
    return result
  }
}

type AnySnapshot = Snapshot<object, object>

const createLateSnapshot = (open: () => Promise<AnySnapshot>): AnySnapshot => {
  const opened = ({ signal }: Abortable = {}) => leaveOnAbort(signal, open)
  return {
    all: async (options) => (await opened(options)).all(options),
    find: async (key, options) => (await opened(options)).find(key, options),
    count: async (filter) => (await opened(filter)).count(filter),
    stream: async function* (options) {
      yield* (await opened(options)).stream(options)
    },
  }
}
