import pg from 'pg'
import { test } from 'uvu'
import { eachDatabase } from '../support/databases.ts'
import { migrate } from '../support/migrate.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { live } from './life.ts'
import { makeSchema } from './make-schema.ts'

eachDatabase((name, open) => {
  const serverMajor = Number(/\d+/.exec(name)?.[0] ?? 18)
  const seed = 2026 + serverMajor

  test(`hostile names and every type: generate, apply, record, read, check (${name}, seed ${seed})`, () =>
    withTemporaryFolder(async (root) => {
      const db = await open()
      const client = db.url === undefined ? undefined : new pg.Client({ connectionString: db.url })
      try {
        await client?.connect()
        const connection = client ?? db.pglite
        if (connection === undefined) throw new Error('no connection')
        const schema = makeSchema(seed, { schemas: 5, tables: 24, columns: 14, serverMajor })
        await live({
          root,
          db,
          connection,
          url: db.url,
          schema,
          rounds: 4,
          rowsRead: 3,
          seed,
          migrate: () => migrate(db, root),
        })
      } finally {
        await client?.end()
        await db.close()
      }
    }))
})

test.run()
