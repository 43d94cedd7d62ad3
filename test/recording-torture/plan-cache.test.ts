import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { processorTime } from '../../bench/lib/server.ts'
import { eachServer } from '../support/databases.ts'
import { tablesDdl } from './tables.ts'

/**
 * PL/pgSQL keeps the plan it made for the rows of its first call. A connection that began with single rows must not
 * keep a plan that is hopeless for many.
 */
const rows = 20_000

const connect = async (url: string): Promise<{ readonly client: pg.Client; readonly pid: number }> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const answer = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return { client, pid: answer.rows[0]?.pid ?? 0 }
}

/** Milliseconds of processor time, or of wall time where the kernel does not tell. */
const timeUpdate = async (connection: { readonly client: pg.Client; readonly pid: number }): Promise<number> => {
  const started = processorTime(connection.pid) ?? performance.now()
  await connection.client.query(`update site set size = coalesce(size, 0) + 1`)
  const ended = processorTime(connection.pid) ?? performance.now()
  return ended - started
}

eachServer((name, open) => {
  test(`many rows after single ones take no longer than in a new connection (${name})`, async () => {
    const database = await open()
    const warm = await connect(database.url)
    try {
      await warm.client.query(tablesDdl())
      await warm.client.query(`insert into site select n, 'x', 0 from generate_series(1, ${rows}) as n`)
      for (let id = 1; id <= 20; id++) await warm.client.query(`update site set code = 'y' where id = ${id}`)
      const times = { warm: Number.POSITIVE_INFINITY, fresh: Number.POSITIVE_INFINITY }
      for (let round = 0; round < 3; round++) {
        await warm.client.query('vacuum analyze site, site_version')
        const fresh = await connect(database.url)
        times.fresh = Math.min(times.fresh, await timeUpdate(fresh))
        await fresh.client.end()
        await warm.client.query('vacuum analyze site, site_version')
        for (let id = 1; id <= 20; id++) await warm.client.query(`update site set code = 'z${round}' where id = ${id}`)
        times.warm = Math.min(times.warm, await timeUpdate(warm))
      }
      assert.ok(times.warm < times.fresh * 1.5, JSON.stringify(times))
    } finally {
      await warm.client.end()
      await database.close()
    }
  })
})

test.run()
