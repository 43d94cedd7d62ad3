import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findOrphans } from '../../src/plan/orphans.ts'
import { apply, describeModel, look } from '../evolution/evolve.ts'
import { testOnEachDatabase } from '../support/databases.ts'

const options = { versioned: {}, transactionTable: 'transaction' }

testOnEachDatabase(test, 'the history of a dropped table is an orphan; what looks like one is not', async (db) => {
  await db.script(`create table mine (mine_guid uuid primary key, mine_no text);
    create table pit (id integer primary key);
    create table mine_document_version (id integer primary key, mine_guid uuid, version integer not null);
    create table ledger (id integer, transaction_id bigint not null, kind smallint not null, primary key (id, transaction_id))`)
  for (const table of ['mine', 'pit']) await apply(db, (await look(db, describeModel(table, {}))).migrations)
  const before = await look(db, describeModel('mine', {}))
  assert.equal(findOrphans(before.catalog, [before.resolved], options), [])

  await db.script('drop table mine')
  const after = await look(db, describeModel('mine', {}))
  assert.equal(
    after.findings.map(({ code }) => code),
    ['table-missing'],
  )
  assert.equal(findOrphans(after.catalog, [after.resolved], options), [
    {
      code: 'version-table-orphan',
      severity: 'warning',
      object: 'public.mine_version',
      expected: 'a base table',
      actual: null,
      message: 'public.mine_version is the history of a table that is gone: it stays until somebody drops it',
      fix: null,
      where: null,
    },
  ])
})

testOnEachDatabase(test, 'a history that a renamed table still writes is no orphan', async (db) => {
  await db.script('create table mine (mine_guid uuid primary key, mine_no text)')
  await apply(db, (await look(db, describeModel('mine', {}))).migrations)
  await db.script('alter table mine rename to pit')
  const { catalog, resolved } = await look(db, describeModel('pit', {}))
  assert.equal(findOrphans(catalog, [resolved], options), [])
})

testOnEachDatabase(test, 'a copy of a history that is there is no orphan', async (db) => {
  await db.script('create table mine (mine_guid uuid primary key, mine_no text)')
  await apply(db, (await look(db, describeModel('mine', {}))).migrations)
  await db.script('create table mine_version2 (like mine_version including all)')
  const { catalog, resolved, findings } = await look(db, describeModel('mine', {}))
  assert.equal([findings, findOrphans(catalog, [resolved], options), findOrphans(catalog, [], options)], [[], [], []])
  await db.script(
    'drop table mine; create table pit (mine_guid uuid primary key); create table pit_version (like mine_version including all)',
  )
  const after = await look(db, describeModel('mine', {}))
  assert.equal(
    findOrphans(after.catalog, [], options).map(({ object }) => object),
    ['public.mine_version', 'public.mine_version2'],
  )
})

testOnEachDatabase(test, 'a copy is not taken for the history that was dropped', async (db) => {
  await db.script('create table mine (mine_guid uuid primary key, mine_no text)')
  await apply(db, (await look(db, describeModel('mine', {}))).migrations)
  await db.script('create table mine_version2 (like mine_version including all); drop table mine_version cascade')
  const { findings } = await look(db, describeModel('mine', {}))
  assert.is(findings[0]?.message, 'public.mine has no version table')
})

testOnEachDatabase(test, 'a renamed table without a model is not gone', async (db) => {
  await db.script('create table mine (mine_guid uuid primary key, mine_no text)')
  await apply(db, (await look(db, describeModel('mine', {}))).migrations)
  await db.script('alter table mine rename to pit')
  const { catalog } = await look(db, describeModel('mine', {}))
  assert.equal(
    findOrphans(catalog, [], options).map(({ message }) => message),
    [
      'public.mine_version is the history of public.pit, which was renamed and has no model: its triggers go on writing it',
    ],
  )
})

testOnEachDatabase(test, 'a long name of a table that is there makes no orphan of its history', async (db) => {
  const name = `a_name_of_${'sixty_three_bytes_'.repeat(4)}`.slice(0, 63)
  const brief = 'é'.repeat(29)
  await db.script(`create table ${name} (mine_guid uuid primary key); create table ${brief} (id integer primary key)`)
  for (const table of [name, brief]) await apply(db, (await look(db, describeModel(table, {}))).migrations)
  const { catalog } = await look(db, describeModel('pit', {}))
  assert.equal(findOrphans(catalog, [], options), [])
  await db.script(`drop table ${name}`)
  const after = await look(db, describeModel('pit', {}))
  assert.is(findOrphans(after.catalog, [], options).length, 1)
})

test.run()
