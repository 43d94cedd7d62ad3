import { VersiongenError } from '../errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

/** Where to connect, as libpq would read it from a URL and the `PG*` variables. */
export interface ConnectionSettings {
  /** Tried in order. A host that starts with `/` is the folder of a Unix socket. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly user: string
  readonly database: string
  /** Undefined: the password file is asked, once the server asks for a password. */
  readonly password: string | undefined
  readonly passwordFile: string | undefined
  readonly ssl: SslSettings
  /** Seconds; 0 waits forever. */
  readonly connectTimeout: number
  /** Command line options for the server session, such as `-c search_path=app`. */
  readonly options: string | undefined
  readonly applicationName: string
}

export interface SslSettings {
  readonly mode: SslMode
  /** A file, `system`, or undefined for `~/.postgresql/root.crt`. */
  readonly rootCertificate: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
  readonly keyPassword: string | undefined
  /** The home folder, where libpq looks for what is not named. */
  readonly home: string | undefined
}

/** What a driver needs to log in over an open socket. */
export interface Login {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  /** Called only if the server asks for a password. */
  readonly password: () => Promise<string>
  readonly options: string | undefined
  readonly applicationName: string
  readonly label: string
}

/**
 * Reads a `postgres://` URL and the `PG*` variables, the URL first, with the meaning libpq gives them (PostgreSQL
 * documentation §32.1 and §32.15). What neither names: host `localhost`, port 5432, the user from `USER`, the database of
 * the user's name, `sslmode=prefer`, 10 seconds.
 *
 * @throws {VersiongenError} `database-url`; no message repeats any part of the URL that could be a password
 */
export const readConnectionSettings = (url: string | undefined, env: Environment): ConnectionSettings => {
  const given = url === undefined ? new Map<string, string>() : readUrl(url)
  const pick = (name: string, variable?: string): string | undefined =>
    given.get(name) || (variable === undefined ? undefined : env[variable]) || undefined

  const user = pick('user', 'PGUSER') ?? (env['USER'] || env['LOGNAME'] || env['USERNAME'])
  if (!user) throw badUrl('no user is named', 'put it in the URL, postgres://user@host/database, or set PGUSER')

  const home = env['HOME'] || env['USERPROFILE'] || undefined
  return {
    hosts: pairHosts(pick('hostaddr', 'PGHOSTADDR') ?? pick('host', 'PGHOST') ?? 'localhost', pick('port', 'PGPORT')),
    user,
    database: pick('dbname', 'PGDATABASE') ?? user,
    password: pick('password', 'PGPASSWORD'),
    passwordFile: pick('passfile', 'PGPASSFILE') ?? (home === undefined ? undefined : `${home}/.pgpass`),
    ssl: {
      mode: readSslMode(pick('sslmode', 'PGSSLMODE'), pick('sslrootcert', 'PGSSLROOTCERT')),
      rootCertificate: pick('sslrootcert', 'PGSSLROOTCERT'),
      certificate: pick('sslcert', 'PGSSLCERT'),
      key: pick('sslkey', 'PGSSLKEY'),
      keyPassword: pick('sslpassword'),
      home,
    },
    connectTimeout: readSeconds(pick('connect_timeout', 'PGCONNECT_TIMEOUT')),
    options: joinOptions(pick('options', 'PGOPTIONS'), pick('schema')),
    applicationName: pick('application_name', 'PGAPPNAME') ?? 'versiongen',
  }
}

/** Every secret of a URL and an environment, for redaction; never fails, however broken the URL. */
export const findSecrets = (url: string | undefined, env: Environment): string[] => {
  const fromUrl = [...(url ?? '').matchAll(/^[^:]*:\/\/[^:@/?#]*:(.*)@|[?&](?:ssl)?password=([^&#]*)/gs)]
  const raw = fromUrl.map((match) => match[1] ?? match[2] ?? '')
  return [...raw, ...raw.map(decodeLeniently), env['PGPASSWORD'] ?? ''].filter((secret) => secret !== '')
}

/** `host:port/database`, or `/socket/folder:port/database`. */
export const labelOf = (host: string, port: number, database: string): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}/${database}`

/** `scheme://[user[:password]@][host[:port][,…]][/database][?name=value&…]`, as libpq's own parser splits it. */
const urlShape = /^(?:postgres|postgresql):\/\/(?:([^/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/s

const readUrl = (url: string): Map<string, string> => {
  const match = urlShape.exec(url.trim())
  if (match === null) {
    throw badUrl(
      /^postgres(ql)?:\/\//.test(url)
        ? 'the connection URL cannot be read'
        : 'the connection URL has to start with postgres:// or postgresql://',
      'write postgres://user:password@host:5432/database, with special characters of the password percent-encoded',
    )
  }
  const [, credentials, authority = '', path, query] = match
  if (credentials === undefined && /@/.test(`${path ?? ''}${query ?? ''}`) && /:/.test(authority)) {
    throw badUrl(
      'the connection URL cannot be read: there is an @ after a / or ?',
      'percent-encode the special characters of the password: / is %2F, ? is %3F, # is %23, @ is %40',
    )
  }
  const given = new Map<string, string>()
  const colon = credentials?.indexOf(':') ?? -1
  if (credentials !== undefined) given.set('user', decode(colon === -1 ? credentials : credentials.slice(0, colon)))
  if (credentials !== undefined && colon !== -1) given.set('password', decode(credentials.slice(colon + 1)))
  readAuthority(authority, given)
  if (path) given.set('dbname', decode(path))
  for (const pair of (query ?? '').split('&').filter((part) => part !== '')) readParameter(pair, given)
  return given
}

const readAuthority = (authority: string, given: Map<string, string>): void => {
  if (authority === '') return
  const parts = authority.split(',').map((part) => /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(part))
  if (parts.some((part) => part === null)) {
    throw badUrl(
      'the connection URL cannot be read: what stands for the port is no number',
      'percent-encode the special characters of the password: / is %2F, ? is %3F, # is %23, @ is %40',
    )
  }
  const hosts = parts.map((part) => decode((part?.[1] ?? '').replace(/^\[(.*)\]$/, '$1')))
  const ports = parts.map((part) => part?.[2] ?? '')
  if (hosts.some((host) => host !== '')) given.set('host', hosts.join(','))
  if (ports.some((port) => port !== '')) given.set('port', ports.join(','))
}

const understood: ReadonlySet<string> = new Set(
  `host hostaddr port user password dbname passfile sslmode sslrootcert sslcert sslkey sslpassword connect_timeout
  options application_name schema`.split(/\s+/),
)

/** Parameters of libpq and of other clients that change nothing for one short connection. */
const harmless: ReadonlySet<string> = new Set(
  `fallback_application_name client_encoding keepalives keepalives_idle keepalives_interval keepalives_count
  tcp_user_timeout gssencmode target_session_attrs load_balance_hosts sslsni sslcompression channel_binding
  pgbouncer connection_limit pool_timeout socket_timeout statement_cache_size uselibpqcompat max idle_timeout
  max_lifetime prepare`.split(/\s+/),
)

const readParameter = (pair: string, given: Map<string, string>): void => {
  const equals = pair.indexOf('=')
  const name = equals === -1 ? '' : decode(pair.slice(0, equals))
  const value = decode(pair.slice(equals + 1))
  if (name === 'ssl')
    given.set('sslmode', /^(true|1|)$/.test(value) ? 'require' : value === 'false' ? 'disable' : value)
  else if (understood.has(name)) given.set(name, value)
  else if (name === 'channel_binding' && value === 'require') {
    throw badUrl('channel_binding=require is not supported', 'use sslmode=verify-full instead')
  } else if (!harmless.has(name)) {
    const shown = /^[a-z_]{1,40}$/.test(name) ? ` "${name}"` : ''
    throw badUrl(`the connection URL has an unknown parameter${shown}`, `known are ${[...understood].join(', ')}`)
  }
}

/** As many ports as hosts, or one for all. */
const pairHosts = (hosts: string, ports: string | undefined): { host: string; port: number }[] => {
  const numbers = (ports ?? '').split(',').map((port) => {
    const number = port.trim() === '' ? 5432 : Number(port)
    if (Number.isInteger(number) && number > 0 && number < 65536) return number
    throw badUrl('the port is no number between 1 and 65535', 'write postgres://user@host:5432/database or set PGPORT')
  })
  const names = hosts.split(',')
  if (numbers.length > 1 && numbers.length !== names.length) {
    throw badUrl(
      `${names.length} hosts but ${numbers.length} ports are named`,
      'name one port for all hosts, or one each',
    )
  }
  return names.map((host, index) => ({ host: host.trim() || 'localhost', port: numbers[index] ?? numbers[0] ?? 5432 }))
}

const sslModes: readonly SslMode[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

const readSslMode = (text: string | undefined, rootCertificate: string | undefined): SslMode => {
  if (text === undefined) return rootCertificate === 'system' ? 'verify-full' : 'prefer'
  const mode = sslModes.find((one) => one === text)
  if (mode === undefined) throw badUrl('sslmode has an unknown value', `choose one of ${sslModes.join(', ')}`)
  if (rootCertificate === 'system' && mode !== 'verify-full') {
    throw badUrl(`sslmode=${mode} is too weak for sslrootcert=system`, 'use sslmode=verify-full')
  }
  return mode
}

const readSeconds = (text: string | undefined): number => {
  if (text === undefined) return 10
  const seconds = Number(text)
  if (!Number.isInteger(seconds))
    throw badUrl('connect_timeout is no whole number of seconds', 'write connect_timeout=10')
  return Math.max(0, seconds)
}

const joinOptions = (options: string | undefined, schema: string | undefined): string | undefined => {
  if (schema === undefined) return options
  const path = `-c search_path=${`"${schema.replaceAll('"', '""')}"`.replace(/[\\\s]/g, '\\$&')}`
  return options === undefined ? path : `${options} ${path}`
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw badUrl('the connection URL has a % that is not followed by two hexadecimal digits', 'write a plain % as %25')
  }
}

const decodeLeniently = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const badUrl = (message: string, hint: string): VersiongenError =>
  new VersiongenError('database-url', message, { hint })
