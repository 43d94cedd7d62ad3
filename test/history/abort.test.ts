import pg from 'pg'
import postgres from 'postgres'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Connection,
  createHistories,
  createHistory,
  type History,
  type TableDescriptor,
  type Version,
  withActor,
} from '../../src/history/mod.ts'
import { eachServer, type TestDatabase } from '../support/databases.ts'
import { type Handle, testOnEveryHandle } from './handles.ts'
import { alpha, type Mine, mineDescriptor, type MineKey, minesSql } from './mines.ts'

/** The mines' history behind a view that takes its time. */
const slow: TableDescriptor = {
  ...mineDescriptor,
  versionTable: { schema: 'public', name: 'slow_version' },
  relations: [
    {
      name: 'selves',
      columns: ['mine_guid'],
      target: () => slow,
      targetColumns: ['mine_guid'],
      many: true,
      refers: false,
    },
  ],
}
const slowSql = (seconds: number) => `${minesSql};
  create table pace (seconds float);
  insert into pace values (${seconds});
  create view slow_version as select v.* from mine_version as v, (select pg_sleep(seconds) from pace) as s`

const slowHistory = (db: Connection) => createHistory<MineKey, Mine>(db, slow)
const slowHistories = (db: Connection) => createHistories<{ mine: History<MineKey, Mine> }>(db, { mine: slow })

type Read = (db: Connection, signal: AbortSignal) => Promise<unknown>

const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items);
}

const reads: readonly [name: string, read: Read][] = [
  ['versions', (db, signal) => slowHistory(db).versions(alpha, { signal })],
  ['at', (db, signal) => slowHistory(db).at(alpha, '2024-01-03', { signal })],
  ['asOf all', (db, signal) => slowHistory(db).asOf('2024-01-03').all({ signal })],
  ['asOf count', (db, signal) => slowHistory(db).asOf('2024-01-03').count({ signal })],
  ['asOf stream', (db, signal) => drain(slowHistory(db).asOf('2024-01-03').stream({ signal }))],
  ['stream', (db, signal) => drain(slowHistory(db).stream({ signal }))],
  ['verify', (db, signal) => drain(slowHistory(db).verify({ signal }))],
  ['current', (db, signal) => slowHistory(db).current(alpha, { signal })],
  ['count', (db, signal) => slowHistory(db).count(alpha, { signal })],
  ['diff', (db, signal) => slowHistory(db).diff(alpha, '2024-01-01', '2024-01-03', { signal })],
  ['changesOf', (db, signal) => slowHistory(db).changesOf(alpha, 'name', { signal })],
  ['blame', (db, signal) => slowHistory(db).blame(alpha, undefined, { signal })],
  ['transaction', (db, signal) => slowHistory(db).transaction(2, { signal })],
  ['asOf find', (db, signal) => slowHistory(db).asOf('2024-01-03').find(alpha, { signal })],
  ['past all', (db, signal) => slowHistories(db).at('2024-01-03').mine.all({ signal })],
  ['timeline', (db, signal) => slowHistories(db).timeline({ signal })],
  ['database transaction', (db, signal) => slowHistories(db).transaction(2, { signal })],
  ['undoTransaction', (db, signal) => slowHistories(db).undoTransaction(6, { signal })],
]

type MineVersion = Version<MineKey, Mine, { readonly selves: MineVersion[] }>

/** What a version is asked for later. */
const asked: readonly [name: string, ask: (version: MineVersion, signal: AbortSignal) => Promise<unknown>][] = [
  ['previous', (version, signal) => version.previous({ signal })],
  ['next', (version, signal) => version.next({ signal })],
  ['related', (version, signal) => version.related.selves({ signal })],
  ['revert', (version, signal) => version.revert({ signal })],
  ['revert with relations', (version, signal) => version.revert({ relations: ['selves'], signal })],
]

/** Those that differ in how they read. */
const kinds = reads.filter(([name]) => ['versions', 'asOf stream', 'stream'].includes(name))

const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => error,
  )

/** Waits until so many of the database's sessions are asleep. */
const untilAsleep = async (database: TestDatabase, expected: number, within: number): Promise<boolean> => {
  for (let tries = 0; tries < within * 50; tries++) {
    const rows = await database.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`,
    )
    if (rows.length === expected) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
}

/** Nothing is left running, and no session is in a transaction. */
const checkClean = async (database: TestDatabase): Promise<void> => {
  assert.ok(await untilAsleep(database, 0, 3), 'the server has stopped')
  for (let tries = 0; ; tries++) {
    const busy = await database.query(
      `select state, query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
       and backend_type = 'client backend' and state <> 'idle'`,
    )
    if (busy.length === 0) return
    if (tries === 250) assert.equal(busy, [])
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Kysely and PGlite cannot stop a statement. */
const canCancel = ({ name }: Handle): boolean => !/Kysely|PGlite/.test(name)

const paceOf = (handle: Handle): number => (canCancel(handle) ? 60 : 0.1)

const prepare = (handle: Handle) => handle.database.script(slowSql(paceOf(handle)))

testOnEveryHandle(test, 'a signal that aborts before or after changes nothing', async (handle) => {
  await prepare(handle)
  await checkAborted(handle)
  await checkNotAborted(handle)
})

const checkAborted = async (handle: Handle): Promise<void> => {
  const before = handle.statements()
  for (const [name, read] of reads) {
    const reason = new Error(name)
    assert.is(await outcomeOf(read(handle.connection, AbortSignal.abort(reason))), reason)
  }
  assert.is(handle.statements(), before)
  await handle.database.script('update pace set seconds = 0')
  const version = await slowHistory(handle.connection).at(alpha, '2024-01-03', { with: ['selves' as never] })
  for (const [name, ask] of asked) {
    const reason = new Error(name)
    assert.is(await outcomeOf(ask(version as unknown as MineVersion, AbortSignal.abort(reason))), reason)
  }
  const after = handle.statements()
  const unexplained = await outcomeOf(slowHistory(handle.connection).versions(alpha, { signal: AbortSignal.abort() }))
  assert.is((unexplained as Error).name, 'AbortError')
  assert.is(handle.statements(), after)
  const wrong = await outcomeOf(slowHistory(handle.connection).versions(alpha, { signal: {} as AbortSignal }))
  assert.match((wrong as Error).message, 'signal is an AbortSignal')
}

const checkNotAborted = async (handle: Handle): Promise<void> => {
  const controller = new AbortController()
  const { signal } = controller
  const history = createHistory<MineKey, Mine>(handle.connection, mineDescriptor)
  const [first, second] = await history.versions(alpha, { signal })
  assert.is((await history.versions(alpha)).length, 5)
  assert.is((await first?.next())?.index, second?.index)
  let count = 0
  for await (const _ of history.stream({ signal })) count++
  assert.is(count, 7)
  assert.is(await history.asOf('2024-01-03').count({ signal }), 2)

  const last = (await history.versions(alpha, { signal, order: 'desc', limit: 1 }))[0]
  controller.abort()
  assert.is((await last?.previous())?.index, 3)

  for (const open of [
    (signal: AbortSignal) => history.stream({ signal }),
    (signal: AbortSignal) => history.asOf('2024-01-03').stream({ signal }),
  ]) {
    const midway = new AbortController()
    let seen = 0
    const outcome = await outcomeOf(
      (async () => {
        for await (const _ of open(midway.signal)) {
          seen++
          midway.abort(new Error('midway'))
        }
      })(),
    )
    assert.is((outcome as Error).message, 'midway')
    assert.is(seen, 1)
  }
}

testOnEveryHandle(test, 'a signal stops what is running, and leaves clean connections', async (handle) => {
  if (handle.database.pglite) return // in the same thread: nothing can abort while it works
  await prepare(handle)
  await checkStopped(handle)
  if (!canCancel(handle)) return
  await checkAnyMoment(handle)
  await checkTransaction(handle)
})

const checkStopped = async (handle: Handle): Promise<void> => {
  await handle.database.script('update pace set seconds = 0')
  const version = await slowHistory(handle.connection).at(alpha, '2024-01-03')
  await handle.database.script(`update pace set seconds = ${paceOf(handle)}`)
  const asking = asked.map(([name, ask]): [string, Read] => [
    name,
    (_, signal) => ask(version as unknown as MineVersion, signal),
  ])
  for (const [name, read] of [...reads, ...asking]) {
    const controller = new AbortController()
    const outcome = outcomeOf(read(handle.connection, controller.signal))
    if (canCancel(handle)) assert.ok(await untilAsleep(handle.database, 1, 5), name)
    else await new Promise((resolve) => setTimeout(resolve, 20))
    const reason = new Error(name)
    const start = performance.now()
    controller.abort(reason)
    assert.is(await outcome, reason, name)
    assert.ok(performance.now() - start < 2000, `${name} took ${performance.now() - start} ms to end`)
    await checkClean(handle.database)
  }
  assert.equal(await handle.database.query('select name from mine'), [{ name: 'Again' }], 'nothing was written')
  // More than the pool has connections.
  const history = createHistory<MineKey, Mine>(handle.connection, mineDescriptor)
  const counts = await Promise.all(Array.from({ length: 8 }, () => history.count(alpha)))
  assert.equal(new Set(counts), new Set([5]))
}

/** Also while others wait for a connection. */
const checkAnyMoment = async (handle: Handle): Promise<void> => {
  const reason = new Error('enough')
  for (const delay of [undefined, 0, 1, 4, 16]) {
    const begun = reads.slice(0, 5).map(([, read]) => {
      const controller = new AbortController()
      return { controller, outcome: outcomeOf(read(handle.connection, controller.signal)) }
    })
    if (delay !== undefined) await new Promise((resolve) => setTimeout(resolve, delay))
    for (const { controller } of begun) controller.abort(reason)
    assert.equal(new Set(await Promise.all(begun.map(({ outcome }) => outcome))), new Set([reason]))
  }
  await checkClean(handle.database)
  const history = createHistory<MineKey, Mine>(handle.connection, mineDescriptor)
  assert.is(await history.count(alpha), 5)
}

/** There it counts as an error. */
const checkTransaction = async (handle: Handle): Promise<void> => {
  const history = createHistory<MineKey, Mine>(handle.connection, mineDescriptor)
  for (const [name, read] of kinds) {
    const controller = new AbortController()
    const reason = new Error(name)
    const outcome = outcomeOf(
      withActor(handle.connection, { userId: 'eve' }, async (tx) => {
        const [first] = await createHistory<MineKey, Mine>(tx, mineDescriptor).versions(alpha)
        assert.is(await first?.revert(), 'update')
        await read(tx, controller.signal)
      }),
    )
    assert.ok(await untilAsleep(handle.database, 1, 5), name)
    controller.abort(reason)
    assert.is(await outcome, reason, name)
    await checkClean(handle.database)
    assert.equal(await handle.database.query('select name from mine'), [{ name: 'Again' }], 'rolled back')
    assert.is(await history.count(alpha), 5)
  }
}

eachServer((title, open) => {
  test(`a client that cannot cancel is left to itself (${title})`, async () => {
    const database = await open()
    await database.script(slowSql(0.5))
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    const plain = { query: client.query.bind(client), connect: client.connect.bind(client) }
    try {
      const controller = new AbortController()
      const outcome = outcomeOf(slowHistory(plain).versions(alpha, { signal: controller.signal }))
      assert.ok(await untilAsleep(database, 1, 5))
      const reason = new Error('enough')
      controller.abort(reason)
      assert.is(await outcome, reason)
      assert.is(await createHistory<MineKey, Mine>(plain, mineDescriptor).count(alpha), 5)
    } finally {
      await client.end()
      await database.close()
    }
  })

  test(`on a single connection what is queued elsewhere is not hit (${title})`, async () => {
    const database = await open()
    await database.script(slowSql(60))
    const client = new pg.Client({ connectionString: database.url })
    const sql = postgres(database.url, { max: 1, onnotice: () => {} })
    await client.connect()
    const reserved = await sql.reserve()
    try {
      for (const [db, run] of [
        [client, async (text: string) => (await client.query(text)).rows],
        [reserved, async (text: string) => await reserved.unsafe(text)],
      ] as const) {
        for (const [name, read] of kinds) {
          const controller = new AbortController()
          const reason = new Error(name)
          // The caller's own statement runs first, and another is sent when the reading has ended.
          const own = run('select pg_sleep(0.3), 1 as one')
          const outcome = outcomeOf(read(db, controller.signal))
          controller.abort(reason)
          assert.is(await outcome, reason)
          assert.is((await run('select 2 as two'))[0]?.two, 2)
          assert.is((await own)[0]?.one, 1, 'not cancelled')
          assert.ok(await untilAsleep(database, 0, 3))
          assert.is((await run(`select name from pg_cursors`)).length, 0)
        }
      }
    } finally {
      reserved.release()
      await client.end()
      await sql.end()
      await database.close()
    }
  })
})

test.run()
