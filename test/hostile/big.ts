/**
 * The life of `life.test.ts` on a schema of real size, on a server of its own:
 * `node --import tsx test/hostile/big.ts [--major 18] [--seed 1] [--tables 1400] [--schemas 27] [--flyway]`
 */
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { join } from 'node:path'
import pg from 'pg'
import { startFlyway } from '../support/flyway.ts'
import { migrate } from '../support/migrate.ts'
import { type Major, startServer } from '../support/server.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { live } from './life.ts'
import { makeSchema } from './make-schema.ts'
import { openDatabase } from './open-database.ts'

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      major: { type: 'string', default: '18' },
      seed: { type: 'string', default: '1' },
      tables: { type: 'string', default: '1400' },
      schemas: { type: 'string', default: '27' },
      flyway: { type: 'boolean', default: false },
    },
  })
  const [serverMajor, seed, tables, schemas] = [values.major, values.seed, values.tables, values.schemas].map(Number)
  if (!serverMajor || !seed || !tables || !schemas) throw new RangeError('numbers, please')
  const server = await startServer(serverMajor as Major)
  const flyway = values.flyway ? await startFlyway() : undefined
  const started = performance.now()
  const say = (message: string): void =>
    console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${message}`)
  try {
    const url = await server.createDatabase()
    const db = await openDatabase(url)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      const { rows, transactions } = await withTemporaryFolder((root) => {
        const schema = makeSchema(seed, { schemas, tables, columns: 14, serverMajor })
        const types = new Set(schema.tables.flatMap(({ columns }) => columns.map(({ type }) => type.sql)))
        say(`${tables} tables in ${schemas} schemas, ${types.size} column types`)
        let first = true
        // A session keeps what it has planned for every table it writes to; nobody's session writes to them all.
        let writer = db
        const renew = async (): Promise<void> => {
          if (writer !== db) await writer.close()
          writer = await openDatabase(url)
        }
        const run = async (): Promise<unknown> => {
          if (first || !values.flyway) {
            first = false
            return migrate(db, root)
          }
          const answer = await flyway?.ask('migrate', { url, locations: `filesystem:${join(root, 'migrations')}` })
          if (answer?.[0]?.[0] !== 'ok') throw new Error(`flyway migrate: ${answer?.[0]?.join(': ') ?? 'is not here'}`)
          return undefined
        }
        return live({
          root,
          db,
          connection: client,
          url,
          schema,
          rounds: 4,
          rowsRead: 2,
          seed,
          migrate: run,
          say,
          writer: () => writer,
          renew,
        })
      })
      say(`${transactions} transactions written, ${rows} rows read back`)
    } finally {
      await client.end()
      await db.close()
    }
  } finally {
    await flyway?.stop()
    await server.stop()
  }
}

await main()
