import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFile } from 'node:fs/promises'
import { findFunction, findHelperFunction, findRelation } from '../../src/catalog/lookup.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { testOnEachDatabase } from '../support/databases.ts'
import { readInSnapshot } from './read-in-snapshot.ts'

testOnEachDatabase(test, 'an unqualified name is looked up along the search path', async (database) => {
  await database.script(`
    create schema first; create schema second;
    create table first.shared (); create table second.shared (); create table second.own (); create table public.hidden ()`)
  const catalog = await readInSnapshot(database, ['missing', 'pg_catalog', 'first', 'second'])
  assert.equal(catalog.searchPath, ['first', 'second'])
  assert.is(findRelation(catalog, undefined, 'shared')?.schema, 'first')
  assert.is(findRelation(catalog, undefined, 'own')?.schema, 'second')
  assert.is(findRelation(catalog, undefined, 'hidden'), undefined)
  assert.is(findRelation(catalog, undefined, 'pg_class'), undefined)
  assert.is(findRelation(catalog, 'second', 'shared')?.schema, 'second')
  assert.is(findRelation(catalog, 'second', 'Shared'), undefined)
  assert.is(findRelation(catalog, 'missing', 'shared'), undefined)
})

testOnEachDatabase(test, 'names that mean something to JavaScript are names', async (database) => {
  await database.script(await readFile(fixtureUrl('catalog/hostile-names/schema.sql'), 'utf8'))
  const catalog = await readInSnapshot(database)
  for (const name of ['constructor', '__proto__', 'toString']) {
    assert.is(findRelation(catalog, 'public', name)?.name, name)
    assert.is(findRelation(catalog, undefined, name)?.name, name)
  }
  assert.is(findRelation(catalog, 'public', 'valueOf'), undefined)
  assert.is(findRelation(catalog, 'constructor', 'constructor'), undefined)
})

testOnEachDatabase(
  test,
  'functions are found by schema and name: those that triggers run, and those of an instant',
  async (database) => {
    await database.script(`
    create schema other; create table mine ();
    create function record() returns trigger language plpgsql as 'begin return null; end';
    create function other.record() returns trigger language plpgsql as 'begin return null; end';
    create trigger record after insert on mine for each row execute function other.record();
    create function other.as_of(timestamptz) returns int language sql as 'select 1'`)
    const catalog = await readInSnapshot(database)
    assert.is(findFunction(catalog, { schema: 'other', name: 'record' })?.schema, 'other')
    assert.is(findFunction(catalog, { schema: 'public', name: 'record' }), undefined)
    assert.is(findFunction(catalog, { schema: 'other', name: 'as_of' }), undefined)
    assert.is(findHelperFunction(catalog, { schema: 'other', name: 'as_of' })?.name, 'as_of')
    assert.is(findHelperFunction(catalog, { schema: 'other', name: 'record' }), undefined)
  },
)

test.run()
