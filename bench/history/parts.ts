import { execFile } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type pg from 'pg'
import type * as api from '../../src/history/mod.ts'
import { continuumPackages, preparePython } from '../../test/support/python.ts'
import { type Contender, measure, type Sample } from './measure.ts'
import { descriptor, type Item, middleOf, type Size } from './tables.ts'

/** As published: what runs the sources gives every function in them a name, at a third of the time they take. */
const published = new URL('../../dist/src/history/mod.js', import.meta.url)
const { createHistory } = (await import(published.href)) as typeof api

/** What was measured: the first sample set is what the others are told against. */
export interface Measurement {
  readonly name: string
  readonly what: string
  readonly samples: ReadonlyMap<string, readonly Sample[]>
  /** How many times the first the second may take. */
  readonly limit?: number
}

export interface Bench {
  readonly client: pg.Client
  readonly url: string
  /** Of the server's process behind {@link client}. */
  readonly pid: number
  readonly size: Size
  readonly rounds: number
  readonly say: (message: string) => void
}

const ours = 'versiongen'
const columns = `v.id, v.name, v.status, v.transaction_id, v.operation_type, t.issued_at, t.user_id, t.remote_addr`
const tables = `item_version v left join transaction t on t.id = v.transaction_id`

/** Versions of one row, and one of them, against what one would write by hand. */
export const readRecords = async (bench: Bench): Promise<readonly Measurement[]> => {
  const { client, size } = bench
  const history = openHistory(client)
  const { when } = middleOf(size)
  const key = (n: number) => (n * 7919) % size.rows
  const byHand = (text: string, ...values: readonly unknown[]): Contender => ({
    name: 'by hand',
    read: (n) => client.query({ text, values: [key(n), ...values] }),
  })
  const contest = (contender: Contender, read: Contender['read']) =>
    measure([contender, { name: ours, read }], { ...bench, repeat: 200 })

  const primaryKey = byHand('select id, name, status from item where id = $1')
  const asOf = (n: number) => history.asOf(when).find({ id: key(n) })
  await sayPlan(bench, `asOf(when).find(key)`, () => asOf(0))
  return [
    {
      name: 'versions',
      what: `versions(key) of ${size.versions}, with changesets, against SELECT … ORDER BY`,
      samples: await contest(
        byHand(`select ${columns} from ${tables} where v.id = $1 order by v.transaction_id`),
        (n) => history.versions({ id: key(n) }),
      ),
      limit: 1.15,
    },
    {
      name: 'at',
      what: 'at(key, when), which also tells index and changeset, against a SELECT that reads those, too',
      samples: await contest(
        byHand(
          `select ${columns}, row_number() over (order by v.transaction_id) - 1 from ${tables}
           where v.id = $1 and t.issued_at <= $2 order by v.transaction_id desc limit 2`,
          when,
        ),
        (n) => history.at({ id: key(n) }, when),
      ),
      limit: 1.15,
    },
    {
      name: 'at, bare',
      what: 'the same against a SELECT of the version alone',
      samples: await contest(
        byHand(
          `select ${columns} from ${tables}
           where v.id = $1 and t.issued_at <= $2 order by v.transaction_id desc limit 1`,
          when,
        ),
        (n) => history.at({ id: key(n) }, when),
      ),
    },
    {
      name: 'as of, key',
      what: 'asOf(when).find(key), against a look-up of the live row by its primary key',
      samples: await contest(primaryKey, asOf),
      limit: 3,
    },
    {
      name: 'at, key',
      what: 'at(key, when), against a look-up of the live row by its primary key',
      samples: await contest(primaryKey, (n) => history.at({ id: key(n) }, when)),
    },
  ]
}

/** The whole table as it was. */
export const readWhole = async (bench: Bench): Promise<readonly Measurement[]> => {
  const { client, size } = bench
  const history = openHistory(client)
  const { id, when } = middleOf(size)
  const held = `v.transaction_id <= ${id} and (v.end_transaction_id is null or v.end_transaction_id > ${id}) and v.operation_type <> 2`
  const contest = (text: string, read: Contender['read']) =>
    measure(
      [
        { name: 'by hand', read: () => client.query(text) },
        { name: ours, read },
      ],
      {
        ...bench,
        rounds: Math.min(bench.rounds, 5),
        repeat: 1,
      },
    )
  return [
    {
      name: 'as of, whole',
      what: `asOf(when).all() of ${size.rows} rows, against SELECT … WHERE the id is between, which is given the id`,
      samples: await contest(`select ${columns} from ${tables} where ${held} order by v.id`, () =>
        history.asOf(when).all(),
      ),
      limit: 1.2,
    },
    {
      name: 'as of, count',
      what: 'asOf(when).count(), against SELECT count(*)',
      samples: await contest(`select count(*) from item_version v where ${held}`, () => history.asOf(when).count()),
      limit: 1.2,
    },
  ]
}

/** Rows with many versions and all that changed in each: one query here; SQLAlchemy-Continuum's `all_versions` there. */
export const readChangesets = async (bench: Bench): Promise<readonly Measurement[]> => {
  const { client, url, size, say } = bench
  const history = openHistory(client)
  const readings = Math.max(20, bench.rounds * 5)
  const python = await preparePython(continuumPackages)
  const script = fileURLToPath(new URL('continuum.py', import.meta.url))
  const address = url.replace('postgres://', 'postgresql+psycopg://')
  let queries = 0
  const counting = new Proxy(client, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...parameters: unknown[]) => {
        if (name === 'query') queries++
        return Reflect.apply(value, target, parameters) as unknown
      }
    },
  })
  await openHistory(counting).versions({ id: 1 })
  say(`${size.versions} versions with changesets: ${queries} query`)
  const { stdout } = await promisify(execFile)(python, [script, address, String(readings), String(size.versions)])
  const theirs = (JSON.parse(stdout) as [number, number][]).slice(1).map(([wall]) => ({ wall, processor: undefined }))
  const read = async (n: number) => {
    for (const { changeset } of await history.versions({ id: n % size.rows })) void changeset
  }
  const samples = await measure([{ name: ours, read }], { ...bench, repeat: 20 })
  return [
    {
      name: 'changesets',
      what: `${size.versions} versions with their changesets, against SQLAlchemy-Continuum's all_versions`,
      samples: new Map([['Continuum', theirs], ...samples]),
      limit: 1,
    },
  ]
}

/** Every change there ever was, one after the other: how long, and in how much memory. */
export const readStream = async ({ client, say }: Bench): Promise<readonly Measurement[]> => {
  const history = openHistory(client)
  const before = heap()
  let highest = before
  let count = 0
  const start = performance.now()
  for await (const _ of history.stream()) if (++count % 100_000 === 0) highest = Math.max(highest, heap())
  const seconds = (performance.now() - start) / 1000
  say(`stream of ${count} versions: ${seconds.toFixed(1)} s, ${heapSays(before, highest)}`)
  return []
}

/** A whole history looked through for violations. */
export const readVerify = async ({ client, size, say }: Bench): Promise<readonly Measurement[]> => {
  const before = heap()
  const start = performance.now()
  let violations = 0
  for await (const _ of openHistory(client).verify()) violations++
  const seconds = (performance.now() - start) / 1000
  say(`verify of ${size.rows * size.versions} versions: ${seconds.toFixed(1)} s, ${violations} violations`)

  await client.query('begin; update item_version set end_transaction_id = null')
  let highest = before
  for await (const _ of openHistory(client).verify()) {
    if (++violations % 100_000 === 0) highest = Math.max(highest, heap())
  }
  await client.query('rollback')
  say(`verify of a history where ${violations} versions are wrong: ${heapSays(before, highest)}`)
  return []
}

const openHistory = (client: pg.Client) => createHistory<{ readonly id: number }, Item>(client, descriptor)

const heap = (): number => {
  ;(globalThis as { gc?: () => void }).gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const heapSays = (before: number, highest: number): string =>
  `heap ${before.toFixed(1)} MiB before, at most ${highest.toFixed(1)} MiB`

/** Tells how the server gets at the rows of the statement that `read` sends. */
const sayPlan = async ({ client, say }: Bench, what: string, read: () => Promise<unknown>): Promise<void> => {
  const query = client.query.bind(client) as (...parameters: unknown[]) => unknown
  const sent: { readonly text: string; readonly values: readonly string[] }[] = []
  Object.assign(client, {
    query: (statement: { readonly text: string; readonly values: readonly string[] }) => {
      sent.push(statement)
      return query(statement)
    },
  })
  await read()
  Object.assign(client, { query })
  for (const { text, values } of sent) {
    const literals = values.map((value) => client.escapeLiteral(value))
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `explain (costs off) ${text.replaceAll(/\$(\d+)/g, (_, n: string) => literals[Number(n) - 1] ?? 'null')}`,
    )
    const scans = rows.flatMap(({ 'QUERY PLAN': line }) => /\w+( \w+)* Scan.*/.exec(line)?.[0] ?? [])
    say(`${what}: ${scans.join('; ')}`)
  }
}
