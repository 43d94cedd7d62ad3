import { execFile } from 'node:child_process'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import type { Express } from 'express'
import type { FastifyInstance } from 'fastify'
import type { Hono } from 'hono'
import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSettings } from '../../src/config/load-settings.ts'
import { generate } from '../../src/project.ts'
import { eachServer, majors, type TestDatabase } from '../support/databases.ts'
import { migrate } from '../support/migrate.ts'
import { copyMines } from '../support/mines.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const require = createRequire(import.meta.url)

const text = await readFile(join(root, 'docs/integrations.md'), 'utf8')

/** The examples, by file name: those that others import say it themselves. */
const examples: ReadonlyMap<string, string> = new Map(
  [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block = ''], i) => [
    /^\/\/ (\S+\.ts)\n/.exec(block)?.[1] ?? `example-${i}.ts`,
    block,
  ]),
)
const programs = [...examples.keys()].filter((name) => name.startsWith('example-'))

const installed = [
  '@electric-sql',
  '@types',
  'drizzle-orm',
  'express',
  'fastify',
  'hono',
  'kysely',
  'pg',
  'postgres',
  'typeorm',
]

/** A project with the mines, their accessors, all the libraries and the examples. */
const createProject = async (folder: string): Promise<void> => {
  await copyMines(folder)
  for (const name of installed) await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  const settings = await loadSettings({ cwd: folder, env: {}, flags: { shadow: true } })
  await generate(settings, { tables: ['mine'], all: false }, { dryRun: false, force: false, now: new Date() })
  for (const [name, block] of examples) await writeFile(join(folder, name), block)
}

const compile = async (folder: string): Promise<void> => {
  const compilerOptions = {
    target: 'ES2023',
    lib: ['ES2023'],
    module: 'NodeNext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    types: ['node'],
    paths: { 'versiongen/history': [join(root, 'src/history/mod.ts')] },
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [...examples.keys()] }))
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
  const outcome = await promisify(execFile)('node', [tsc, '-p', folder], { cwd: folder }).catch(
    (error: { readonly stdout?: string }) => error,
  )
  assert.is(outcome.stdout, '')
}

const importFrom = async <Module>(folder: string, name: string): Promise<Module> =>
  (await import(pathToFileURL(join(folder, name)).href)) as Module

const notesSince = (db: Pick<TestDatabase, 'query'>, transaction: string) =>
  db.query<{ mine_note: string; user_id: string | null }>(
    `select v.mine_note, t.user_id from mine_version v join transaction t on t.id = v.transaction_id
     where v.transaction_id > $1::text::bigint order by t.id`,
    [transaction],
  )

const lastTransaction = async (db: Pick<TestDatabase, 'query'>): Promise<string> => {
  const [row] = await db.query<{ id: string }>('select max(id)::text as id from transaction')
  return row?.id ?? ''
}

/** What each example leaves behind, in the order of the page; where the first version came back, there is no note. */
const recorded = [
  { mine_note: '', user_id: 'chan' },
  { mine_note: 'Pumped out.', user_id: null },
  { mine_note: '', user_id: null },
  { mine_note: 'Sold, really.', user_id: 'singh' },
  { mine_note: 'Leased.', user_id: null },
  { mine_note: 'Returned.', user_id: 'brown' },
  { mine_note: '', user_id: null },
  { mine_note: 'Open again.', user_id: 'ann' },
]

test('every library has an example', () => {
  const sections = text.split(/^##+ /m).slice(1)
  for (const section of sections.filter((each) => !/^(Who is acting|Behind a pooler)/.test(each))) {
    assert.ok(section.includes('```ts'), section.split('\n')[0])
  }
})

eachServer((name, open, major) => {
  // It takes a while, and the libraries have tests of their own, under Deno, too.
  if (major !== majors.at(-1) || 'Deno' in globalThis) return
  test(`the examples of docs/integrations.md compile, run, and record who acted (${name})`, () =>
    withTemporaryFolder(async (folder) => {
      const database = await open()
      const { env } = process
      const before = { cwd: process.cwd(), url: env['DATABASE_URL'] }
      try {
        await createProject(folder)
        await compile(folder)
        await migrate(database, folder)
        await migratePglite(folder)

        const start = await lastTransaction(database)
        env['DATABASE_URL'] = database.url
        process.chdir(folder)
        assert.is(programs.length, 7)
        for (const program of programs) await importFrom(folder, program)
        assert.equal(await notesSince(database, start), recorded)

        await checkServers(folder, database)
      } finally {
        process.chdir(before.cwd)
        if (before.url === undefined) delete env['DATABASE_URL']
        else env['DATABASE_URL'] = before.url
        await database.close()
      }
    }))
})

/** In the folder where the example looks for it. */
const migratePglite = async (folder: string): Promise<void> => {
  const pglite = await PGlite.create(join(folder, 'pgdata'))
  await migrate(
    {
      driver: 'pglite',
      label: 'PGlite',
      query: async <Row extends object>(sql: string, parameters: readonly unknown[] = []) =>
        (await pglite.query<Row>(sql, [...parameters])).rows,
      script: async (sql) => void (await pglite.exec(sql)),
      close: () => pglite.close(),
    },
    folder,
  )
  await pglite.close()
}

type Put = (path: string, user: string) => Promise<number>

const checkServers = async (folder: string, database: TestDatabase): Promise<void> => {
  const pool = new pg.Pool({ connectionString: database.url, max: 2 })
  try {
    const { createApp: createExpress } = await importFrom<{ createApp: (pool: pg.Pool) => Express }>(
      folder,
      'express.ts',
    )
    const server = createExpress(pool).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await checkActors(database, 'express', async (path, user) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'PUT', headers: { 'x-user': user } })
      await response.text()
      return response.status
    })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))

    const { createApp: createFastify } = await importFrom<{ createApp: (pool: pg.Pool) => FastifyInstance }>(
      folder,
      'fastify.ts',
    )
    const fastify = createFastify(pool)
    await checkActors(
      database,
      'fastify',
      async (url, user) =>
        (await fastify.inject({ method: 'PUT', url, headers: { 'x-user': user }, payload: { body: 'parsed' } }))
          .statusCode,
    )
    await fastify.close()

    const { createApp: createHono } = await importFrom<{ createApp: (pool: pg.Pool) => Hono }>(folder, 'hono.ts')
    const hono = createHono(pool)
    await checkActors(
      database,
      'hono',
      async (path, user) => (await hono.request(path, { method: 'PUT', headers: { 'x-user': user } })).status,
    )

    const { actors } = await importFrom<{ actors: { run<T>(actor: object, work: () => T): T } }>(folder, 'actor.ts')
    const { transact } = await importFrom<{ transact: (db: pg.Pool, work: () => Promise<string>) => Promise<string> }>(
      folder,
      'strict.ts',
    )
    const refused = await transact(pool, async () => 'done').catch((error: Error) => error.message)
    assert.is(refused, 'nobody is signed in')
    assert.is(await actors.run({ userId: 'ann' }, () => transact(pool, async () => 'done')), 'done')
  } finally {
    await pool.end()
  }
}

/** Requests at the same time, each in the name of its own user. */
const checkActors = async (database: TestDatabase, framework: string, put: Put): Promise<void> => {
  const start = await lastTransaction(database)
  const users = Array.from({ length: 6 }, (_, i) => `${framework} ${i}`)
  const statuses = await Promise.all(users.map((user) => put(`/mine/${encodeURIComponent(`by ${user}`)}`, user)))
  assert.ok(
    statuses.every((status) => status < 300),
    `${framework}: ${statuses.join()}`,
  )
  const rows = await database.query<{ mine_name: string; user_id: string }>(
    `select v.mine_name, t.user_id from mine_version v join transaction t on t.id = v.transaction_id
     where v.transaction_id > $1::text::bigint`,
    [start],
  )
  assert.is(rows.length, users.length)
  for (const { mine_name, user_id } of rows) assert.is(mine_name, `by ${user_id}`)
}

test.run()
