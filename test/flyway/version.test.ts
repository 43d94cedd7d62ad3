import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compareVersions, displayVersion, isMagicVersion, parseVersion, versionKey } from '../../src/flyway/version.ts'
import type { Version } from '../../src/flyway/types.ts'

const version = (text: string): Version => {
  const parsed = parseVersion(text)
  if (parsed === null) throw new Error(`no version: ${text}`)
  return parsed
}

test('each of a line is below the next line, and equal to the others of its own', () => {
  const lines = [
    ['-1'],
    ['0', '00', '0.0', '-0', '+0'],
    ['1', '1.0', '01', '1_0', '1.0.0', '+1'],
    ['1.9', '1.09', '1_9', '1.9.0'],
    ['1.10', '1_10', '01.010'],
    ['2'],
    ['26'],
    ['2024.04.24.22.12', '2024.4.24.22.12', '2024_04_24_22_12'],
    ['2024.12.01.09.00'],
    ['20240424221200'],
    ['9'.repeat(40)],
  ].map((line) => line.map(version))
  for (const [index, line] of lines.entries()) {
    for (const a of line) {
      for (const b of line) {
        assert.is(compareVersions(a, b), 0)
        assert.is(versionKey(a), versionKey(b))
      }
      for (const b of lines[index + 1] ?? []) {
        assert.is(compareVersions(a, b), -1, `${a.text} < ${b.text}`)
        assert.is(compareVersions(b, a), 1)
      }
    }
  }
})

test('what is no version', () => {
  for (const text of [
    '',
    ' 1',
    '1 ',
    '1.',
    '.1',
    '1..2',
    '1__2',
    '_1',
    '1_',
    'a',
    '1a',
    '1-2',
    '1.-2',
    '0x10',
    '1e3',
    'current',
  ]) {
    assert.is(parseVersion(text), null, text)
  }
})

test('magic words in any case, and the number that stands for latest', () => {
  for (const text of ['current', 'Next', 'LATEST', '9223372036854775807']) assert.ok(isMagicVersion(text), text)
  for (const text of ['currently', '9223372036854775806', '1']) assert.not(isMagicVersion(text), text)
})

test('keeps how it was written, shows dots', () => {
  assert.is(version('1_07.0').text, '1_07.0')
  assert.is(displayVersion(version('1_07.0')), '1.07.0')
  assert.equal(version('1_07.0').parts, [1n, 7n])
})

test('comparing is an order', () => {
  const any = fc
    .array(fc.bigInt({ min: 0n, max: 3n }), { minLength: 1, maxLength: 4 })
    .map((parts) => version(parts.join('.')))
  fc.assert(
    fc.property(any, any, any, (a, b, c) => {
      assert.is(compareVersions(a, b) + compareVersions(b, a), 0)
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) assert.ok(compareVersions(a, c) <= 0)
      assert.is(compareVersions(a, b) === 0, versionKey(a) === versionKey(b))
    }),
  )
})

test.run()
