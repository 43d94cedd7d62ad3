import { VersiongenError } from '../errors.ts'
import { isServerError, oneLine } from './query-error.ts'

interface Attempt {
  readonly label: string
  readonly host: string
  readonly user: string
  readonly database: string
}

/** What went wrong while connecting, in one line, with what to do about it. */
export const explainFailure = (error: unknown, attempt: Attempt): VersiongenError => {
  if (error instanceof VersiongenError) return error
  if (isServerError(error)) return explainRefusal(error.code, oneLine(error.message), attempt, error)
  return explainTransport(error, attempt)
}

/** Said by the server or by a pooler in front of it; SQLSTATEs of PostgreSQL documentation appendix A. */
const explainRefusal = (
  sqlState: string,
  message: string,
  { label, user, database }: Attempt,
  cause: Error,
): VersiongenError => {
  const fail = (code: string, text: string, hint: string): VersiongenError =>
    new VersiongenError(code, text, { hint, cause })
  if (sqlState === '3D000' || /no such database/i.test(message)) {
    return fail(
      'database-not-found',
      `${label}: there is no database "${database}"`,
      'check the name at the end of the URL, or PGDATABASE',
    )
  }
  if (sqlState === '42501') {
    return fail('database-permission', `${label}: ${message}`, `grant connect on the database to ${user}`)
  }
  if (sqlState.startsWith('28') || /authentication failed|no such user|SASL/i.test(message)) {
    return fail(
      'database-authentication',
      `${label}: ${message}`,
      'check user and password, and the server’s pg_hba.conf',
    )
  }
  if (sqlState === '08P01' && /startup parameter/i.test(message)) {
    return fail(
      'database-unreachable',
      `${label}: ${message}`,
      'the pooler refuses session options: leave PGOPTIONS and options= out',
    )
  }
  return fail('database-unreachable', `${label}: ${message}`, 'the server answers, but lets nobody in: see its log')
}

const explainTransport = (error: unknown, { label, host }: Attempt): VersiongenError => {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const message = oneLine(error instanceof Error ? error.message : String(error))
  const fail = (kind: string, text: string, hint: string): VersiongenError =>
    new VersiongenError(kind, text, { hint, cause: error })
  const isSocket = host.startsWith('/')
  switch (code) {
    case 'ECONNREFUSED':
      return fail('database-unreachable', `nothing listens at ${label}`, 'start the server, or check host and port')
    case 'ENOENT':
    case 'ENOTSOCK':
      return fail(
        'database-unreachable',
        `there is no server socket for ${label}`,
        'start the server, or check the folder and the port',
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
      return fail(
        'database-unreachable',
        `the host name of ${label} is unknown`,
        'check the host in the URL, or PGHOST',
      )
    case 'EACCES':
    case 'EPERM':
      return fail(
        'database-unreachable',
        `no permission to connect to ${label}`,
        isSocket ? 'check who may use the socket folder' : 'check the firewall',
      )
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return fail(
        'database-unreachable',
        `no way to ${label}`,
        'check host and port, and that no firewall is in between',
      )
  }
  if (error instanceof Error && error.name === 'NotCapable') {
    return fail(
      'database-unreachable',
      `Deno has no permission to connect to ${label}`,
      `run it with --allow-net=${host}`,
    )
  }
  if (/password|SASL|SCRAM|authentication/i.test(message)) {
    return fail('database-authentication', `${label}: ${message}`, 'check user and password')
  }
  if (isTls(code, message)) {
    return fail(
      'database-tls',
      `TLS with ${label} failed: ${message}`,
      'check sslmode, sslrootcert and the server’s certificate',
    )
  }
  return fail(
    'database-unreachable',
    `the connection to ${label} failed: ${message}`,
    'check that a Postgres server listens there',
  )
}

const isTls = (code: string, message: string): boolean =>
  /^(ERR_(TLS|SSL|OSSL)|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|CERT_|HOSTNAME_MISMATCH|INVALID_CA|CRL_)/.test(code) ||
  /certificate|\bTLS\b|\bSSL\b|handshake|UnknownIssuer|NotValidForName/i.test(message)
