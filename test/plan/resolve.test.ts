import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { resolveModel } from '../../src/plan/resolve.ts'
import { readInSnapshot } from '../catalog/read-in-snapshot.ts'
import { apply, describeModel, look } from '../evolution/evolve.ts'
import { testOnEachDatabase, type TestDatabase } from '../support/databases.ts'

const options = { versioned: {}, transactionTable: 'transaction' }

const refused = async (db: TestDatabase, table: string, versionTable?: string): Promise<readonly unknown[]> => {
  const { table: resolved, findings } = resolveModel(describeModel(table, {}), await readInSnapshot(db), {
    ...options,
    versioned: versionTable === undefined ? {} : { versionTable },
  })
  return [resolved, ...findings.map(({ code, severity, message }) => `${severity} ${code}: ${message}`)]
}

testOnEachDatabase(test, 'what histories consist of can have no history', async (db) => {
  await db.script(
    `create schema audit; create table mine (mine_no text primary key); create table permit (no int primary key)`,
  )
  await apply(db, (await look(db, describeModel('mine', {}))).migrations)
  await apply(db, (await look(db, describeModel('permit', { versionTable: 'audit.%s_log', writer: 'orm' }))).migrations)
  const because = (part: string): string =>
    `error table-missing: ${part} and can have none of its own: take the mark from the model Mine`
  assert.equal(await refused(db, 'transaction'), [
    undefined,
    because('public.transaction is the transaction table of histories'),
  ])
  assert.equal(await refused(db, 'mine_version'), [
    undefined,
    because('public.mine_version is the history of public.mine'),
  ])
  assert.equal(await refused(db, 'audit.permit_log', 'audit.%s_log'), [
    undefined,
    because('audit.permit_log is the history of public.permit'),
  ])
})

testOnEachDatabase(test, 'tables that only have the names of histories can have one', async (db) => {
  await db.script(`create table mine (mine_no text primary key);
    create table mine_version (id int primary key, mine_no text);
    create table transaction (id int primary key, amount numeric not null)`)
  const catalog = await readInSnapshot(db)
  for (const name of ['mine_version', 'transaction']) {
    const { table } = resolveModel(describeModel(name, {}), catalog, { ...options, transactionTable: 'changes' })
    assert.is(table?.base.name, name)
  }
})

testOnEachDatabase(test, 'children without a model are named, and no others', async (db) => {
  await db.script(`create table vehicle (id int primary key);
    create table truck (primary key (id)) inherits (vehicle); create table bus (primary key (id)) inherits (vehicle)`)
  const catalog = await readInSnapshot(db)
  const said = (...tables: readonly string[]): readonly string[] => {
    const models = tables.map((table) => describeModel(table, {}))
    return models
      .flatMap((model) => resolveModel(model, catalog, options, models).findings)
      .map(({ message }) => message.replace(/ are not .*/, ''))
  }
  assert.equal(said('vehicle'), ['rows of public.bus, public.truck'])
  assert.equal(said('vehicle', 'public.truck'), ['rows of public.bus'])
  assert.equal(said('vehicle', 'truck', 'bus'), [])
})

test.run()
