import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { describeMigration, migrationFileName } from '../../src/flyway/file-name.ts'
import { parseMigrationName } from '../../src/flyway/name.ts'
import { parseVersion } from '../../src/flyway/version.ts'

const config = {
  versionedPrefix: 'V',
  undoPrefix: 'U',
  baselinePrefix: 'B',
  repeatablePrefix: 'R',
  separator: '__',
  suffixes: ['.sql'],
}

test('plain names as they are', () => {
  assert.is(describeMigration('create', 'mine', 'version_table'), 'create_mine_version_table')
  assert.is(describeMigration('alter', 'MineDocument2', 'version_table'), 'alter_MineDocument2_version_table')
})

test('others made safe, with a hash that tells them apart', () => {
  const names = [
    'mine x',
    'mine-x',
    'mine_x',
    'mine__x',
    '_mine_x',
    'mine_x_',
    'mine/x',
    '../mine_x',
    'miné_x',
    'mine_x_0123abcd',
  ]
  const descriptions = names.map((name) => describeMigration('create', name, 'version_table'))
  assert.is(new Set(descriptions).size, names.length)
  assert.match(describeMigration('create', 'mine x', 'version_table'), /^create_mine_x_[0-9a-f]{8}_version_table$/)
  assert.match(describeMigration('create', '鉱山', 'version_table'), /^create_[0-9a-f]{8}_version_table$/)
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({
    unit: fc.constantFrom('a', '_', ' ', '/', '\\', '"', '$', '{', '}', '\n', '.', 'é', '\0', '*'),
    maxLength: 80,
  }),
  fc.constantFrom('__proto__', 'constructor', 'CON', '..', '', 'a'.repeat(500)),
)

test('any table name gives a name that Flyway and file systems take', () => {
  fc.assert(
    fc.property(hostile, (table) => {
      const description = describeMigration('create', table, 'version_table')
      assert.match(description, /^[A-Za-z0-9_]+$/)
      assert.not.match(description, '__')
      assert.ok(Buffer.byteLength(description) <= 120)
      const version = parseVersion('2024.04.24.22.12')
      if (version === null) throw new Error('no version')
      const name = parseMigrationName(migrationFileName(config, version, description), config)
      assert.ok(name?.valid)
      assert.is(name.version?.text, version.text)
      assert.is(name.description, description.replaceAll('_', ' '))
    }),
    { numRuns: 2000 },
  )
})

test('no two tables share a name', () => {
  fc.assert(
    fc.property(fc.uniqueArray(hostile, { maxLength: 20 }), (tables) => {
      assert.is(new Set(tables.map((table) => describeMigration('create', table, 'x'))).size, tables.length)
    }),
    { numRuns: 500 },
  )
})

test('the configured prefix, separator and first suffix', () => {
  const version = parseVersion('1_7')
  if (version === null) throw new Error('no version')
  const other = { ...config, versionedPrefix: 'MIG-', separator: '@', suffixes: ['.ddl', '.sql'] }
  assert.is(migrationFileName(other, version, 'create_mine'), 'MIG-1_7@create_mine.ddl')
})

test.run()
