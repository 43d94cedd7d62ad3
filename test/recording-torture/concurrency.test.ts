import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { eachServer } from '../support/databases.ts'
import { runWorkload } from './workload.ts'

/**
 * Two transactions draw their ids and then look at the clock; the second may do so first. A reader by instant sees
 * nothing wrong longer than those microseconds.
 */
const tolerated = ['time-backwards'] as const

const transactions = Number(process.env['VERSIONGEN_TORTURE_TRANSACTIONS'] ?? 5000)
const seed = Number(process.env['VERSIONGEN_TORTURE_SEED'] ?? Math.trunc(Math.random() * 2 ** 20))

eachServer((name, open, major) => {
  for (const form of ['statements', 'rows', 'subquery'] as const) {
    test(`many connections on few rows leave no broken chain (${form}, ${name}, seed ${seed})`, async () => {
      const database = await open()
      const share = Math.ceil(transactions / (form === 'statements' ? 2 : 8))
      try {
        const tally = await runWorkload({
          url: database.url,
          major,
          form,
          seed,
          transactions: share,
          connections: 6,
          locking: 'chaos',
          recorded: true,
          tolerated,
        })
        assert.ok(tally.committed > share / 4, JSON.stringify(tally))
      } finally {
        await database.close()
      }
    })
  }

  test(`where rows are locked in order, recording adds no deadlock (${name}, seed ${seed})`, async () => {
    const database = await open()
    try {
      const tally = await runWorkload({
        url: database.url,
        major,
        seed,
        transactions: Math.ceil(transactions / 8),
        connections: 6,
        locking: 'ordered',
        recorded: true,
        tolerated,
      })
      assert.is(tally.deadlocks, 0, JSON.stringify(tally))
    } finally {
      await database.close()
    }
  })
})

test.run()
