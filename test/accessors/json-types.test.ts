import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { brandIds } from '../../src/accessors/brand-ids.ts'
import { findJsonTypes } from '../../src/accessors/json-types.ts'
import { nameAccessors } from '../../src/accessors/names.ts'
import type { Settings } from '../../src/config/types.ts'
import { VersiongenError } from '../../src/errors.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { eachDatabase } from '../support/databases.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { modelOf, readVersionedTables } from './versioned-tables.ts'

let tablesOf: (sql: string) => Promise<readonly VersionedTable[]>
eachDatabase((name, open) => {
  if (name !== 'PGlite') return
  tablesOf = async (sql) => {
    const database = await open()
    try {
      await database.script(sql)
      return await readVersionedTables(database)
    } finally {
      await database.close()
    }
  }
})

const chosenTables = async () => tablesOf(await readFile(fixtureUrl('accessors/chosen-types/tables.sql'), 'utf8'))

test('a choice for what is no json column of a table with history is refused, with the nearest name', async () => {
  const tables = await tablesOf(`create schema app; create schema old;
    create table app.mine (id int primary key, geom jsonb, name text); create table old.mine (id int primary key, geom jsonb);
    create table permit (id int primary key, geom jsonb[], detail json)`)
  const refused: readonly [table: string, column: string, message: RegExp, hint?: string][] = [
    ['permits', 'geom', /permits\.geom, but there is no such table with history/, 'did you mean permit?'],
    ['permit', 'goem', /there is no such column in its history/, 'did you mean geom?'],
    ['app.mine', 'name', /that is text, and only json is read as one/],
    ['mine', 'geom', /that could be app\.mine or old\.mine: name it with its schema/],
    ['constructor', 'geom', /there is no such table/],
  ]
  for (const [table, column, message, hint] of refused) {
    try {
      const choice = { table, column, name: 'Geo', package: undefined, file: '/project/geo.ts' }
      findJsonTypes(tables, {
        out: '/project/history',
        importExtension: '.ts',
        configFile: '/project/c.ts',
        types: [choice],
      })
      assert.unreachable(table)
    } catch (error) {
      assert.instance(error, VersiongenError)
      assert.is((error as VersiongenError).code, 'config-invalid')
      assert.match((error as VersiongenError).message, message)
      assert.is((error as VersiongenError).hint, hint)
      assert.equal((error as VersiongenError).where, { file: '/project/c.ts' })
    }
  }
})

test('modules are imported as the project imports its own', async () => {
  const tables = await tablesOf('create table permit (id int primary key, geom jsonb)')
  const moduleOf = (file: string, importExtension: Settings['importExtension'], from?: string) => {
    const types = [{ table: 'permit', column: 'geom', name: 'Geo', package: from, file }]
    const found = findJsonTypes(tables, { out: '/project/src/history', importExtension, configFile: undefined, types })
    return [...found.values()][0]?.get('geom')?.module
  }
  assert.is(moduleOf('/project/src/geo.ts', '.ts'), '../geo.ts')
  assert.is(moduleOf('/project/src/geo.ts', '.js'), '../geo.js')
  assert.is(moduleOf('/project/src/geo.ts', ''), '../geo')
  assert.is(moduleOf('/project/src/history/geo.tsx', '.js'), './geo.js')
  assert.is(moduleOf('/project/src/geo.mts', '.js'), '../geo.mjs')
  assert.is(moduleOf('/project/src/geo.mts', ''), '../geo.mjs')
  assert.is(moduleOf('/project/src/geo.d.ts', '.ts'), '../geo.js')
  assert.is(moduleOf('/project/src/geo.js', '.ts'), '../geo.js')
  assert.is(moduleOf('/unused', '.ts', 'geojson'), 'geojson')
})

test('what the model says counts for json alone, where it fits, and where it is said once', async () => {
  const [, , , mine] = (await chosenTables()).toReversed()
  assert.ok(mine)
  const property = (columnName: string, list = false) => ({
    ...{ name: columnName, columnName, explicit: true, type: 'Address', line: 1, column: 1 },
    exported: { file: '/project/src/address.ts', name: 'Address', list },
  })
  const typesOf = (...properties: readonly ReturnType<typeof property>[]) => {
    const table = { ...mine, model: modelOf('mine', properties) }
    const settings = { out: '/project/src', importExtension: '.ts', configFile: undefined } as const
    return [...(findJsonTypes([table], settings).get(table) ?? [])].map(
      ([column, { name, module, list }]) => `${column}: ${name}${list ? '[]' : ''} ${module}`,
    )
  }
  assert.equal(typesOf(property('details'), property('samples', true)), [
    'details: Address ./address.ts',
    'samples: Address[] ./address.ts',
  ])
  assert.equal(typesOf(property('mine_name'), property('main_shaft')), [])
  assert.equal(typesOf(property('stops'), property('shapes', true)), ['shapes: Address ./address.ts'])
  assert.equal(typesOf(property('details'), property('details')), [])
})

test('brands follow foreign keys to the key they end at, of the same type', async () => {
  const tables = await tablesOf(`
    create domain code as text;
    create table mine (id int primary key, no int unique, code text unique, parent int references mine);
    create table permit (mine_id int references mine, no int, primary key (mine_id, no));
    create table condition (id int primary key, mine_id int, no int, big bigint references mine, by_no int references mine (no),
      foreign key (mine_id, no) references permit);
    create table a (id int primary key); create table b (id int primary key references a);
    alter table a add foreign key (id) references b;
    create table coded (id code primary key); create table uses (id int primary key, coded text references coded)`)
  const brands = brandIds(nameAccessors(tables))
  const summary = [...brands].flatMap(([{ base }, owned]) =>
    [...owned].map(([column, owner]) => `${base.name}.${column} ${owner.type}`),
  )
  assert.equal(summary.filter((line) => !/^[ab]\./.test(line)).sort(), [
    'coded.id Coded',
    'condition.id Condition',
    'condition.mine_id Mine',
    'mine.id Mine',
    'mine.parent Mine',
    'permit.mine_id Mine',
    'uses.coded Coded',
    'uses.id Uses',
  ])
  assert.equal(
    summary.filter((line) => /^[ab]\./.test(line)),
    [],
    'keys that refer to each other',
  )
  const others = nameAccessors(tables.filter(({ base }) => base.name !== 'mine'))
  const without = [...brandIds(others)].flatMap(([, owned]) => [...owned.keys()])
  assert.not.ok(without.includes('mine_id'), 'of a table without an accessor there is no brand')
})

test.run()
