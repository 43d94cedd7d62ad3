import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { connect as connectSocket, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { drizzle } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import { Kysely, PostgresDialect } from 'kysely'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import pg from 'pg'
import postgres from 'postgres'
import { readCatalog } from '../../src/catalog/read.ts'
import { connect } from '../../src/database/connect.ts'
import { inSnapshot } from '../../src/database/snapshot.ts'
import { toExecutor } from '../../src/history/executor.ts'
import { type Connection, withActor } from '../../src/history/mod.ts'
import { tables, tablesDdl } from '../recording-torture/tables.ts'
import { eachServer, type TestDatabase } from '../support/databases.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const executable = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/opt/homebrew/bin/pgbouncer'].find((file) =>
  existsSync(file),
)

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1')
    socket.on('connect', () => (socket.destroy(), resolve(true)))
    socket.on('error', () => resolve(false))
  })

/** A pgbouncer in transaction mode with two server connections before the database at `url`. */
const withPooler = async (url: string, use: (pooled: string) => Promise<void>): Promise<void> =>
  withTemporaryFolder(async (folder) => {
    const target = new URL(url)
    const port = await freePort()
    const settings = join(folder, 'pgbouncer.ini')
    const user = decodeURIComponent(target.username)
    const password = decodeURIComponent(target.password)
    await writeFile(
      settings,
      `[databases]
pooled = host=${target.hostname} port=${target.port} dbname=${decodeURIComponent(target.pathname.slice(1))} user=${user}${password === '' ? '' : ` password=${password}`}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
logfile = ${join(folder, 'log')}
`,
    )
    await chmod(folder, 0o777)
    const root = process.getuid?.() === 0
    const bouncer = spawn(executable ?? '', ['-q', settings], {
      stdio: 'ignore',
      ...(root ? { uid: 65534, gid: 65534 } : {}),
    })
    try {
      for (let tries = 0; !(await accepts(port)); tries++) {
        if (tries > 100) throw new Error('pgbouncer did not start')
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      await use(`postgres://${user}@127.0.0.1:${port}/pooled?sslmode=disable`)
    } finally {
      bouncer.kill('SIGINT')
    }
  })

const actorOf = async (db: Connection): Promise<string> => {
  const [row] = await toExecutor(db).query(`select coalesce(current_setting('versiongen.user_id', true), '')`, [])
  return row?.[0] ?? 'nothing'
}

const checkOwnActor = (db: Connection, userId: string): Promise<void> =>
  withActor(db, { userId }, async (tx) => {
    assert.is(await actorOf(tx as Connection), userId)
    await withActor(tx as Connection, { userId: `${userId}, inside` }, async (inner) =>
      assert.is(await actorOf(inner as Connection), `${userId}, inside`),
    )
    assert.is(await actorOf(tx as Connection), userId)
  })

const checkFailure = async (db: Connection, userId: string): Promise<void> => {
  const failed = await withActor(db, { userId }, async (tx) => {
    assert.is(await actorOf(tx as Connection), userId)
    throw new Error('failed')
  }).catch((error: Error) => error.message)
  assert.is(failed, 'failed')
}

const isAsleep = async (db: TestDatabase): Promise<boolean> =>
  (
    await db.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep' and query like '%::text'`,
    )
  ).length > 0

if (executable === undefined) {
  process.stderr.write('SKIPPED test/database/pooler.test.ts: there is no pgbouncer on this machine\n')
  test('a pooler in transaction mode (skipped: no pgbouncer)', () => {})
} else {
  eachServer((name, open) => {
    test(`the catalog is read through a pooler in transaction mode (${name})`, async () => {
      const db = await open()
      try {
        await db.script(tablesDdl())
        await withPooler(db.url, async (pooled) => {
          for (const driver of ['pg', 'postgres'] as const) {
            const reader = await connect({ kind: 'server', url: pooled }, { driver, env: {} })
            try {
              const catalog = await inSnapshot(reader, ({ searchPath }) => readCatalog(reader, { searchPath }))
              assert.ok(
                catalog.relations.some((relation) => relation.name === tables[0]?.version.name),
                driver,
              )
            } finally {
              await reader.close()
            }
          }
        })
      } finally {
        await db.close()
      }
    })

    test(`an actor stays with the transaction through a pooler (${name})`, async () => {
      const db = await open()
      try {
        const [first] = tables
        assert.ok(first)
        await db.script(tablesDdl())
        await withPooler(db.url, async (pooled) => {
          const pool = new pg.Pool({ connectionString: pooled, max: 8 })
          try {
            await Promise.all(
              Array.from({ length: 20 }, (_, i) =>
                withActor(pool, { userId: `user ${i}` }, async (tx) => {
                  await tx.query(`insert into tag values (${i}, 'by ${i}')`)
                }),
              ),
            )
            await pool.query(`insert into tag values (100, 'by nobody')`)
          } finally {
            await pool.end()
          }
        })
        const rows = await db.query<{ label: string; user_id: string | null }>(
          'select v.label, t.user_id from tag_version v join transaction t on t.id = v.transaction_id order by v.id',
        )
        assert.is(rows.length, 21)
        for (const { label, user_id } of rows) {
          assert.is(label, user_id === null ? 'by nobody' : `by ${user_id.slice(5)}`)
        }
      } finally {
        await db.close()
      }
    })

    test(`no client sees the actor of another through a pooler (${name})`, async () => {
      const db = await open()
      try {
        await withPooler(db.url, async (pooled) => {
          const pool = new pg.Pool({ connectionString: pooled, max: 8 })
          const sql = postgres(pooled, { max: 8, prepare: false, onnotice: () => {} })
          const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
          try {
            const handles: readonly Connection[] = [pool, sql, drizzle(pool), drizzlePostgres(sql), kysely]
            for (let round = 0; round < 6; round++) {
              await Promise.all(
                handles.flatMap((handle, i) => [
                  checkOwnActor(handle, `user ${round} ${i}`),
                  checkFailure(handle, `lost ${round} ${i}`),
                  actorOf(handle).then((actor) => assert.is(actor, '')),
                ]),
              )
            }
          } finally {
            await pool.end()
            await sql.end()
          }
        })
      } finally {
        await db.close()
      }
    })

    test(`a reading is called off through a pooler (${name})`, async () => {
      const db = await open()
      try {
        await withPooler(db.url, async (pooled) => {
          const pool = new pg.Pool({ connectionString: pooled, max: 2 })
          const sql = postgres(pooled, { max: 2, prepare: false, onnotice: () => {} })
          try {
            for (const handle of [pool, sql]) {
              const controller = new AbortController()
              const outcome = toExecutor(handle)
                .query('select pg_sleep(60)::text', [], controller.signal)
                .catch((error: unknown) => error)
              while (!(await isAsleep(db))) await new Promise((resolve) => setTimeout(resolve, 20))
              const reason = new Error('enough')
              controller.abort(reason)
              assert.is(await outcome, reason)
              for (let tries = 0; await isAsleep(db); tries++) {
                assert.ok(tries < 150, 'the server has stopped')
                await new Promise((resolve) => setTimeout(resolve, 20))
              }
              assert.is(await actorOf(handle), '')
            }
          } finally {
            await pool.end()
            await sql.end()
          }
        })
      } finally {
        await db.close()
      }
    })
  })
}

test.run()
