/**
 * The long form of the concurrency test, with figures:
 *
 *   node --import tsx test/recording-torture/soak.ts [--transactions 100000] [--connections 8] [--major 18] [--seed n]
 *     [--form statements|rows|subquery] [--tolerate no-op,time-backwards]
 *
 * Runs each kind of locking twice, with and without history, and prints what was counted. Ends with an error at the
 * first broken chain; the seed printed makes the same statements again, though not the same interleaving.
 */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { chainProblems } from '../../src/sql/check-chains.ts'
import type { ChainProblem } from '../../src/sql/check-chains.ts'
import { startServer } from '../support/server.ts'
import type { Major } from '../support/server.ts'
import type { Form } from './tables.ts'
import { runWorkload } from './workload.ts'

const { values } = parseArgs({
  options: {
    transactions: { type: 'string', default: '100000' },
    connections: { type: 'string', default: '8' },
    major: { type: 'string', default: '18' },
    form: { type: 'string', default: 'statements' },
    tolerate: { type: 'string', default: '' },
    seed: { type: 'string', default: String(Math.trunc(Math.random() * 2 ** 20)) },
  },
})

const main = async (): Promise<void> => {
  const major = Number(values.major) as Major
  const seed = Number(values.seed)
  process.stdout.write(`seed ${seed}, Postgres ${major}\n`)
  const server = await startServer(major, { settings: { shared_buffers: '256MB' } })
  try {
    for (const locking of ['chaos', 'ordered'] as const) {
      for (const recorded of [false, true]) {
        const tally = await runWorkload({
          url: await server.createDatabase('soak'),
          major,
          seed,
          transactions: Number(values.transactions),
          connections: Number(values.connections),
          locking,
          form: values.form as Form,
          recorded,
          tolerated: values.tolerate.split(',').filter((name): name is ChainProblem => name in chainProblems),
        })
        process.stdout.write(`${locking}, ${recorded ? 'recorded' : 'without history'}: ${JSON.stringify(tally)}\n`)
      }
    }
  } finally {
    await server.stop()
  }
}

await main()
