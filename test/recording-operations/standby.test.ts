import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connect } from '../../src/database/connect.ts'
import { createHistory, type TableDescriptor } from '../../src/history/mod.ts'
import { compareTable } from '../../src/plan/compare.ts'
import { readInSnapshot } from '../catalog/read-in-snapshot.ts'
import { findViolations, planTable, readVersions, recordTable } from '../recording/recorded-table.ts'
import { majors } from '../support/databases.ts'
import { startServer } from '../support/server.ts'

/** As a generated accessor describes it. */
const descriptor: TableDescriptor = {
  table: { schema: 'public', name: 't' },
  versionTable: { schema: 'public', name: 't_version' },
  transactionTable: { schema: 'public', name: 'transaction', issuedAt: 'timestamptz', remoteAddr: true, userId: true },
  transactionColumn: 'transaction_id',
  endTransactionColumn: 'end_transaction_id',
  operationColumn: 'operation_type',
  key: ['id'],
  columns: [
    { name: 'id', codec: 'number', cast: 'int4', required: true },
    { name: 'name', codec: 'text', cast: 'text' },
  ],
}

for (const major of majors) {
  test(`a read-only standby reads history, and records after it was promoted (Postgres ${major})`, async () => {
    const primaryServer = await startServer(major, { settings: { fsync: 'off', full_page_writes: 'on' } })
    const open = (url: string): ReturnType<typeof connect> =>
      connect({ kind: 'server', url }, { driver: 'pg', env: {} })
    try {
      const primary = await open(primaryServer.url())
      await primary.script(`create table t (id int primary key, name text)`)
      const table = await recordTable(primary, 't')
      const standbyServer = await startServer(major, { standbyOf: primaryServer })
      const client = new pg.Client({ connectionString: standbyServer.url() })
      try {
        const standby = await open(standbyServer.url())
        await client.connect()
        await primary.script(`insert into t values (1, 'a'), (2, 'b'); update t set name = 'x' where id = 1`)
        const [end] = await primary.query<{ lsn: string }>('select pg_current_wal_insert_lsn()::text as lsn')
        for (let done = false; !done; await sleep(20)) {
          const [row] = await standby.query<{ done: boolean }>(
            `select pg_last_wal_replay_lsn() >= '${end?.lsn}'::pg_lsn as done`,
          )
          done = row?.done === true
        }
        const versions = await readVersions(standby, table)
        assert.equal(versions, await readVersions(primary, table))
        assert.equal(await findViolations(standby, table), [])
        const found = compareTable(await planTable(standby, 't'), await readInSnapshot(standby, ['public']))
        assert.equal(found.findings, [])

        const history = createHistory<{ id: number }, { id: number; name: string | null }>(client, descriptor)
        const [latest] = await history.versions({ id: 1 }, { order: 'desc' })
        assert.equal(latest?.data, { id: 1, name: 'x' })
        assert.equal((await history.asOf(new Date()).all()).length, 2)
        try {
          await latest?.revert()
          assert.unreachable()
        } catch (error) {
          assert.match(String(error), /read-only transaction/)
        }

        await standby.query('select pg_promote(true)')
        await standby.script(`update t set name = 'promoted'`)
        assert.equal((await readVersions(standby, table)).slice(versions.length), [
          [1, '(1,promoted)'],
          [1, '(2,promoted)'],
        ])
        assert.equal(await findViolations(standby, table), [])
        await standby.close()
      } finally {
        await client.end()
        await standbyServer.stop()
      }
      await primary.close()
    } finally {
      await primaryServer.stop()
    }
  })
}

test.run()
