import { tables } from './tables.ts'

/** What `pg` and PGlite both say about an error of the server. */
interface ServerError {
  readonly code: string
  readonly table?: string
}

/** Unique, foreign key and not-null violations. */
const constraintCodes: ReadonlySet<string> = new Set(['23505', '23503', '23502'])

/** Serialization failure. */
const serializationCode = '40001'
const deadlockCode = '40P01'

const historyTables: ReadonlySet<string> = new Set([...tables.map(({ version }) => version.name), 'transaction'])

const asServerError = (error: unknown): ServerError | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? (error as ServerError) : undefined

/** Whether the server refused a write of the base table for a reason that has nothing to do with history. */
export const isRefusal = (error: unknown): boolean => {
  const server = asServerError(error)
  return server !== undefined && constraintCodes.has(server.code) && !historyTables.has(server.table ?? '')
}

export const isSerializationFailure = (error: unknown): boolean => asServerError(error)?.code === serializationCode
export const isDeadlock = (error: unknown): boolean => asServerError(error)?.code === deadlockCode
