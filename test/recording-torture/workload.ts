import pg from 'pg'
import { chainViolationsSql } from '../../src/sql/check-chains.ts'
import type { ChainProblem, ChainViolation } from '../../src/sql/check-chains.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import type { Step, Transaction } from './oracle.ts'
import { sampleTransactions } from './programs.ts'
import { makeRandom } from './random.ts'
import { isDeadlock, isRefusal, isSerializationFailure, isTruncateRefusal } from './refusals.ts'
import { baseDdl, tablesDdl, tablesIn } from './tables.ts'
import type { Form } from './tables.ts'

export interface Workload {
  /** Of an empty database. */
  readonly url: string
  readonly major: number
  readonly seed: number
  readonly transactions: number
  readonly connections: number
  /** `chaos`: anything, in any order. `ordered`: rows are locked in key order, so that nothing can deadlock. */
  readonly locking: 'chaos' | 'ordered'
  readonly form?: Form
  /** False: the same writes on the same tables, without triggers. */
  readonly recorded: boolean
  /** Also checks all chains again and again while the writers run. */
  readonly watched?: boolean
  /** Problems that do not count. */
  readonly tolerated?: readonly ChainProblem[]
}

export interface Tally {
  committed: number
  rolledBack: number
  /** Transactions that ended because a constraint of the base tables refused a statement. */
  refused: number
  serializationFailures: number
  deadlocks: number
  /** Transactions given up after ten attempts. */
  givenUp: number
  checks: number
  versions: number
  seconds: number
}

/**
 * Many connections write to few rows at once.
 *
 * @throws Error when a chain is broken, during the run or after it, or when the server refuses a statement for a reason
 *   that is not the base tables' own
 */
export const runWorkload = async (workload: Workload): Promise<Tally> => {
  const { url, recorded, connections, form = 'statements', watched = true, tolerated = [] } = workload
  const tables = tablesIn(form)
  const tally: Tally = {
    committed: 0,
    rolledBack: 0,
    refused: 0,
    serializationFailures: 0,
    deadlocks: 0,
    givenUp: 0,
    checks: 0,
    versions: 0,
    seconds: 0,
  }
  const pool = new pg.Pool({ connectionString: url, max: connections + 2, options: '-c deadlock_timeout=5ms' })
  try {
    await pool.query(recorded ? tablesDdl(form) : baseDdl(form))
    await pool.query(`insert into diary select n, 0 from generate_series(1, ${connections}) as n`)
    const started = performance.now()
    const progress = { left: workload.transactions, running: true }
    const writers = Array.from({ length: connections }, (_, index) => write(pool, workload, index + 1, progress, tally))
    const watcher = recorded && watched ? watch(pool, tables, tolerated, progress, tally) : Promise.resolve()
    // A failure anywhere ends the others at their next transaction.
    const all = [...writers, watcher].map((each) =>
      each.catch((error: unknown) => {
        progress.left = 0
        progress.running = false
        throw error
      }),
    )
    const writing = Promise.allSettled(all.slice(0, connections)).then(() => (progress.running = false))
    const outcomes = await Promise.allSettled(all)
    await writing
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    tally.seconds = (performance.now() - started) / 1000
    if (recorded) {
      await checkChains(pool, tables, tolerated)
      for (const { version } of tables) {
        const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from ${version.name}`)
        tally.versions += rows[0]?.n ?? 0
      }
    }
    return tally
  } finally {
    await pool.end()
  }
}

interface Progress {
  left: number
  running: boolean
}

const keys = [1, 2, 3, 4, 5, 6, 7, 8]

const write = async (
  pool: pg.Pool,
  { major, seed, locking, transactions, connections }: Workload,
  connection: number,
  progress: Progress,
  tally: Tally,
): Promise<void> => {
  const random = makeRandom(seed * 1009 + connection)
  const samples = sampleTransactions(
    { major, keys },
    seed * 1009 + connection,
    Math.ceil((transactions / connections) * 2) + 1,
  )
  const client = await pool.connect()
  try {
    for (let index = 0; progress.left > 0; index++) {
      progress.left--
      const sample = samples[index % samples.length]
      if (sample === undefined) throw new Error('no transactions')
      const steps = locking === 'ordered' ? orderedSteps(random) : calmSteps(sample.steps, random)
      const early = random() < 0.4
      const transaction = { ...sample, steps: early ? [...earlySteps(connection, random), ...steps] : steps }
      await attempt(client, transaction, isolationLevel(random), tally)
    }
  } finally {
    client.release()
  }
}

const isolationLevel = (random: () => number): string => {
  const n = random()
  return n < 0.6 ? 'read committed' : n < 0.8 ? 'repeatable read' : 'serializable'
}

/** Takes the transaction's id now and lets others overtake it. */
const earlySteps = (connection: number, random: () => number): readonly Step[] => [
  `update diary set n = n + 1 where id = ${connection}`,
  `select pg_sleep(${(random() * 0.003).toFixed(4)})`,
]

/** Statements that touch whole tables would leave nothing to be concurrent about; most are left out. */
const calmSteps = (steps: readonly Step[], random: () => number): readonly Step[] =>
  steps.slice(0, 3).flatMap((step): readonly Step[] => {
    if (typeof step !== 'string') return [{ ...step, steps: calmSteps(step.steps, random) }]
    const sweeping =
      step.startsWith('truncate') || !/where (id|no|site_id|\d) |values/.test(step) || step.includes('where id >')
    return sweeping && random() < 0.9 ? [] : [step]
  })

/** Locks rows of `site` in key order only: one by one, or all before the first is written. */
const orderedSteps = (random: () => number): readonly Step[] => {
  const locked = keys.filter(() => random() < 0.4)
  const value = `'${Math.trunc(random() * 4)}'`
  if (random() < 0.3) {
    const rows = `with locked as materialized (
      select id from site where id in (${[...locked, 9].join(', ')}) order by id for update)`
    return [
      random() < 0.8
        ? `${rows} update site set code = ${value} where id in (select id from locked)`
        : `${rows} delete from site where id in (select id from locked)`,
    ]
  }
  return locked.map((key) => {
    const n = random()
    if (n < 0.3) return `insert into site values (${key}, ${value}) on conflict do nothing`
    if (n < 0.5) return `insert into site values (${key}, ${value}) on conflict (id) do update set code = excluded.code`
    if (n < 0.85) return `update site set code = ${value} where id = ${key}`
    return `delete from site where id = ${key}`
  })
}

const attempt = async (
  client: pg.PoolClient,
  transaction: Transaction,
  isolation: string,
  tally: Tally,
): Promise<void> => {
  for (let tries = 1; tries <= 10; tries++) {
    try {
      await client.query(`begin isolation level ${isolation}`)
      await runSteps(client, transaction.steps)
      await client.query(transaction.end)
      tally[transaction.end === 'commit' ? 'committed' : 'rolledBack']++
      return
    } catch (error) {
      await client.query('rollback')
      if (isRefusal(error) || (isolation !== 'read committed' && isTruncateRefusal(error))) {
        tally.refused++
        return
      }
      if (isDeadlock(error)) tally.deadlocks++
      else if (isSerializationFailure(error)) tally.serializationFailures++
      else throw error
    }
  }
  tally.givenUp++
}

const runSteps = async (client: pg.PoolClient, steps: readonly Step[]): Promise<void> => {
  for (const step of steps) {
    if (typeof step === 'string') {
      await client.query(step)
      continue
    }
    await client.query('savepoint block')
    try {
      await runSteps(client, step.steps)
    } catch (error) {
      if (!isRefusal(error)) throw error
      await client.query('rollback to savepoint block')
    }
    if (step.savepoint === 'rollback') await client.query('rollback to savepoint block')
    await client.query('release savepoint block')
  }
}

const watch = async (
  pool: pg.Pool,
  tables: readonly VersionedTable[],
  tolerated: readonly ChainProblem[],
  progress: Progress,
  tally: Tally,
): Promise<void> => {
  while (progress.running) {
    try {
      await checkChains(pool, tables, tolerated)
      tally.checks++
    } catch (error) {
      // A TRUNCATE waits for whoever reads, too, and the reader may be the one to give way: the next round reads again.
      if (!isDeadlock(error)) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

const checkChains = async (
  pool: pg.Pool,
  tables: readonly VersionedTable[],
  tolerated: readonly ChainProblem[],
): Promise<void> => {
  for (const table of tables) {
    const result = await pool.query<ChainViolation>(violationsSql(table))
    const rows = result.rows.filter(({ problem }) => !tolerated.includes(problem))
    if (rows.length === 0) continue
    const kinds = new Map<string, number>()
    for (const { problem } of rows) kinds.set(problem, (kinds.get(problem) ?? 0) + 1)
    const summary = [...kinds].map(([problem, count]) => `${count} × ${problem}`).join(', ')
    const first = rows.slice(0, 5).map((row) => JSON.stringify(row))
    throw new Error(`${table.version.name} is broken: ${summary}; such as\n${first.join('\n')}`)
  }
}

/**
 * Left out is the known limit of isolation.test.ts: a key that came and went, unseen by the transaction that inserts it
 * again, leaves the version that says it went open.
 */
const violationsSql = (table: VersionedTable): string => `
  select violation.* from (${chainViolationsSql(table, { compareLive: true })}) as violation
  where problem <> 'open-not-last' or not exists (
    select from ${table.version.name} as v
    where v.transaction_id::text = violation.transaction_id and to_jsonb(v) @> key::jsonb and operation_type = 2)`
