import { connect as connectPlainly, isIP, type Socket } from 'node:net'
import { connect as connectSecurely, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { VersiongenError } from '../errors.ts'
import type { SslSettings } from './connection-settings.ts'

/** Protocol version 1234.5679: asks the server whether it speaks TLS (PostgreSQL documentation §54.7.10). */
const sslRequest = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47)

export interface Certificates {
  readonly verify: 'nothing' | 'chain' | 'chain and host'
  readonly options: ConnectionOptions
}

/** Connects, over TCP or to the Unix socket of a folder. Rejects with Node's own error. */
export const openSocket = (host: string, port: number, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = host.startsWith('/')
      ? connectPlainly({ path: `${host}/.s.PGSQL.${port}` })
      : connectPlainly({ host, port, noDelay: true })
    settle(socket, 'connect', signal, () => resolve(socket), reject)
  })

/**
 * Turns an open socket into a TLS one, if the server is willing.
 *
 * @returns undefined if the server does not speak TLS; the socket is then as good as new
 */
export const encrypt = async (
  socket: Socket,
  host: string,
  { verify, options }: Certificates,
  signal: AbortSignal,
): Promise<TLSSocket | undefined> => {
  if ((await askForTls(socket, signal)) !== 'S') return undefined
  return new Promise((resolve, reject) => {
    const secure = connectSecurely({
      socket,
      ...(isIP(host) ? {} : { servername: host }),
      host,
      ...options,
      rejectUnauthorized: verify !== 'nothing',
      ...(verify === 'chain and host' ? {} : { checkServerIdentity: () => undefined }),
    })
    settle(secure, 'secureConnect', signal, () => resolve(secure), reject)
  })
}

const askForTls = (socket: Socket, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    settle(
      socket,
      'data',
      signal,
      (answer) => resolve(answer instanceof Uint8Array ? String.fromCharCode(answer[0] ?? 0) : ''),
      reject,
    )
    socket.write(sslRequest)
  })

/** Waits for one event, or an error, the end of the stream or the signal, whichever is first; leaves no listener behind. */
const settle = (
  socket: Socket,
  event: string,
  signal: AbortSignal,
  done: (value: unknown) => void,
  failed: (error: Error) => void,
): void => {
  const onDone = (value: unknown): void => (stop(), done(value))
  const onError = (error: Error): void => (stop(), socket.destroy(), failed(error))
  const onClose = (): void => onError(new Error('the server closed the connection'))
  const onAbort = (): void => onError(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
  const stop = (): void => {
    socket.off(event, onDone).off('error', onError).off('close', onClose)
    signal.removeEventListener('abort', onAbort)
  }
  socket.once(event, onDone).once('error', onError).once('close', onClose)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
}

/** What `sslmode` and its files ask of the certificate. Reads the files. @throws {VersiongenError} `database-tls` */
export const readCertificates = async (ssl: SslSettings): Promise<Certificates> => {
  const { readFile } = await import('node:fs/promises')
  const readNamed = async (name: string, file: string): Promise<string> => {
    try {
      return await readFile(file, 'utf8')
    } catch (cause) {
      throw new VersiongenError('database-tls', `cannot read ${name} ${file}`, {
        hint: 'check the path and its permissions',
        cause,
      })
    }
  }
  const readAtHome = async (name: string): Promise<string | undefined> => {
    try {
      return ssl.home === undefined ? undefined : await readFile(`${ssl.home}/.postgresql/${name}`, 'utf8')
    } catch {
      return undefined // libpq looks there too and does without
    }
  }

  const mustVerify = ssl.mode === 'verify-ca' || ssl.mode === 'verify-full'
  const looksAtHome = mustVerify || ssl.mode === 'require'
  const ca =
    ssl.rootCertificate === 'system'
      ? undefined
      : ssl.rootCertificate !== undefined
        ? await readNamed('sslrootcert', ssl.rootCertificate)
        : looksAtHome
          ? await readAtHome('root.crt')
          : undefined
  if (mustVerify && ca === undefined && ssl.rootCertificate !== 'system') {
    throw new VersiongenError('database-tls', `sslmode=${ssl.mode} needs a root certificate, and none is named`, {
      hint: 'name it with sslrootcert=FILE (or PGSSLROOTCERT), or trust the usual authorities with sslrootcert=system',
    })
  }
  const cert = ssl.certificate === undefined ? undefined : await readNamed('sslcert', ssl.certificate)
  const key = ssl.key === undefined ? undefined : await readNamed('sslkey', ssl.key)
  return {
    verify:
      ssl.mode === 'verify-full'
        ? 'chain and host'
        : mustVerify || (ssl.mode === 'require' && ca !== undefined)
          ? 'chain'
          : 'nothing',
    options: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(ssl.keyPassword === undefined ? {} : { passphrase: ssl.keyPassword }),
    },
  }
}
