import type { Executor } from './executor.ts'

interface Source {
  readonly executor: Executor
}

/** By what they were made of. */
const signalled = new WeakMap<Executor, Executor>()

/**
 * The same source, whose statements end when a signal aborts.
 *
 * @throws TypeError when `signal` is no AbortSignal, and its reason when it has aborted.
 */
export const withSignal = <Any extends Source>(source: Any, signal: AbortSignal | undefined): Any => {
  if (signal === undefined) return source
  if (typeof signal?.throwIfAborted !== 'function') throw new TypeError('signal is an AbortSignal')
  signal.throwIfAborted()
  const { executor } = source
  const bound: Executor = {
    query: (sql, parameters) => executor.query(sql, parameters, signal),
    stream: (sql, parameters) => executor.stream(sql, parameters, signal),
    transact: (work) => executor.transact(work),
  }
  signalled.set(bound, executor)
  return { ...source, executor: bound }
}

/** The source without its signal: what rows ask for later does not end with the call that gave them. */
export const withoutSignal = <Any extends Source>(source: Any): Any => {
  const executor = signalled.get(source.executor)
  return executor ? { ...source, executor } : source
}

/** Runs `work` in a transaction, which is rolled back when a signal aborts before it is committed. */
export const transactUnlessAborted = async <Result>(
  source: Source,
  signal: AbortSignal | undefined,
  work: (inside: Executor) => Promise<Result>,
): Promise<Result> => {
  const { executor } = withSignal(source, signal)
  return executor.transact(async (_, inside) => {
    const result = await work(withSignal({ executor: inside }, signal).executor)
    signal?.throwIfAborted()
    return result
  })
}
