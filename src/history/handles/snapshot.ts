import { readCursor, type Session } from '../cursor.ts'
import type { TextRow } from './types.ts'

/**
 * Reads through a cursor on a connection that is lent for it: in a transaction, so that a pooler in between keeps the
 * connection, and everything is read as of one moment.
 */
export async function* readInSnapshot(
  session: Session,
  sql: string,
  parameters: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly TextRow[], void, undefined> {
  await session.fetch('begin isolation level repeatable read read only')
  try {
    yield* readCursor(session, false, sql, parameters, signal)
  } finally {
    await session.fetch('rollback')
  }
}
