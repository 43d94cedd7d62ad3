import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { describeValue, underlyingType } from '../../src/accessors/value-type.ts'
import type { ValueTypes } from '../../src/config/types.ts'
import { createHistory, type TableDescriptor } from '../../src/history/mod.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { readVersionedTables, transactionTableSql, versionTableSql } from '../accessors/versioned-tables.ts'
import { testOnEachHandle, testOnEveryHandle } from './handles.ts'

const bytes = (...values: readonly number[]) => Uint8Array.from(values)
const utc = (text: string) => new Date(text)

const typesSql = `
create type mood as enum ('sad', 'it''s "ok", {really}');
create domain positive as int check (value > 0);
create domain moment as timestamptz;
create domain moments as timestamptz[];
create domain email as varchar(40);
create type place as (name text, "at" point);
create type span as range (subtype = int4);
create type time_span as range (subtype = timestamptz);
create type real_span as range (subtype = float8, subtype_diff = float8mi);
create type "Trip ""1""" as (
  "at */" timestamptz, during tstzrange, "__proto__" float8, raw bytea, day date, took interval, "to" place, stops place[], mood mood,
  detail jsonb, n int8, "a,b" text);
create type lone as ("only" date);
create domain trips as "Trip ""1"""[];
create domain good_place as place check ((value).name is not null);
`

const trip = `row('2024-01-01 00:00:00.5+02', '["2024-01-01 00:00:00+02",)', 0.30000000000000004, '\\x00ff', '2024-02-29', '1 day',
  row('x', '(0.1,2)'), array[row('y', null)::place], 'sad', '{"a": [1]}', 9007199254740993, '"a",(b')::"Trip ""1"""`
const expectedTrip: unknown = Object.defineProperty(
  {
    'at */': utc('2023-12-31T22:00:00.500Z'),
    during: '["2023-12-31T22:00:00Z",)',
    raw: bytes(0, 255),
    day: '2024-02-29',
    took: '1 day',
    to: { name: 'x', at: '(0.1,2)' },
    stops: [{ name: 'y', at: null }],
    mood: 'sad',
    detail: { a: [1] },
    n: '9007199254740993',
    'a,b': '"a",(b',
  },
  '__proto__',
  { value: 0.30000000000000004, enumerable: true, configurable: true, writable: true },
)

/** An expression, the type of its column, and what it is in JavaScript whatever the driver and the session. */
const samples: readonly [expression: string, type: string, value: unknown][] = [
  [`1`, 'smallint', 1],
  [`-2147483648`, 'integer', -2147483648],
  [`9007199254740993`, 'bigint', '9007199254740993'],
  [`'{9007199254740993,null}'`, 'bigint[]', ['9007199254740993', null]],
  [`4294967295`, 'oid', 4294967295],
  [`1.50`, 'numeric(12,2)', '1.50'],
  [`'NaN'`, 'numeric', 'NaN'],
  [`'{1.10,NaN,null}'`, 'numeric[]', ['1.10', 'NaN', null]],
  [`0.1`, 'real', 0.1],
  [`3.4028235e38`, 'real', 3.4028235e38],
  [`'NaN'`, 'real', Number.NaN],
  [`'{0.1,-Infinity,null}'`, 'real[]', [0.1, -Infinity, null]],
  [`0.1::float8 + 0.2::float8`, 'double precision', 0.1 + 0.2],
  [`5e-324`, 'double precision', 5e-324],
  [`'-Infinity'`, 'double precision', -Infinity],
  [`'-0'`, 'double precision', -0],
  [
    `'{{0.30000000000000004,NaN},{null,-0}}'`,
    'double precision[]',
    [
      [0.30000000000000004, Number.NaN],
      [null, -0],
    ],
  ],
  [`true`, 'boolean', true],
  [`'{t,f,null}'`, 'boolean[]', [true, false, null]],
  [`'it''s'`, 'text', `it's`],
  [`''`, 'text', ''],
  [`E'tab\\tnew\\nline \\\\ "quoted" ü 🌋'`, 'text', 'tab\tnew\nline \\ "quoted" ü 🌋'],
  [
    `array['', 'null', 'NULL', null, 'a,b', '{c}', 'd"e', 'f\\g', ' h ']`,
    'text[]',
    ['', 'null', 'NULL', null, 'a,b', '{c}', 'd"e', 'f\\g', ' h '],
  ],
  [`'{}'`, 'text[]', []],
  [`'[0:1]={a,b}'`, 'text[]', ['a', 'b']],
  [
    `'{{{1,2},{3,null}}}'`,
    'integer[][][]',
    [
      [
        [1, 2],
        [3, null],
      ],
    ],
  ],
  [`'ab'`, 'varchar(5)', 'ab'],
  [`'ab'`, 'char(4)', 'ab  '],
  [`'{ab}'`, 'char(4)[]', ['ab  ']],
  [`'x'`, '"char"', 'x'],
  [`'n'`, 'name', 'n'],
  [`'2024-02-29'`, 'date', '2024-02-29'],
  [`'0044-03-15 BC'`, 'date', '0044-03-15 BC'],
  [`'infinity'`, 'date', 'infinity'],
  [`'{2024-02-29,null,-infinity}'`, 'date[]', ['2024-02-29', null, '-infinity']],
  [`'2024-03-31 02:30:00.123456'`, 'timestamp', '2024-03-31T02:30:00.123456'],
  [`'10000-01-01'`, 'timestamp', '10000-01-01T00:00:00'],
  [`'{"2024-10-27 02:30:00"}'`, 'timestamp[]', ['2024-10-27T02:30:00']],
  [`'2024-03-31 01:30:00.123456+00'`, 'timestamptz', utc('2024-03-31T01:30:00.123Z')],
  [`'1883-11-18 12:03:58+00'`, 'timestamptz', utc('1883-11-18T12:03:58Z')],
  [`'1800-06-01 00:00:00.5+00'`, 'timestamptz', utc('1800-06-01T00:00:00.500Z')],
  [`'10000-01-01 00:00:00+00'`, 'timestamptz', utc('+010000-01-01T00:00:00Z')],
  [`'0044-03-15 12:00:00+00 BC'`, 'timestamptz', utc('-000043-03-15T12:00:00Z')],
  [`'infinity'`, 'timestamptz', new Date(8.64e15)],
  [`'-infinity'`, 'timestamptz', new Date(-8.64e15)],
  [`'{{"2024-01-01 00:00:00+05:30",null}}'`, 'timestamptz[]', [[utc('2023-12-31T18:30:00Z'), null]]],
  [`'04:05:06.789'`, 'time', '04:05:06.789'],
  [`'04:05:06+05:30'`, 'timetz', '04:05:06+05:30'],
  [`'1 year 2 mons -3 days 04:05:06.7'`, 'interval', '1 year 2 mons -3 days +04:05:06.7'],
  [`'-1 year -14 months 1 day -0.000001 sec'`, 'interval', '-2 years -2 mons +1 day -00:00:00.000001'],
  [`'0'`, 'interval', '00:00:00'],
  [`'100:00:00'`, 'interval', '100:00:00'],
  [`'{1 day,null}'`, 'interval[]', ['1 day', null]],
  [`'\\x00ff'`, 'bytea', bytes(0, 255)],
  [`''`, 'bytea', bytes()],
  [`array['\\x005c41ff'::bytea, null]`, 'bytea[]', [bytes(0, 92, 65, 255), null]],
  [`'{"b": [1, null], "a": "ü"}'`, 'json', { b: [1, null], a: 'ü' }],
  [`'null'`, 'jsonb', null],
  [`'"text"'`, 'jsonb', 'text'],
  [`array['{"a": "b,\\"c"}'::jsonb, null]`, 'jsonb[]', [{ a: 'b,"c' }, null]],
  [`'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`, 'uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  [`'10.0.0.1'`, 'inet', '10.0.0.1'],
  [`'10.0.0.0/8'`, 'cidr', '10.0.0.0/8'],
  [`'{10.0.0.1}'`, 'inet[]', ['10.0.0.1']],
  [`'08:00:2b:01:02:03'`, 'macaddr', '08:00:2b:01:02:03'],
  [`B'101'`, 'bit varying(5)', '101'],
  [`'(1,2)'`, 'point', '(1,2)'],
  [`'{(2,2),(1,1);(4,4),(3,3)}'`, 'box[]', ['(2,2),(1,1)', '(4,4),(3,3)']],
  [`'it''s "ok", {really}'`, 'mood', `it's "ok", {really}`],
  [`array['sad', 'it''s "ok", {really}', null]::mood[]`, 'mood[]', ['sad', `it's "ok", {really}`, null]],
  [`7`, 'positive', 7],
  [`array[7, null]`, 'positive[]', [7, null]],
  [`'2024-01-01 00:00:00+00'`, 'moment', utc('2024-01-01T00:00:00Z')],
  [`'{2024-01-01 00:00:00+00}'`, 'moments', [utc('2024-01-01T00:00:00Z')]],
  [`'a@b'`, 'email', 'a@b'],
  [`row('x, y', '(1,2)')`, 'place', { name: 'x, y', at: '(1,2)' }],
  [`array[row('x', null)::place]`, 'place[]', [{ name: 'x', at: null }]],
  [
    `array[[row('x', null)::place, null], [row(null, null)::place, row('"),(\\', '(0.1,1e300)')::place]]`,
    'place[][]',
    [
      [{ name: 'x', at: null }, null],
      [
        { name: null, at: null },
        { name: '"),(\\', at: '(0.1,1e+300)' },
      ],
    ],
  ],
  [`'{}'`, 'place[]', []],
  [`row(null, null)`, 'place', { name: null, at: null }],
  [`null`, 'place', null],
  [`row('x', null)`, 'good_place', { name: 'x', at: null }],
  [`row('2024-02-29')`, 'lone', { only: '2024-02-29' }],
  [trip, '"Trip ""1"""', expectedTrip],
  [`array[${trip}, null]::trips`, 'trips', [expectedTrip, null]],
  [`'(0.1,0.30000000000000004)'`, 'point', '(0.1,0.30000000000000004)'],
  [`'(1e15,123456789012345.6)'`, 'point', '(1e+15,123456789012345.6)'],
  [`'(0.00001,-0)'`, 'point', '(1e-05,-0)'],
  [`'[(0,0),(0.1,Infinity)]'`, 'lseg', '[(0,0),(0.1,Infinity)]'],
  [`'(2,2.1),(1,1)'`, 'box', '(2,2.1),(1,1)'],
  [`'{1,-0.1,3}'`, 'line', '{1,-0.1,3}'],
  [`'[(0.1,1),(2,3)]'`, 'path', '[(0.1,1),(2,3)]'],
  [`'((0.1,1),(2,3))'`, 'path', '((0.1,1),(2,3))'],
  [`array['((0.1,1),(2,3))'::path, null]`, 'path[]', ['((0.1,1),(2,3))', null]],
  [`'((0.1,1),(2,3),(4,5))'`, 'polygon', '((0.1,1),(2,3),(4,5))'],
  [`'<(0.1,1),2>'`, 'circle', '<(0.1,1),2>'],
  [`array['(0.1,2)'::point, null]`, 'point[]', ['(0.1,2)', null]],
  [`'[1,5)'`, 'int4range', '[1,5)'],
  [`'empty'`, 'tstzrange', 'empty'],
  [`'["2024-01-01 00:00:00+02",)'`, 'tstzrange', '["2023-12-31T22:00:00Z",)'],
  [`'(2024-01-01,2024-02-01]'`, 'daterange', '["2024-01-02","2024-02-02")'],
  [`'{[2024-01-01,2024-01-02),[2024-02-01,)}'`, 'datemultirange', '{["2024-01-01","2024-01-02"),["2024-02-01",)}'],
  [`'{}'`, 'tstzmultirange', '{}'],
  [`'{["2024-01-01 00:00:00.000001+02",infinity)}'`, 'tstzmultirange', '{["2023-12-31T22:00:00.000001Z","infinity")}'],
  [`array['[2024-01-01,2024-02-01)'::daterange, null]`, 'daterange[]', ['["2024-01-01","2024-02-01")', null]],
  [`array[['["2024-01-01 00:00:00+02",)'::tstzrange]]`, 'tstzrange[][]', [['["2023-12-31T22:00:00Z",)']]],
  [`array['{[2024-01-01,2024-01-02)}'::datemultirange]`, 'datemultirange[]', ['{["2024-01-01","2024-01-02")}']],
  [`'(0044-03-15 BC,2024-01-01 00:00:00.5)'`, 'tsrange', '("0044-03-15T00:00:00 BC","2024-01-01T00:00:00.5")'],
  [`'[1,3)'`, 'span', '[1,3)'],
  [`'[2024-01-01 00:00:00+02,)'`, 'time_span', '["2023-12-31T22:00:00Z",)'],
  [`'[0.1,0.30000000000000004)'`, 'real_span', '["0.1","0.30000000000000004")'],
  [`'{[0.1,0.2)}'`, 'real_span_multirange', '{["0.1","0.2")}'],
  [`'fat & rat'`, 'tsquery', `'fat' & 'rat'`],
  [`'<a>b</a>'`, 'xml', '<a>b</a>'],
  [`null`, 'timestamptz', null],
  [`null`, 'tstzrange', null],
  [`null`, 'datemultirange', null],
  [`null`, 'double precision[]', null],
]

const session = (timeZone: string, dateStyle: string, intervalStyle: string, digits: number, bytea: string) => ({
  TimeZone: timeZone,
  DateStyle: dateStyle,
  IntervalStyle: intervalStyle,
  extra_float_digits: String(digits),
  bytea_output: bytea,
})

const sessions = [
  session('UTC', 'ISO, MDY', 'postgres', 1, 'hex'),
  session('Europe/Paris', 'SQL, DMY', 'sql_standard', 0, 'escape'),
  session('America/St_Johns', 'German', 'iso_8601', -15, 'escape'),
]

const lossless: ValueTypes = { int8: 'string', numeric: 'string', timestamptz: 'Date' }

const describeTable = (table: VersionedTable, values: ValueTypes): TableDescriptor => ({
  table: table.base,
  versionTable: table.version,
  transactionTable: { schema: 'public', name: 'transaction', issuedAt: 'timestamptz', remoteAddr: true, userId: true },
  transactionColumn: 'transaction_id',
  endTransactionColumn: 'end_transaction_id',
  operationColumn: 'operation_type',
  key: table.key.map(({ name }) => name),
  columns: table.columns.map(({ name, type }) => ({
    name,
    codec: describeValue(type, values).codec,
    cast: underlyingType(type).sql,
  })),
})

testOnEveryHandle(test, 'values are the same under every driver and in every session', async (handle) => {
  const { database } = handle
  const columns = samples.map(([, type], i) => `c${i} ${type}`).join(', ')
  await database.script(`${typesSql} ${transactionTableSql}; create table sample (id int primary key, ${columns})`)
  await database.script(`insert into sample values (1, ${samples.map(([expression]) => expression).join(', ')})`)
  const [table] = await readVersionedTables(database)
  if (!table) throw new Error('no table')
  await database.script(versionTableSql(table))

  for (const settings of sessions) {
    const statements = Object.entries(settings).map(([name, value]) => `set ${name} = '${value}'`)
    const within = async <T>(work: () => Promise<T>): Promise<T> => {
      if (database.pglite) await database.script(statements.join('; '))
      return work()
    }
    if (!database.pglite) {
      const [row] = await database.query<{ name: string }>('select current_database() as name')
      for (const statement of statements) await database.script(`alter database ${row?.name} ${statement}`)
    }
    await within(() =>
      handle.fresh(async (connection) => {
        const history = createHistory<{ id: number }, Record<string, unknown>>(
          connection,
          describeTable(table, lossless),
        )
        const version = await history.current({ id: 1 })
        for (const [i, [expression, type, value]] of samples.entries()) {
          const read = version?.data[`c${i}`]
          const what = `${expression} :: ${type} with ${JSON.stringify(settings)}`
          assert.equal(read, value, what)
          assert.ok(Object.is(read, value) || typeof value === 'object', what)
        }
        assert.equal(version?.transaction.issuedAt, utc('2024-01-01T00:00:00Z'))
      }),
    )
  }
})

const asText: ValueTypes = { ...lossless, timestamptz: 'string' }

const configured: readonly [expression: string, type: string, values: ValueTypes, value: unknown][] = [
  ['9007199254740993', 'bigint', { ...lossless, int8: 'bigint' }, 9007199254740993n],
  [`'{{1,null}}'`, 'bigint[]', { ...lossless, int8: 'bigint' }, [[1n, null]]],
  ['42', 'bigint', { ...lossless, int8: 'number' }, 42],
  [`'{1.50,NaN}'`, 'numeric[]', { ...lossless, numeric: 'number' }, [1.5, Number.NaN]],
  [`'2024-03-31 01:30:00.123456+00'`, 'timestamptz', asText, '2024-03-31T01:30:00.123456Z'],
  [`'2023-12-31 23:59:59.5-03:30'`, 'timestamptz', asText, '2024-01-01T03:29:59.5Z'],
  [`'1800-06-01 00:00:00+00'`, 'timestamptz', asText, '1800-06-01T00:00:00Z'],
  [`'0044-03-15 12:00:00+00 BC'`, 'timestamptz', asText, '0044-03-15T12:00:00Z BC'],
  [`'294276-12-31 23:59:59.999999+00'`, 'timestamptz', asText, '294276-12-31T23:59:59.999999Z'],
  [`'infinity'`, 'timestamptz', asText, 'infinity'],
  [`'{2024-01-01 00:00:00+05:30,null}'`, 'timestamptz[]', asText, ['2023-12-31T18:30:00Z', null]],
]

testOnEachHandle(test, 'int8, numeric and timestamptz come as the configuration says', async (handle) => {
  const { database } = handle
  const columns = configured.map(([, type], i) => `c${i} ${type}`).join(', ')
  await database.script(`set timezone = 'America/St_Johns'; ${transactionTableSql};
    create table sample (id int primary key, ${columns});
    insert into sample values (1, ${configured.map(([expression]) => expression).join(', ')})`)
  const [table] = await readVersionedTables(database)
  if (!table) throw new Error('no table')
  await database.script(versionTableSql(table))
  for (const [i, [expression, type, values, value]] of configured.entries()) {
    const history = createHistory<{ id: number }, Record<string, unknown>>(
      handle.connection,
      describeTable(table, values),
    )
    assert.equal((await history.current({ id: 1 }))?.data[`c${i}`], value, `${expression} :: ${type}`)
  }
})

test.run()
