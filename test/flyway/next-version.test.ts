import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nextVersions } from '../../src/flyway/next-version.ts'
import type { AppliedMigration, Migration, Version } from '../../src/flyway/types.ts'
import { compareVersions, parseVersion } from '../../src/flyway/version.ts'
import { readNextVersionCases } from './next-version-cases.ts'

const version = (text: string): Version => {
  const parsed = parseVersion(text)
  if (parsed === null) throw new Error(`no version: ${text}`)
  return parsed
}

const migration = (text: string, kind: Migration['kind'] = 'versioned'): Migration => ({
  kind,
  type: 'sql',
  file: `/sql/V${text}__x.sql`,
  script: `V${text}__x.sql`,
  location: '/sql',
  version: version(text),
  description: 'x',
  checksum: 0,
  rawChecksum: 0,
  executeInTransaction: undefined,
  placeholderReplacement: undefined,
})

const applied = (text: string): AppliedMigration => ({
  installedRank: 1,
  version: version(text),
  description: 'x',
  type: 'SQL',
  script: `V${text}__x.sql`,
  checksum: 0,
  success: true,
})

const next = (have: readonly string[], now: string | Date, count = 1, history: readonly string[] = []): string[] =>
  nextVersions(
    { migrations: have.map((text) => migration(text)) },
    history.map((text) => applied(text)),
    { now: new Date(now), count },
  ).map(({ text }) => text)

for (const { title, now, have, applied: history, next: expected } of await readNextVersionCases()) {
  test(title, () => assert.equal(next(have, now, expected.length, history), expected))
}

test('baseline, undo, script and Java migrations reserve their versions', () => {
  const migrations: readonly Migration[] = [
    migration('1'),
    migration('5', 'baseline'),
    migration('7', 'undo'),
    { ...migration('9'), type: 'java' },
  ]
  assert.equal(
    nextVersions({ migrations }, null, { now: new Date(0), count: 1 }).map(({ text }) => text),
    ['10'],
  )
})

test('refuses what Flyway could not store', () => {
  const long = '9'.repeat(50)
  assert.throws(
    () => next([long], '2024-01-01'),
    (error: { code: string }) => error.code === 'version-too-long',
  )
  assert.equal(next([`1.${'8'.repeat(48)}`], '2024-01-01')[0]?.length, 50)
})

test('none asked for, none given', () => {
  assert.equal(next([], '2024-01-01', 0), [])
  assert.equal(next(['1'], '2024-01-01', 0), [])
})

const instant = fc.date({ min: new Date('1995-01-01'), max: new Date('2150-01-01'), noInvalidDate: true })
const digits = (max: number): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(max), fc.nat(4)).map(([value, width]) => String(value).padStart(width, '0'))
const dotted = fc
  .tuple(instant, fc.integer({ min: 2, max: 6 }), fc.boolean(), fc.constantFrom('.', '_'))
  .map(([date, parts, padded, separator]) =>
    (date.toISOString().match(/\d+/g) ?? [])
      .slice(0, parts)
      .map((part, index) => (padded || index === 0 ? part : String(Number(part))))
      .join(separator),
  )
const stamp = fc
  .tuple(instant, fc.constantFrom(8, 10, 12, 14, 17))
  .map(([date, length]) => date.toISOString().replace(/\D/g, '').slice(0, length))
const numbers = fc
  .tuple(fc.array(digits(2030), { minLength: 1, maxLength: 6 }), fc.constantFrom('.', '_'))
  .map(([parts, separator]) => parts.join(separator))
const anyVersion = fc.oneof(dotted, stamp, numbers, fc.constantFrom('-1', '+2', '-0', '-12.5', '0', '00'))

test('always above everything, each above the one before, whatever the folder', () => {
  fc.assert(
    fc.property(
      fc.array(anyVersion, { maxLength: 14 }),
      fc.array(anyVersion, { maxLength: 3 }),
      instant,
      fc.integer({ min: 1, max: 5 }),
      (have, history, now, count) => {
        const result = next(have, now, count, history)
        assert.is(result.length, count)
        const all = [...have, ...history, ...result].map(version)
        for (const [index, text] of result.entries()) {
          const before = all.slice(0, have.length + history.length + index)
          assert.ok(
            before.every((other) => compareVersions(other, version(text)) < 0),
            `${text} is not above`,
          )
        }
      },
    ),
    { numRuns: 3000 },
  )
})

test('the order in which a folder is listed does not matter', () => {
  const shuffled = fc
    .uniqueArray(anyVersion, { maxLength: 10, selector: (text) => version(text).parts.join('.') })
    .chain((have) => fc.tuple(fc.constant(have), fc.shuffledSubarray(have, { minLength: have.length })))
  fc.assert(
    fc.property(shuffled, instant, ([have, other], now) => assert.equal(next(have, now, 2), next(other, now, 2))),
    { numRuns: 1000 },
  )
})

test('a folder of one shape keeps its shape', () => {
  const shape = (text: string): string =>
    text.replace(/\d+/g, (group) => (group.length > 4 ? `<${group.length}>` : '#'))
  const uniform = fc.oneof(
    fc
      .tuple(fc.constantFrom(5, 6), fc.array(instant, { minLength: 1, maxLength: 12 }))
      .map(([parts, dates]) => dates.map((date) => (date.toISOString().match(/\d+/g) ?? []).slice(0, parts).join('.'))),
    fc
      .array(instant, { minLength: 1, maxLength: 12 })
      .map((dates) => dates.map((date) => date.toISOString().replace(/\D/g, '').slice(0, 14))),
  )
  fc.assert(
    fc.property(uniform, instant, (have, now) => {
      for (const text of next(have, now, 3)) {
        assert.is(shape(text), shape(have[0] ?? ''))
        assert.ok(text.length === (have[0] ?? '').length, `${text} is not as long as ${have[0]}`)
      }
    }),
    { numRuns: 1000 },
  )
})

test.run()
