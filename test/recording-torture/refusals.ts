/** What `pg` and PGlite both say about an error of the server. */
interface ServerError {
  readonly code: string
  /** The functions it happened in. */
  readonly where?: string
}

/** Unique, foreign key and not-null violations; a row that one MERGE or upsert meets twice. */
const refusalCodes: ReadonlySet<string> = new Set(['23505', '23503', '23502', '21000'])

/** Serialization failure. */
const serializationCode = '40001'
const deadlockCode = '40P01'

const asServerError = (error: unknown): ServerError | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? (error as ServerError) : undefined

/** Whether the server refused a write of the base table for a reason that has nothing to do with history. */
export const isRefusal = (error: unknown): boolean => {
  const server = asServerError(error)
  return server !== undefined && refusalCodes.has(server.code) && !server.where?.includes('PL/pgSQL')
}

export const isSerializationFailure = (error: unknown): boolean => asServerError(error)?.code === serializationCode
/** TRUNCATE of rows that an older snapshot may not see. */
export const isTruncateRefusal = (error: unknown): boolean => asServerError(error)?.code === '0A000'
export const isDeadlock = (error: unknown): boolean => asServerError(error)?.code === deadlockCode
