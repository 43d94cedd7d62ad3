import process from 'node:process'
import pg from 'pg'
import { createHistory, type TableDescriptor } from '../../src/history/mod.ts'
import { startBenchmarkServer } from '../lib/server.ts'
import { spreadOf } from '../lib/statistics.ts'

/**
 * Reading history against hand-written SQL through the same driver: `node --expose-gc --import tsx bench/history/main.ts [rows] [versions of each]`.
 */
const rows = Number(process.argv[2] ?? 100_000)
const versionsEach = Number(process.argv[3] ?? 10)

const descriptor: TableDescriptor = {
  table: { schema: 'public', name: 'item' },
  versionTable: { schema: 'public', name: 'item_version' },
  transactionTable: { schema: 'public', name: 'transaction', issuedAt: 'timestamptz', remoteAddr: true, userId: true },
  transactionColumn: 'transaction_id',
  endTransactionColumn: 'end_transaction_id',
  operationColumn: 'operation_type',
  key: ['id'],
  columns: [
    { name: 'id', codec: 'number', cast: 'int4', required: true },
    { name: 'name', codec: 'text', cast: 'text' },
    { name: 'status', codec: 'text', cast: 'text' },
  ],
}

interface Item {
  readonly id: number
  readonly name: string | null
  readonly status: string | null
}

const time = async (samples: number, work: () => Promise<unknown>): Promise<number> => {
  await work()
  const times: number[] = []
  for (let i = 0; i < samples; i++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return spreadOf(times).median
}

const collectGarbage = (globalThis as { gc?: () => void }).gc
const heap = (): number => {
  collectGarbage?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const server = await startBenchmarkServer(18)
try {
  const client = new pg.Client({ connectionString: await server.createDatabase() })
  await client.connect()
  try {
    const transactions = rows * versionsEach
    await client.query(`
      create table transaction (id bigint primary key, issued_at timestamptz not null, remote_addr text, user_id text);
      create table item_version (id int, name text, status text, transaction_id bigint, end_transaction_id bigint,
        operation_type smallint, primary key (id, transaction_id));
      insert into transaction select n, '2020-01-01'::timestamptz + n * interval '1 second', '192.0.2.1', 'user' || n % 100
        from generate_series(1, ${transactions}) as n;
      insert into item_version select n % ${rows}, 'name ' || n, 'status ' || n % 7, n,
        case when n + ${rows} <= ${transactions} then n + ${rows} end, case when n <= ${rows} then 0 else 1 end
        from generate_series(1, ${transactions}) as n`)
    await client.query('vacuum analyze transaction')
    await client.query('vacuum analyze item_version')

    const history = createHistory<{ id: number }, Item>(client, descriptor)
    const half = Math.floor(transactions / 2)
    const when = new Date(Date.UTC(2020, 0, 1) + half * 1000)
    const key = { id: 42 }
    const byHand = `select v.id, v.name, v.status, t.id, t.issued_at, t.user_id, t.remote_addr from item_version v
      left join transaction t on t.id = v.transaction_id
      where v.transaction_id <= ${half} and (v.end_transaction_id is null or v.end_transaction_id > ${half}) and v.operation_type <> 2`
    const measured: readonly (readonly [string, number, number])[] = [
      [
        'one row as of an instant',
        await time(200, () => history.asOf(when).find(key)),
        await time(200, () =>
          client.query({
            text: `${byHand.replaceAll(String(half), '(select max(id) from transaction where id <= $2)')} and v.id = $1`,
            values: [42, half],
          }),
        ),
      ],
      [
        `whole table as of an instant (${rows} rows)`,
        await time(5, () => history.asOf(when).all()),
        await time(5, () => client.query(`${byHand} order by v.id`)),
      ],
      [
        'whole table, counted',
        await time(5, () => history.asOf(when).count()),
        await time(5, () =>
          client.query(`select count(*) from item_version v where v.transaction_id <= ${half}
            and (v.end_transaction_id is null or v.end_transaction_id > ${half}) and v.operation_type <> 2`),
        ),
      ],
    ]
    for (const [what, ours, hand] of measured) {
      console.log(`${what}: ${ours.toFixed(2)} ms, by hand ${hand.toFixed(2)} ms, ${(ours / hand).toFixed(2)} ×`)
    }

    const before = heap()
    let highest = before
    let count = 0
    const start = performance.now()
    for await (const _ of history.stream()) if (++count % 100_000 === 0) highest = Math.max(highest, heap())
    const seconds = (performance.now() - start) / 1000
    console.log(
      `stream of ${count} versions: ${seconds.toFixed(1)} s, heap ${before.toFixed(1)} MiB before, at most ${highest.toFixed(1)} MiB`,
    )
  } finally {
    await client.end()
  }
} finally {
  await server.stop()
}
