import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { formatArray, parseArray } from '../../src/history/array-text.ts'
import { bytesFromHex, hexFromBytes, readFloat4, readInterval, viewOfHex } from '../../src/history/binary.ts'
import {
  checkInstant,
  formatDate,
  lastMicrosecond,
  normalizeInstant,
  parseDate,
  pinInstant,
} from '../../src/history/instant.ts'
import { testOnEachDatabase } from '../support/databases.ts'

const same = (text: string) => text

test('arrays are written as they are read', () => {
  const element = fc.oneof(fc.constant(null), fc.string({ unit: 'grapheme' }), fc.constantFrom('NULL', '{', '"', '\\'))
  const nested = fc.oneof(fc.array(element), fc.array(fc.array(element, { minLength: 1 }), { minLength: 1 }))
  fc.assert(fc.property(nested, (values) => assert.equal(parseArray(formatArray(values, String), same), values)))
})

test('an array that was read is written from the index it begins at', () => {
  for (const text of ['{"1","2"}', '[0:1]={"1","2"}', '[-3:-3][1:3]={{"1",NULL,"3"}}', '[1:1][2:2][1:1]={{{"1"}}}']) {
    const array = parseArray(text, same)
    assert.is(formatArray(array, String), text)
    assert.match(formatArray([...array], String), /^[{]/, 'a copy begins at 1')
    array.length = 0
    assert.is(formatArray(array, String), '{}')
  }
})

test('what is no array is an error, however it is broken', () => {
  for (const text of ['', 'x', '{', '{a', '{"a', '{"a"', '{"a"b}', '{{a}', '{a}{', '{a,']) {
    if (text === '{a}{') assert.equal(parseArray(text, same), ['a'])
    else assert.throws(() => parseArray(text, same), /not an array/, text)
  }
})

testOnEachDatabase(test, 'intervals, floats and instants read as Postgres writes them', async (database) => {
  await database.script(`set timezone = 'UTC'; set intervalstyle = 'postgres'; set extra_float_digits = 1`)
  const rows = await database.query<Record<'interval' | 'sent' | 'float' | 'floatSent', string>>(`
    select i::text as interval, encode(interval_send(i), 'hex') as sent, f::text as float, encode(float4send(f), 'hex') as "floatSent"
    from (
      select make_interval(months => (m - 20) * (n % 3), days => (n - 15) * (m % 2), secs => (m * 7919.000001 - 90000) * (n % 4)) as i,
        ((m - 20.1) * (10.0::float8 ^ (n - 20)))::real as f
      from generate_series(0, 40) as m, generate_series(0, 30) as n
    ) as s`)
  assert.is(rows.length, 41 * 31)
  for (const { interval, sent, float, floatSent } of rows) {
    assert.is(readInterval(viewOfHex(sent)), interval)
    assert.is(readFloat4(viewOfHex(floatSent)), Number(float), floatSent)
  }

  const floats = await database.query<Record<'float' | 'sent', string>>(`
    select f::text as float, encode(float4send(f), 'hex') as sent
    from unnest('{1e-45,-3e-45,1.4e-43,1e-38,1.1754944e-38,3.4028235e38,16777216,8388608.5,0.3,-0,NaN,-Infinity,1e10}'::real[]) as f`)
  assert.is(floats.length, 13)
  for (const { float, sent } of floats) assert.ok(Object.is(readFloat4(viewOfHex(sent)), Number(float)), float)

  for (const zone of ['UTC', 'Europe/Paris', 'America/St_Johns', 'Asia/Kathmandu']) {
    await database.script(`set timezone = '${zone}'`)
    const instants = await database.query<Record<'json' | 'utc' | 'ms', string>>(`
      select to_jsonb(t) #>> '{}' as json, to_jsonb(t at time zone 'UTC') #>> '{}' as utc,
        floor(extract(epoch from t) * 1000)::text as ms
      from (
        select ('epoch'::timestamptz + n * interval '17 days 3 hours 1.234567 seconds') as t from generate_series(-50000, 50000, 97) as n
        union all values ('0001-01-01 00:00:00+00'::timestamptz), ('0001-12-31 23:59:59.999999+00 BC'), ('4713-06-01 00:00:00+00 BC'),
          ('275760-09-13 00:00:00+00'), ('294276-12-31 23:59:59.999999+00'), ('1969-12-31 23:59:59.999999+00')
      ) as s`)
    for (const { json, utc, ms } of instants) {
      const expected = utc.endsWith(' BC') ? `${utc.slice(0, -3)}Z BC` : `${utc}Z`
      assert.is(normalizeInstant(json), expected)
      const milliseconds = Math.max(-8.64e15, Math.min(8.64e15, Number(ms)))
      assert.is(parseDate(json).getTime(), milliseconds, json)
    }
  }
})

testOnEachDatabase(test, 'Dates are written as Postgres reads them', async (database) => {
  for (const ms of [
    0,
    -1,
    1711848600123,
    253402300800000,
    -62135596800001,
    -62167219200001,
    -2e14 + 7,
    8.64e15 - 1,
    -2e13,
  ]) {
    const text = formatDate(new Date(ms))
    const [row] = await database
      .query<{ ms: string }>(`select (extract(epoch from $1::text::timestamptz) * 1000)::numeric(20,0)::text as ms`, [
        text,
      ])
      .catch((error: Error) => [{ ms: error.message }])
    if (ms < -210863520000000) assert.match(row?.ms ?? '', /out of range/)
    else assert.is(row?.ms, String(ms), text)
  }
  assert.is(formatDate(new Date(8.64e15)), 'infinity')
  assert.is(lastMicrosecond(formatDate(new Date('2024-01-01T00:00:00.123Z'))), '2024-01-01T00:00:00.123999Z')
})

test('texts that mean an instant, and those that do not', () => {
  for (const [given, checked] of [
    ['2024-01-01', '2024-01-01T00:00:00Z'],
    ['2024-01-01T10:00', '2024-01-01T10:00:00Z'],
    ['2024-01-01 10:00:00.5', '2024-01-01T10:00:00.5Z'],
    [' 2024-01-01T10:00:00.123456789+05:30 ', '2024-01-01T10:00:00.123456+05:30'],
    ['2024-01-01T10:00:00 +0530', '2024-01-01T10:00:00+0530'],
    ['2024-01-01t10:00:00z', '2024-01-01T10:00:00z'],
    ['12024-01-01', '12024-01-01T00:00:00Z'],
  ] as const) {
    assert.is(checkInstant(given), checked)
  }
  for (const text of [
    '',
    'now',
    'today',
    '2024',
    '2024-1-1',
    '10:00',
    '2024-01-01T10',
    '2024-01-01T10:00 Europe/Paris',
    '01.02.2024',
    "2024-01-01'; drop",
  ]) {
    assert.throws(() => checkInstant(text), /not a moment/, text)
  }
})

testOnEachDatabase(
  test,
  'what says no zone is UTC, and what says one is what Postgres takes it for',
  async (database) => {
    const read = async (text: string): Promise<string> => {
      const [row] = await database.query<{ at: string }>(
        `select ($1::text::timestamptz at time zone 'UTC')::text as at`,
        [text],
      )
      return row?.at ?? ''
    }
    const [naive, zoned] = [
      [
        ...['2024-01-01', '2024-1-1', '20240101', '2024-060', '2024/01/02 03:04', '1/2/2024', '8-Jan-1999', '1999.008'],
        ...['2024-01-01T10:00', '2024-01-01 10:00:00.5', ' 2024-01-01t10:00 ', '20240101T101112', '20240101 101112'],
        ...[
          '0044-03-15 BC',
          '0044-03-15T12:00:00 BC',
          '12024-01-01',
          'January 8, 1999',
          'Jan 8 1999 10:00 PM',
          'J2451187',
        ],
        ...[
          'Mon Jan 1 10:00:00 2024',
          'Thursday, June 6 2024 10:00PM',
          '6 Sept 2024',
          '-infinity',
          'infinity',
          'epoch',
        ],
      ],
      [
        ...[
          '2024-01-01 10:00 Europe/Paris',
          '2024-01-01 10:00 PST',
          '2024-01-01 10:00-05',
          '2024-01-01 -05',
          '2024-01-01 10:00 z',
        ],
        ...[
          '20240101T101112-0530',
          '20240101 101112-05',
          '2024-01-01T10:00:00+05:30:15',
          'Mon Jan 1 10:00:00 UTC 2024',
          '2024-01-01Z',
        ],
      ],
    ]
    await database.script(`set timezone = 'UTC'`)
    const expected = new Map<string, string>()
    for (const text of [...naive, ...zoned]) expected.set(text, await read(text))
    await database.script(`set timezone = 'America/St_Johns'`)
    for (const [text, at] of expected) assert.is(await read(pinInstant(text)), at, text)
    for (const text of zoned) assert.is(pinInstant(text), text)
    for (const text of ['now', 'today', '1'.repeat(100_000), '1-'.repeat(50_000)]) pinInstant(text)
  },
)

test('bytes', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.equal(bytesFromHex(hexFromBytes(bytes)), bytes)))
})

test.run()
