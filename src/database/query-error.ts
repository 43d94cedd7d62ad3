import { VersiongenError } from '../errors.ts'

/** What the server said no to. The message is the server's own, with its detail. */
export class QueryError extends VersiongenError {
  /** The five characters of the SQLSTATE, such as `42P01`. */
  readonly sqlState: string
  /** 1-based, in characters (code points) of the text that was sent; undefined when the server names no place. */
  readonly position: number | undefined
  /** The server's message alone. */
  readonly serverMessage: string

  constructor(reply: ServerError, label: string) {
    const hint = hints[reply.routine ?? ''] ?? reply.hint
    const detail = reply.detail ? ` (${oneLine(reply.detail)})` : ''
    super(codeOf(reply.code), `${label}: ${oneLine(reply.message)}${detail}`, {
      ...(hint ? { hint: oneLine(hint) } : {}),
      cause: reply,
    })
    this.name = 'QueryError'
    this.sqlState = reply.code
    this.position = reply.position === undefined ? undefined : Number(reply.position)
    this.serverMessage = reply.message
  }
}

/** What to do about it rather than what the server says, by the function of the server that says so. */
const hints: Readonly<Record<string, string>> = {
  check_enable_rls:
    'all rows have to be seen: connect as a role with BYPASSRLS or, where row security is not forced, as the owner',
}

/** The shape in which all three drivers report what the server said. */
export interface ServerError extends Error {
  readonly code: string
  readonly severity: string
  readonly position?: string
  readonly detail?: string
  readonly hint?: string
  readonly routine?: string
}

export const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error &&
  'severity' in error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^[0-9A-Z]{5}$/.test(error.code)

/** What a driver threw while it ran a statement, as an error of this package. */
export const toQueryError = (error: unknown, label: string): VersiongenError => {
  if (error instanceof VersiongenError) return error
  if (isServerError(error) && !error.code.startsWith('57P')) return new QueryError(error, label)
  const message = error instanceof Error ? error.message : String(error)
  return new VersiongenError('database-unreachable', `the connection to ${label} was lost: ${oneLine(message)}`, {
    hint: 'run the command again once the server is back',
    cause: error,
  })
}

/** SQLSTATE classes that mean something a caller can act on; the rest is `database-query`. */
const codeOf = (sqlState: string): string => {
  if (sqlState === '42501') return 'database-permission'
  if (sqlState === '57014') return 'database-timeout'
  return 'database-query'
}

export const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ').trim()
