import type { Executor } from './executor.ts'

interface Source {
  readonly executor: Executor
}

/** By what they were made of. */
const signalled = new WeakMap<Executor, Executor>()

/**
 * The same source, whose statements end when a signal aborts.
 *
 * @throws TypeError when `signal` is no AbortSignal.
 */
export const withSignal = <Any extends Source>(source: Any, signal: AbortSignal | undefined): Any => {
  if (signal === undefined) return source
  if (typeof signal?.throwIfAborted !== 'function') throw new TypeError('signal is an AbortSignal')
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
