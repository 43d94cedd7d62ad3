import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { askInTurn } from '../../src/catalog/in-turn.ts'
import { findRelation } from '../../src/catalog/lookup.ts'
import { readCatalog } from '../../src/catalog/read.ts'
import { connect } from '../../src/database/connect.ts'
import type { Database } from '../../src/database/types.ts'
import { eachServer, testOnEachDatabase } from '../support/databases.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { describeCatalog } from './describe.ts'
import { makeRoles } from './make-roles.ts'
import { readInSnapshot } from './read-in-snapshot.ts'

const makeFixtures = async (db: Database, ...names: readonly string[]): Promise<void> => {
  await makeRoles(db)
  for (const name of names) await db.script(await readFile(fixtureUrl(`catalog/${name}/schema.sql`), 'utf8'))
}

testOnEachDatabase(test, 'a role without any rights reads the same', async (database) => {
  await makeFixtures(database, 'user-types', 'partitions', 'triggers', 'security', 'columns')
  const expected = await readInSnapshot(database)
  await database.script('set role catalog_writer')
  const { currentUser, ...rest } = await readInSnapshot(database, expected.searchPath)
  assert.is(currentUser, 'catalog_writer')
  assert.equal({ ...rest, currentUser: expected.currentUser }, expected)
})

testOnEachDatabase(test, 'settings of the session change nothing', async (database) => {
  await makeFixtures(database, 'user-types', 'partitions', 'triggers', 'columns')
  const expected = await describeCatalog(await readInSnapshot(database))
  await database.script(`
    create schema "evil ""one";
    create table "evil ""one".pg_class (oid oid); create type "evil ""one".uuid as enum ();
    set search_path = "evil ""one", codes, app, pg_catalog, public;
    set datestyle = 'German'; set quote_all_identifiers = on; set enable_hashagg = off; set enable_sort = off`)
  const catalog = await readInSnapshot(database)
  assert.equal(catalog.searchPath, ['evil "one', 'codes', 'app', 'public'])
  await database.script('reset all; drop schema "evil ""one" cascade')
  const schemas = catalog.schemas.filter((schema) => schema !== 'evil "one')
  const relations = catalog.relations.filter(({ schema }) => schema !== 'evil "one')
  assert.is(await describeCatalog({ ...catalog, schemas, relations }), expected)
})

testOnEachDatabase(test, 'a database without any table', async (database) => {
  const catalog = await readInSnapshot(database)
  assert.equal([catalog.relations, catalog.functions, catalog.sequences], [[], [], []])
  assert.equal([catalog.schemas, catalog.searchPath], [['public'], ['public']])
  assert.ok(catalog.serverVersion >= 140000)
  assert.is(catalog.currentUser, 'postgres')
})

testOnEachDatabase(test, 'a query that fails is the last one, and its error comes out', async (database) => {
  const rejections: unknown[] = []
  const note = (reason: unknown): unknown => rejections.push(reason)
  process.on('unhandledRejection', note)
  for (let failing = 1; failing <= 15; failing++) {
    let queries = 0
    const query: Database['query'] = (sql, parameters) => {
      queries++
      return database.query(queries === failing ? 'select no_such_column' : sql, parameters)
    }
    const error = await readCatalog({ ...database, query }).then(
      () => undefined,
      (reason: Error) => reason,
    )
    assert.match(error?.message ?? 'no error', 'no_such_column')
    assert.is(queries, failing)
  }
  await new Promise((resolve) => setTimeout(resolve, 10))
  process.off('unhandledRejection', note)
  assert.equal(rejections, [])
})

testOnEachDatabase(test, 'one query runs at a time, in the order they were asked', async (database) => {
  let running = 0
  const seen: string[] = []
  const ask = askInTurn({
    ...database,
    query: async (sql) => {
      assert.is(++running, 1)
      seen.push(sql)
      const rows = await database.query(sql)
      running--
      return rows as readonly never[]
    },
  })
  const answers = await Promise.all(
    ['select 1 as n', 'select 2 as n', 'select 3 as n'].map((sql) => ask<{ n: number }>(sql)),
  )
  assert.equal(answers, [[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]])
  assert.equal(seen, ['select 1 as n', 'select 2 as n', 'select 3 as n'])
})

eachServer((name, open) => {
  test(`every driver reads the same (${name})`, async () => {
    const database = await open()
    try {
      await makeFixtures(database, 'user-types', 'partitions', 'triggers', 'security', 'columns', 'hostile-names')
      const expected = await readInSnapshot(database)
      for (const driver of ['pg', 'postgres'] as const) {
        const db = await connect({ kind: 'server', url: database.url }, { driver, env: {} })
        try {
          assert.equal(await readInSnapshot(db), expected, driver)
        } finally {
          await db.close()
        }
      }
    } finally {
      await database.close()
    }
  })

  test(`what another session drops meanwhile is left out (${name})`, async () => {
    const database = await open()
    const other = await connect({ kind: 'server', url: database.url }, { driver: 'pg', env: {} })
    try {
      await makeFixtures(database, 'triggers')
      await database.script('create index shaft_name on shaft (name)')
      await database.script('begin isolation level repeatable read read only; select 1')
      await other.script(
        'drop trigger a_before_row on shaft; drop index shaft_name; alter table shaft drop column area cascade',
      )
      const shaft = findRelation(await readCatalog(database), 'public', 'shaft')
      await database.script('commit')
      assert.equal(
        shaft?.indexes.map((index) => index.name),
        ['shaft_pkey'],
      )
      assert.not.ok(shaft?.triggers.some((trigger) => trigger.name === 'a_before_row'))
      assert.ok(shaft?.triggers.some((trigger) => trigger.name === 'b_after_statement'))
      assert.equal(
        shaft?.columns.map((column) => column.name),
        ['id', 'name', 'area', 'parent'],
      )
    } finally {
      await other.close()
      await database.close()
    }
  })
})

test('PGlite by its own driver', async () => {
  const db = await connect({ kind: 'server', url: 'memory:' }, { driver: 'pglite', env: {} })
  try {
    await makeFixtures(db, 'security')
    const expected = await readFile(fixtureUrl('catalog/security/expected.json'), 'utf8')
    assert.is(await describeCatalog(await readInSnapshot(db)), expected)
  } finally {
    await db.close()
  }
})

test.run()
