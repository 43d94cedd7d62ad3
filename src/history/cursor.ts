import type { TextRow } from './handles/types.ts'

/** One connection, for a while. */
export interface Session {
  /** Runs a statement with parameters. */
  query(sql: string, parameters: readonly string[], signal?: AbortSignal): Promise<readonly TextRow[]>
  /** Runs a statement without any, unprepared: cursors of one name have rows of different shapes. */
  fetch(sql: string, signal?: AbortSignal): Promise<readonly TextRow[]>
}

/**
 * Reads the rows of a statement through a cursor, in batches: at no time are more in memory.
 *
 * @param hold whether there is no transaction around: the server then keeps the rows until the cursor is closed
 */
export async function* readCursor(
  session: Session,
  hold: boolean,
  sql: string,
  parameters: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<readonly TextRow[], void, undefined> {
  const name = takeName()
  try {
    await session.query(`declare ${name} no scroll cursor ${hold ? 'with hold ' : ''}for ${sql}`, parameters, signal)
    let lost = false
    try {
      while (true) {
        const rows = await session.fetch(`fetch forward ${batchSize} from ${name}`, signal)
        if (rows.length > 0) yield rows
        if (rows.length < batchSize) return
      }
    } catch (error) {
      lost = !signal?.aborted
      throw error
    } finally {
      if (!lost) await closeCursor(session, name)
    }
  } finally {
    taken.delete(name)
  }
}

const batchSize = 1000

/** A reader that leaves early may have failed its transaction, or ended it: the cursor is gone with it. */
const closeCursor = async (session: Session, name: string): Promise<void> => {
  try {
    await session.fetch(`close ${name}`)
  } catch (error) {
    if (!goneCodes.has((error as { code?: unknown }).code)) throw error
  }
}

/** `in_failed_sql_transaction`, `invalid_cursor_name` */
const goneCodes: ReadonlySet<unknown> = new Set(['25P02', '34000'])

/** Names of open cursors: two may be open on one connection. */
const taken = new Set<string>()

const takeName = (): string => {
  let n = 1
  while (taken.has(`versiongen_${n}`)) n++
  taken.add(`versiongen_${n}`)
  return `versiongen_${n}`
}
