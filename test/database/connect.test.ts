import { execFileSync } from 'node:child_process'
import { chmod, chown, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import pg from 'pg'
import postgres from 'postgres'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connect } from '../../src/database/connect.ts'
import { inSnapshot } from '../../src/database/snapshot.ts'
import type { Database } from '../../src/database/types.ts'
import { VersiongenError } from '../../src/errors.ts'
import { toExecutor } from '../../src/history/executor.ts'
import { startServer, type Server } from '../support/server.ts'

const secret = "p@ss/wo'rd?#%:x"
let server: Server
let folder = ''

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'versiongen-connect-test-'))
  server = await startServer(18)
  const db = await open(server.url())
  await db.script(`create role "us:er" login password '${secret.replaceAll("'", "''")}'`)
  await db.script('create database "d b"')
  await makeCertificate()
  for (const name of ['server.key', 'server.crt']) {
    const file = join(server.dataDir, name)
    await copyFile(join(folder, name), file)
    await chmod(file, 0o600)
    if (process.getuid?.() === 0) await chown(file, 65534, 65534)
  }
  const hba = join(server.dataDir, 'pg_hba.conf')
  await writeFile(hba, `hostnossl secure all all reject\nhostssl plain all all reject\n${await readFile(hba, 'utf8')}`)
  await db.script('alter system set ssl = on')
  await db.script('create database secure')
  await db.script('create database plain')
  await db.script('select pg_reload_conf()')
  await db.close()
})

test.after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A certificate for `localhost` by an authority of our own. */
const makeCertificate = async (): Promise<void> => {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  )
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
    '-subj',
    '/CN=localhost',
  )
  await writeFile(join(folder, 'extensions'), 'subjectAltName=DNS:localhost\n')
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'server.crt',
    '-days',
    '2',
    '-extfile',
    'extensions',
  )
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'other.key',
    '-out',
    'other.crt',
    '-days',
    '2',
    '-subj',
    '/CN=another authority',
  )
}

const open = (url: string | undefined, driver: 'pg' | 'postgres' = 'pg', env = {}): Promise<Database> =>
  connect({ kind: 'server', url }, { driver, env })

const failure = async (url: string | undefined, driver: 'pg' | 'postgres', env = {}): Promise<VersiongenError> => {
  try {
    await (await open(url, driver, env)).close()
  } catch (error) {
    if (error instanceof VersiongenError) return error
    throw error
  }
  throw new Error(`connected to ${url}`)
}

const everything = (error: unknown): string =>
  error instanceof Error
    ? `${error.message} ${error.stack} ${JSON.stringify(error)} ${everything(error.cause)}`
    : String(error)

for (const driver of ['pg', 'postgres'] as const) {
  test(`a URL, a socket folder and PG* variables lead to the same place, ${driver}`, async () => {
    const password = encodeURIComponent(secret)
    const { port, dataDir } = server
    for (const [url, env] of [
      [`postgresql://us%3Aer:${password}@127.0.0.1:${port}/d%20b`, {}],
      [`postgres://us%3Aer@/d%20b?host=${encodeURIComponent(dataDir)}&port=${port}`, {}],
      [`postgres://us%3Aer@${encodeURIComponent(dataDir)}:${port}/d%20b`, {}],
      [`postgres://127.0.0.1:1,127.0.0.1:${port}/d%20b`, { PGUSER: 'us:er', PGPASSWORD: secret }],
      [undefined, { PGHOST: dataDir, PGPORT: String(port), PGUSER: 'us:er', PGDATABASE: 'd b' }],
      [
        undefined,
        {
          PGHOST: '127.0.0.1',
          PGPORT: String(port),
          PGUSER: 'us:er',
          PGPASSWORD: secret,
          PGDATABASE: 'd b',
          PGAPPNAME: 'app',
          PGOPTIONS: '-c work_mem=1MB',
        },
      ],
    ] as const) {
      const db = await open(url, driver, env)
      const rows = await db.query(
        `select current_user as user, current_database() as database, current_setting('work_mem') as memory`,
      )
      assert.equal(rows, [{ user: 'us:er', database: 'd b', memory: 'PGOPTIONS' in env ? '1MB' : '4MB' }])
      assert.match(db.label, new RegExp(`:${port}/d b$`))
      await db.close()
    }
  })

  test(`the password file, ${driver}`, async () => {
    const file = join(folder, `pgpass-${driver}`)
    await writeFile(file, `# x\nelsewhere:*:*:*:no\n127.0.0.1:*:*:us\\:er:${secret}\n`, { mode: 0o600 })
    const url = `postgres://us%3Aer@127.0.0.1:${server.port}/postgres`
    await (await open(url, driver, { PGPASSFILE: file })).close()
    await chmod(file, 0o644)
    assert.is((await failure(url, driver, { PGPASSFILE: file })).code, 'database-authentication')
  })

  test(`every failure has its code and no password, ${driver}`, async () => {
    const { port } = server
    const wrong = 'wr0ng-s3cret'
    for (const [url, code] of [
      [`postgres://postgres:${wrong}@127.0.0.1:${port}/postgres`, 'database-authentication'],
      [`postgres://nobody:${wrong}@127.0.0.1:${port}/postgres`, 'database-authentication'],
      [`postgres://postgres@127.0.0.1:${port}/postgres`, 'database-authentication'],
      [`postgres://postgres:postgres@127.0.0.1:${port}/nowhere`, 'database-not-found'],
      [`postgres://postgres:${wrong}@127.0.0.1:1/postgres`, 'database-unreachable'],
      [`postgres://postgres:${wrong}@nowhere.invalid/postgres`, 'database-unreachable'],
      [`postgres://postgres:${wrong}@/x?host=/nowhere`, 'database-unreachable'],
      [`postgres://postgres:${wrong}/x@127.0.0.1:${port}/postgres`, 'database-url'],
      [`postgres://postgres:12#${wrong}@127.0.0.1:${port}/postgres`, 'database-url'],
      [`postgres://postgres:12?${wrong}@127.0.0.1:${port}/postgres`, 'database-url'],
      [`postgres://postgres:%zz${wrong}@127.0.0.1:${port}/postgres`, 'database-url'],
      [`postgres://postgres:${wrong}@127.0.0.1:${port}/postgres?sslmode=safe`, 'database-url'],
      [`postgres://postgres:${wrong}@127.0.0.1:${port}/postgres?sslmod=require`, 'database-url'],
      [`mysql://postgres:${wrong}@127.0.0.1/x`, 'database-url'],
      [`pglite:///${wrong}`, 'database-url'],
    ] as const) {
      const error = await failure(url, driver)
      assert.is(error.code, code, `${url}: ${error.message}`)
      assert.not.match(error.message, '\n')
      assert.type(error.hint, 'string')
      assert.not.match(everything(error), wrong, url)
    }
  })

  test(`sslmode means what libpq means, ${driver}`, async () => {
    const ca = join(folder, 'ca.crt')
    const other = join(folder, 'other.crt')
    const encrypted = async (host: string, database: string, query: string): Promise<unknown> => {
      try {
        const db = await open(`postgres://postgres:postgres@${host}:${server.port}/${database}?${query}`, driver)
        const [row] = await db.query<{ ssl: boolean }>('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
        await db.close()
        return row?.ssl
      } catch (error) {
        return error instanceof VersiongenError ? error.code : error
      }
    }
    for (const [host, database, query, expected] of [
      ['localhost', 'postgres', '', true],
      ['localhost', 'postgres', 'sslmode=disable', false],
      ['localhost', 'postgres', 'sslmode=allow', false],
      ['localhost', 'postgres', 'sslmode=prefer', true],
      ['localhost', 'postgres', 'sslmode=require', true],
      ['localhost', 'secure', 'sslmode=allow', true],
      ['localhost', 'secure', 'sslmode=disable', 'database-authentication'],
      ['localhost', 'plain', 'sslmode=prefer', false],
      ['localhost', 'plain', 'sslmode=require', 'database-authentication'],
      ['localhost', 'postgres', 'sslmode=verify-full', 'database-tls'],
      ['localhost', 'postgres', `sslmode=verify-full&sslrootcert=${ca}`, true],
      ['localhost', 'postgres', `sslmode=verify-full&sslrootcert=${other}`, 'database-tls'],
      ['localhost', 'postgres', `sslmode=require&sslrootcert=${other}`, 'database-tls'],
      ['127.0.0.1', 'postgres', `sslmode=verify-full&sslrootcert=${ca}`, 'database-tls'],
      ['127.0.0.1', 'postgres', `sslmode=verify-ca&sslrootcert=${ca}`, true],
      ['127.0.0.1', 'postgres', `sslmode=verify-ca&sslrootcert=${other}`, 'database-tls'],
      ['localhost', 'postgres', 'sslrootcert=system', 'database-tls'],
      ['localhost', 'postgres', 'sslmode=verify-ca&sslrootcert=/nowhere', 'database-tls'],
    ] as const) {
      assert.is(await encrypted(host, database, query), expected, `${host}/${database} ${query}`)
    }
  })

  test(`a snapshot is read only, qualifies names and leaves the session as it was, ${driver}`, async () => {
    const db = await open(server.url(), driver)
    await db.script(
      `create schema if not exists app; create domain app.d_${driver} as int; set search_path = app, public`,
    )
    const seen = await inSnapshot(db, async ({ searchPath }) => {
      assert.equal(searchPath, ['app', 'public'])
      const refused: unknown = await db.query('create table t ()').catch((error: unknown) => error)
      assert.is((refused as { sqlState?: string }).sqlState, '25006')
      return 'unreached'
    }).catch((error: unknown) => error)
    assert.is((seen as { sqlState?: string }).sqlState ?? seen, 'unreached')
    const [type] = await inSnapshot(db, () =>
      db.query<{ type: string }>(`select format_type(oid, null) as type from pg_type where typname = 'd_${driver}'`),
    )
    assert.is(type?.type, `app.d_${driver}`)
    const [after] = await db.query<{ path: string }>(`select current_setting('search_path') as path`)
    assert.is(after?.path, 'app, public')
    await db.close()
  })
}

test('a reading is called off through TLS', async () => {
  const url = `postgres://postgres:postgres@localhost:${server.port}/secure`
  const ssl = { rejectUnauthorized: false }
  const pool = new pg.Pool({ connectionString: url, ssl, max: 1 })
  const sql = postgres(url, { ssl, max: 1 })
  const watching = await open(server.url())
  const asleep = async (expected: number): Promise<void> => {
    for (let tries = 0; ; tries++) {
      const found = await watching.query(`select 1 from pg_stat_activity where wait_event = 'PgSleep'`)
      if (found.length === expected) return
      assert.ok(tries < 250, `${found.length} asleep, not ${expected}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  try {
    for (const handle of [pool, sql]) {
      const controller = new AbortController()
      const reason = new Error('enough')
      const outcome = toExecutor(handle)
        .query('select pg_sleep(60)::text', [], controller.signal)
        .catch((error: unknown) => error)
      await asleep(1)
      controller.abort(reason)
      assert.is(await outcome, reason)
      await asleep(0)
    }
  } finally {
    await watching.close()
    await pool.end()
    await sql.end()
  }
})

test.run()
