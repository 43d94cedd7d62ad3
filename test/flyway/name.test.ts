import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseMigrationName, type MigrationName, type NamingConfig } from '../../src/flyway/name.ts'
import { fixtureUrl } from '../support/fixture.ts'

const defaults: NamingConfig = {
  versionedPrefix: 'V',
  undoPrefix: 'U',
  baselinePrefix: 'B',
  repeatablePrefix: 'R',
  separator: '__',
  suffixes: ['.sql'],
}

const show = (name: MigrationName | null): string => {
  if (name === null) return 'not looked at'
  if (!name.valid) return 'invalid'
  return `${name.kind} ${name.type} ${name.version?.text ?? '-'} ${JSON.stringify(name.description)}`
}

const table = await readFile(fixtureUrl('flyway/names.txt'), 'utf8')
for (const line of table.split('\n').filter((text) => text !== '' && !text.startsWith('#'))) {
  const [fileName = '', expected = ''] = line.split(' -> ')
  test(fileName, () => assert.is(show(parseMigrationName(fileName, defaults)), expected))
}

test('the longest prefix wins, whichever it is', () => {
  const config = {
    ...defaults,
    versionedPrefix: 'MIG',
    repeatablePrefix: 'M',
    separator: '@',
    suffixes: ['.ddl', '.sql'],
  }
  assert.is(show(parseMigrationName('MIG1@x.sql', config)), 'versioned sql 1 "x"')
  assert.is(show(parseMigrationName('M@x.DDL', config)), 'repeatable sql - "x"')
  assert.is(show(parseMigrationName('M1@x.ddl', config)), 'invalid')
  assert.is(show(parseMigrationName('V1__x.sql', config)), 'invalid')
  assert.is(show(parseMigrationName('B1__x.sql', { ...defaults, versionedPrefix: '' })), 'baseline sql 1 "x"')
  assert.is(show(parseMigrationName('1__x.sql', { ...defaults, versionedPrefix: '' })), 'versioned sql 1 "x"')
})

test('a reason says what is wrong', () => {
  const reason = (fileName: string): string => {
    const name = parseMigrationName(fileName, defaults)
    return name === null || name.valid ? '' : name.reason
  }
  assert.match(reason('notes.sql'), 'none of the prefixes V, R, B, U')
  assert.match(reason('V__x.sql'), 'no version')
  assert.match(reason('VLATEST__x.sql'), 'the word LATEST')
  assert.match(reason('V1x__x.sql'), '"1x"')
  assert.match(reason('Rx.sql'), 'has "x" between R and __')
})

test('never throws, and keeps what it splits', () => {
  fc.assert(
    fc.property(fc.constantFrom('V', 'R', 'B', 'U', 'afterMigrate', ''), fc.string(), (prefix, rest) => {
      const name = parseMigrationName(`${prefix}${rest}.sql`, defaults)
      if (name?.valid && name.version) assert.ok(rest.startsWith(name.version.text) || prefix === '')
    }),
    { numRuns: 2000 },
  )
})

test.run()
