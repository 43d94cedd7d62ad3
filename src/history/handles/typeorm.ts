import type { Connection } from '../connection.ts'
import { isPgClient, isPgPool, pgClientExecutor, pgPoolExecutor } from './pg.ts'
import { describe, has } from './shape.ts'
import type { DriverExecutor, Executor } from './types.ts'

interface TypeormRunner {
  readonly isTransactionActive: boolean
  readonly manager: TypeormManager
  connect(): Promise<unknown>
  startTransaction(): Promise<void>
  commitTransaction(): Promise<void>
  rollbackTransaction(): Promise<void>
}

interface TypeormManager {
  readonly queryRunner?: TypeormRunner | undefined
  transaction<T>(work: (manager: TypeormManager) => Promise<T>): Promise<T>
}

interface TypeormDataSource {
  readonly manager: TypeormManager
  readonly driver: { readonly master?: unknown }
  readonly logger?: TypeormLogger
}

interface TypeormLogger {
  logQuery?(sql: string, parameters: readonly unknown[], runner?: unknown): unknown
}

const isRunner = (handle: unknown): handle is TypeormRunner =>
  has(handle, 'connect', 'startTransaction', 'commitTransaction', 'rollbackTransaction')
const isDataSource = (handle: unknown): handle is TypeormDataSource =>
  has(handle, 'createQueryRunner', 'transaction', 'getRepository')
const isManager = (handle: unknown): handle is TypeormManager =>
  has(handle, 'transaction', 'query', 'getRepository') && dataSourceOf(handle) !== undefined

/** Named `connection` before TypeORM 1. */
const dataSourceOf = (handle: unknown): TypeormDataSource | undefined => {
  const { dataSource, connection } = handle as { readonly dataSource?: unknown; readonly connection?: unknown }
  return [dataSource, connection].find(isDataSource)
}

export const isTypeorm = (handle: unknown): handle is TypeormRunner | TypeormDataSource | TypeormManager =>
  isRunner(handle) || isDataSource(handle) || isManager(handle)

/**
 * Asks the pg client under TypeORM, which its query runners hand out; statements show in TypeORM's log.
 *
 * @throws TypeError when the data source is not one of pg, or not initialized.
 */
export const typeormExecutor = (handle: TypeormRunner | TypeormDataSource | TypeormManager): Executor => {
  if (isRunner(handle)) return runnerExecutor(handle, handle)
  const manager = isDataSource(handle) ? handle.manager : handle
  if (manager.queryRunner) return runnerExecutor(manager.queryRunner, manager)

  const source = isDataSource(handle) ? handle : dataSourceOf(handle)
  const pool = source?.driver.master
  if (!isPgPool(pool)) {
    throw new TypeError(
      'not a database connection: expected an initialized TypeORM DataSource of type postgres, ' +
        `got one over ${describe(pool)}`,
    )
  }
  const reader = pgPoolExecutor(pool)
  const log = logOf(source)
  return {
    query: async (sql, parameters, signal) => {
      signal?.throwIfAborted()
      log(sql, parameters)
      return reader.query(sql, parameters, signal)
    },
    stream: async function* (sql, parameters, signal) {
      signal?.throwIfAborted()
      log(sql, parameters)
      yield* reader.stream(sql, parameters, signal)
    },
    transact: (work) => manager.transaction((tx) => workIn(typeormExecutor(tx), tx, work)),
  }
}

/** @param handle what the caller holds: the runner, or its manager */
const runnerExecutor = (runner: TypeormRunner, handle: TypeormRunner | TypeormManager): Executor => {
  const log = logOf(dataSourceOf(runner))
  const connect = async (): Promise<DriverExecutor> => {
    const client = await runner.connect()
    if (isPgClient(client)) return pgClientExecutor(client)
    throw new TypeError(
      `not a database connection: expected a TypeORM QueryRunner of pg, got one of ${describe(client)}`,
    )
  }
  return {
    query: async (sql, parameters, signal) => {
      signal?.throwIfAborted()
      const client = await connect()
      log(sql, parameters, runner)
      return client.query(sql, parameters, signal)
    },
    stream: async function* (sql, parameters, signal) {
      signal?.throwIfAborted()
      const client = await connect()
      log(sql, parameters, runner)
      yield* client.stream(sql, parameters, signal)
    },
    transact: async (work) => {
      const client = await connect()
      const executor = runnerExecutor(runner, handle)
      if (!runner.isTransactionActive && (await client.isOpen())) {
        // Begun by hand, which TypeORM does not know: it would commit what is not its own.
        return client.transact(() => work(handle as unknown as Connection, executor))
      }
      await runner.startTransaction()
      try {
        const result = await workIn(executor, handle, work)
        await runner.commitTransaction()
        return result
      } catch (error) {
        try {
          await runner.rollbackTransaction()
        } catch (rollbackError) {
          throw new AggregateError([error, rollbackError], 'a transaction failed and could not be rolled back', {
            cause: rollbackError,
          })
        }
        throw error
      }
    },
  }
}

const workIn = async <T>(
  executor: Executor,
  tx: TypeormRunner | TypeormManager,
  work: (tx: Connection, executor: Executor) => Promise<T>,
): Promise<T> => {
  const result = await work(tx as unknown as Connection, executor)
  await executor.query('select', []) // fails when `work` hid an error: a commit would then silently roll back
  return result
}

const logOf =
  (source: TypeormDataSource | undefined) =>
  (sql: string, parameters: readonly string[], runner?: TypeormRunner): void =>
    void source?.logger?.logQuery?.(sql, [...parameters], runner)
