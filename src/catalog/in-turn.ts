import { setImmediate } from 'node:timers/promises'
import type { Database } from '../database/types.ts'

/** Asks a question of the database as soon as the one before it is answered, without waiting for what is made of the answer. */
export type Ask = <Row extends object>(sql: string) => Promise<readonly Row[]>

/**
 * Lets the server work on the next query while its last answer is looked at here. A driver that pipelines is given all of
 * them at once, so that the server goes on while this thread is busy; of any other, one query runs at a time, and after one
 * that fails none is sent. Either way all later answers fail with the error of the first.
 */
export const askInTurn = (db: Database): Ask => {
  let last: Promise<unknown> = Promise.resolve()
  return <Row extends object>(sql: string) => {
    const answer =
      db.pipelines === true
        ? Promise.all([last, db.query<Row>(sql)]).then(([, rows]) => rows)
        : last.then(() => db.query<Row>(sql))
    last = answer
    return answer
  }
}

/** Builds something when all its ingredients are there, and after the driver had its chance to send the next query. */
export const whenAll = async <Ingredients extends readonly unknown[], Result>(
  promises: { readonly [Key in keyof Ingredients]: Promise<Ingredients[Key]> },
  build: (...ingredients: Ingredients) => Result,
): Promise<Result> => {
  const ingredients = (await Promise.all(promises)) as unknown as Ingredients
  await setImmediate()
  return build(...ingredients)
}
