import type { Connection, TransactionOf } from './connection.ts'
import { toExecutor } from './executor.ts'
import { describe } from './handles/shape.ts'
import type { Json } from './types.ts'

/** Who writes. Kept with every transaction that changes a versioned table. */
export interface Actor {
  /** Undefined: as it was; null: nobody. */
  readonly userId?: string | number | bigint | null | undefined
  /** Undefined: as it was; null: unknown. */
  readonly remoteAddr?: string | null | undefined
  /**
   * Anything else to keep, where the transaction table has a column `meta` and the triggers know of it; elsewhere it is
   * dropped without a word. Undefined: as it was; null: nothing.
   */
  readonly meta?: Json | undefined
}

/**
 * Runs `work` in a transaction whose writes are recorded under an actor; inside an open transaction, in a savepoint of it.
 * The settings are local to the transaction, so a pooler in between does no harm. Calls nest: afterwards the actor is
 * again who it was. But a transaction of the database is recorded under one actor, the one that holds when it first writes
 * to a table with history: who writes later, in a nested call, is not named. For two actors, take two transactions.
 *
 * Await one call before the next on the same transaction: savepoints cannot overlap, and in a `Promise.all` a call that
 * fails takes rows with it that others wrote, though they resolved.
 *
 * @param db a pg Client, Pool or PoolClient, a postgres.js sql or transaction, a PGlite or its transaction, or a handle of
 * Drizzle, Kysely or TypeORM
 * @param work gets the transaction, as the driver or library calls it: write and read through that
 * @returns what `work` returns, once it is committed. When `work` throws, everything it did is rolled back.
 * @throws TypeError when `db` is none of those, or `actor` is no object.
 *
 * @example
 * ```ts
 * import pg from 'pg'
 * import { withActor } from 'versiongen/history'
 *
 * const pool = new pg.Pool()
 * await withActor(pool, { userId: 'eve', remoteAddr: '192.0.2.1' }, async (tx) => {
 *   await tx.query(`update mine set mine_name = 'Brule' where mine_no = 'B1'`)
 * })
 * ```
 */
export const withActor = async <Db extends Connection, Result>(
  db: Db,
  actor: Actor,
  work: (tx: TransactionOf<Db>) => Promise<Result>,
): Promise<Result> => {
  if (typeof actor !== 'object' || actor === null) {
    throw new TypeError(`an actor is an object such as { userId: 'eve' }, got ${describe(actor)}`)
  }
  return toExecutor(db).transact(async (tx, executor) => {
    const settings = Object.entries({
      user_id: actor.userId,
      remote_addr: actor.remoteAddr,
      meta: actor.meta == null ? actor.meta : JSON.stringify(actor.meta),
    }).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name: `versiongen.${name}`, value: String(value ?? '') }],
    )
    if (settings.length === 0) return work(tx as TransactionOf<Db>)

    const [before] = await executor.query(
      `select ${settings.map(({ name }) => `coalesce(current_setting('${name}', true), '')`).join(', ')}`,
      [],
    )
    const set = (values: readonly string[]) =>
      executor.query(
        `select ${settings.map(({ name }, i) => `set_config('${name}', $${i + 1}::text, true)`).join(', ')}`,
        values,
      )
    await set(settings.map(({ value }) => value))
    const result = await work(tx as TransactionOf<Db>)
    // A rollback restores them by itself, and a commit forgets them: this is for the rest of an outer transaction.
    await set(settings.map((_, i) => before?.[i] ?? ''))
    return result
  })
}

/** {@link withActor} under the actor of the moment. */
export type WithCurrentActor = <Db extends Connection, Result>(
  db: Db,
  work: (tx: TransactionOf<Db>) => Promise<Result>,
) => Promise<Result>

/**
 * Makes a {@link withActor} that finds the actor by itself, in an `AsyncLocalStorage`, the context of a request, or
 * wherever the application keeps who is signed in. Say once where; then no function has to hand the actor on.
 *
 * @param current is asked before each transaction; undefined or null: nobody is named, and the actor is whoever it was.
 * What it throws is thrown, and nothing is begun: so it can insist on an actor.
 *
 * @example
 * ```ts
 * import { AsyncLocalStorage } from 'node:async_hooks'
 * import pg from 'pg'
 * import { type Actor, actorFrom } from 'versiongen/history'
 *
 * const actors = new AsyncLocalStorage<Actor>()
 * const transact = actorFrom(() => actors.getStore())
 *
 * const pool = new pg.Pool()
 * const rename = () => transact(pool, (tx) => tx.query(`update mine set mine_name = 'Brule' where mine_no = 'B1'`))
 * await actors.run({ userId: 'eve' }, rename)
 * ```
 */
export const actorFrom =
  (current: () => Actor | null | undefined | Promise<Actor | null | undefined>): WithCurrentActor =>
  async (db, work) =>
    withActor(db, (await current()) ?? {}, work)
