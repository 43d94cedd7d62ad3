import type { Socket } from 'node:net'
import type { Target } from '../config/types.ts'
import { VersiongenError } from '../errors.ts'
import {
  type ConnectionSettings,
  type Environment,
  findSecrets,
  labelOf,
  type Login,
  readConnectionSettings,
} from './connection-settings.ts'
import { type Certificates, encrypt, openSocket, readCertificates } from './open-socket.ts'
import { findPassword } from './password-file.ts'
import { explainFailure } from './connection-failure.ts'
import { collectSecrets, redact, redactError, type Secrets } from './redact.ts'
import type { Database, Driver } from './types.ts'

/**
 * Connects to the database a user named, with one connection, whatever the driver: where it connects, how it encrypts
 * and how it fails are decided here and not by the drivers.
 *
 * @param target its `url` (`postgres://…`; `pglite:…` or `memory:` for the embedded driver); undefined: `PG*` say it all
 * @param env where `PG*` variables are looked up
 * @throws {VersiongenError} `database-url`, `database-unreachable`, `database-authentication`, `database-not-found`,
 * `database-permission` or `database-tls`; no message, cause or stack holds the password
 */
export const connect = async (
  target: Target & { readonly kind: 'server' },
  { driver, env }: { readonly driver: Driver; readonly env: Environment },
): Promise<Database> => {
  const secrets = collectSecrets(findSecrets(target.url, env))
  try {
    return await (driver === 'pglite'
      ? openDataDirectory(target.url)
      : connectToServer(target.url, driver, env, secrets))
  } catch (error) {
    throw withoutSecrets(error, secrets.list())
  }
}

const openDataDirectory = async (url: string | undefined): Promise<Database> => {
  const folder = url === undefined ? undefined : /^(?:pglite|file):(?:\/\/)?(.*)$/s.exec(url)?.[1]
  if (!folder && !/^memory:(\/\/)?$/.test(url ?? '')) {
    throw new VersiongenError('database-url', 'the driver pglite needs the URL of a data folder', {
      hint: 'write --url pglite:///path/to/folder or --url memory:, or leave the driver out for a server',
    })
  }
  const { openPglite } = await import('./pglite.ts')
  try {
    return await openPglite(folder ? `PGlite ${folder}` : 'PGlite in memory', folder ? { dataDir: folder } : {})
  } catch (cause) {
    throw new VersiongenError('database-unreachable', `cannot open PGlite ${folder ?? 'in memory'}`, {
      hint: 'check that the folder is a PGlite data folder of this version, and not open elsewhere',
      cause,
    })
  }
}

const connectToServer = async (
  url: string | undefined,
  driver: 'pg' | 'postgres',
  env: Environment,
  secrets: Secrets,
): Promise<Database> => {
  if (/^(pglite|file|memory):/.test(url ?? '')) {
    throw new VersiongenError('database-url', `the driver ${driver} cannot open an embedded database`, {
      hint: 'add --driver pglite',
    })
  }
  const settings = readConnectionSettings(url, env)
  if (settings.password !== undefined) secrets.add(settings.password)
  for (const name of [settings.user, settings.database]) secrets.ignore(name)
  const failures: unknown[] = []
  for (const { host, port } of settings.hosts) {
    try {
      return await connectToHost(host, port, driver, settings, secrets)
    } catch (error) {
      failures.push(error)
      const tryNext = error instanceof VersiongenError && error.code === 'database-unreachable'
      if (!tryNext) throw error
    }
  }
  throw failures[0]
}

/** One host, with and without TLS in the order `sslmode` says (PostgreSQL documentation §32.19.3). */
const connectToHost = async (
  host: string,
  port: number,
  driver: 'pg' | 'postgres',
  settings: ConnectionSettings,
  secrets: Secrets,
): Promise<Database> => {
  const label = labelOf(host, port, settings.database)
  const mode = host.startsWith('/') ? 'disable' : settings.ssl.mode
  const certificates = mode === 'disable' ? undefined : await readCertificates(settings.ssl)
  const withTls: Encryption = { certificates, required: mode !== 'prefer' }
  const plain: Encryption = { certificates: undefined, required: false }
  const attempts =
    mode === 'disable'
      ? [plain]
      : mode === 'prefer'
        ? [withTls, plain]
        : mode === 'allow'
          ? [plain, withTls]
          : [withTls]

  let refusal: VersiongenError | undefined
  for (const encryption of attempts) {
    try {
      return await logIn(host, port, encryption, driver, settings, label, secrets)
    } catch (error) {
      const failure = explainFailure(error, { label, user: settings.user, database: settings.database, host })
      refusal ??= failure
      const otherWayMayHelp = failure.code === 'database-tls' || failure.code === 'database-authentication'
      if (!otherWayMayHelp) break
    }
  }
  throw refusal
}

interface Encryption {
  readonly certificates: Certificates | undefined
  /** Whether to fail where the server does not speak TLS. */
  readonly required: boolean
}

const logIn = async (
  host: string,
  port: number,
  { certificates, required }: Encryption,
  driver: 'pg' | 'postgres',
  settings: ConnectionSettings,
  label: string,
  secrets: Secrets,
): Promise<Database> => {
  const timeout = new AbortController()
  const { connectTimeout } = settings
  const expired = new VersiongenError(
    'database-unreachable',
    `no answer from ${label} within ${connectTimeout} seconds`,
    {
      hint: 'check host and port, and that no firewall is in between; connect_timeout=30 waits longer',
    },
  )
  const timer = connectTimeout === 0 ? undefined : setTimeout(() => timeout.abort(expired), connectTimeout * 1000)
  let socket: Socket | undefined
  let noPassword: VersiongenError | undefined
  try {
    socket = await openSocket(host, port, timeout.signal)
    if (certificates !== undefined) {
      const secure = await encrypt(socket, host, certificates, timeout.signal)
      if (secure === undefined && required) {
        throw new VersiongenError(
          'database-tls',
          `${label} does not speak TLS, and sslmode=${settings.ssl.mode} demands it`,
          {
            hint: 'turn TLS on in the server, or use sslmode=prefer if the network in between is trusted',
          },
        )
      }
      socket = secure ?? socket
    }
    const login: Login = {
      host,
      port,
      user: settings.user,
      database: settings.database,
      options: settings.options,
      applicationName: settings.applicationName,
      label,
      password: async () => {
        const password = await findLoginPassword(host, port, settings)
        if (password === undefined) noPassword = explainMissingPassword(label, settings.user)
        else secrets.add(password)
        return password ?? ''
      },
    }
    const open = driver === 'pg' ? (await import('./pg.ts')).openPg : (await import('./postgres.ts')).openPostgres
    return await Promise.race([open(socket, login), rejectOn(timeout.signal)])
  } catch (error) {
    socket?.destroy()
    throw noPassword ?? error
  } finally {
    clearTimeout(timer)
  }
}

const rejectOn = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

const findLoginPassword = async (
  host: string,
  port: number,
  { password, passwordFile, user, database }: ConnectionSettings,
): Promise<string | undefined> => {
  if (password !== undefined || passwordFile === undefined) return password
  return findPassword(passwordFile, { host: host.startsWith('/') ? 'localhost' : host, port, database, user })
}

/** Kept until the server has said no: a driver whose password function throws does not live to tell. */
const explainMissingPassword = (label: string, user: string): VersiongenError =>
  new VersiongenError('database-authentication', `${label} asks for a password of user ${user}, and none is given`, {
    hint: 'put it into DATABASE_URL, PGPASSWORD or ~/.pgpass',
  })

const withoutSecrets = (error: unknown, secrets: readonly string[]): Error => {
  if (!(error instanceof VersiongenError)) return redactError(error, secrets)
  const clean = new VersiongenError(error.code, redact(error.message, secrets), {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.where === undefined ? {} : { where: error.where }),
    ...(error.cause === undefined ? {} : { cause: redactError(error.cause, secrets) }),
  })
  if (error.stack !== undefined) clean.stack = redact(error.stack, secrets)
  return clean
}
