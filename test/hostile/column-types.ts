import { identifier } from '../../src/sql/quote.ts'

/** How a value of the type is to come back from an accessor; `range` is one whose bounds may be written otherwise. */
export type Reading = 'text' | 'number' | 'boolean' | 'json' | 'bytes' | 'iso' | 'date' | 'range' | 'composite'

export interface TestType {
  /** As SQL. */
  readonly sql: string
  readonly reading: Reading
  /** Elements are read as {@link reading} says. */
  readonly array?: true
  /** Expressions for values of it, each of them a different one. */
  readonly samples: readonly string[]
  /** For a key: an expression that is different for each n in 0…9999; such a type has a default btree order. */
  readonly key?: (n: number) => string
  readonly notNull?: true
  /** The oldest server that has it. */
  readonly since?: number
}

const at = (schema: string, name: string): string => `${identifier(schema)}.${identifier(name)}`
const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')
const day = (n: number): string => new Date(Date.UTC(1990, 0, 1 + n)).toISOString().slice(0, 10)
const word = (n: number): string => ['', `'`, '"', '\\\\', '${x}', '$$', '\\n', '*/', '🌋', ','][n % 10] + String(n)

const type = (sql: string, samples: readonly string[], more: Partial<TestType> = {}): TestType => ({
  sql,
  reading: 'text',
  samples: samples.map((sample) => `(${sample})::${sql}`),
  ...more,
  ...(more.key === undefined ? {} : { key: (n: number) => `(${more.key?.(n)})::${sql}` }),
})

/** What has to exist for {@link columnTypes}: types with names and labels as hostile as those of the tables. */
export const typeDefinitions = (schema: string): string => `
create type ${at(schema, `en'um`)} as enum ('', 'a', 'it''s', '"', '\${x}', '$$', '*/', '--', E'new\\nline', '🌋', 'null', '__proto__');
create domain ${at(schema, 'short text')} as varchar(12) collate "C" check (value <> 'never');
create domain ${at(schema, 'Shorter')} as ${at(schema, 'short text')} check (length(value) < 11);
create domain ${at(schema, 'never null')} as integer not null default 7;
create domain ${at(schema, 'still never null')} as ${at(schema, 'never null')} check (value > -1000000);
create domain ${at(schema, 'list')} as numeric(9,2)[] check (array_length(value, 1) < 9);
create domain ${at(schema, 'label')} as ${at(schema, `en'um`)};
create type ${at(schema, 'pair "of"')} as ("x y" integer, """" text, "at" timestamptz);
create type ${at(schema, 'nest')} as (p ${at(schema, 'pair "of"')}, l ${at(schema, `en'um`)}[]);
create type ${at(schema, 'float range')} as range (subtype = float8, multirange_type_name = ${at(schema, 'float ranges')});
create type ${at(schema, 'text range')} as range (subtype = text, collation = "C");
`

/** Every kind of column type a server has, with the user's own out of `schema`. */
export const columnTypes = (schema: string): readonly TestType[] => {
  const own = (name: string): string => at(schema, name)
  const float = (sql: string): TestType =>
    type(sql, [`0`, `'-0'`, `'NaN'`, `'Infinity'`, `1.1`, `1e-30`, `123456.789`], {
      reading: 'number',
      key: (n) => `${n}.5`,
    })
  return [
    type('smallint', ['0', '-32768', '32767', '7'], { reading: 'number', key: (n) => `${n}` }),
    type('integer', ['0', '-2147483648', '2147483647', '42'], { reading: 'number', key: (n) => `${n}` }),
    type('bigint', ['0', '9223372036854775807', '9007199254740993', '-1'], { key: (n) => `9007199254740993 + ${n}` }),
    type('numeric', ['0', '1.0', '1.00', `'NaN'`, '1e40', '-0.000000000001'], {
      key: (n) => `${n}.00${n % 2 ? '0' : ''}`,
    }),
    type('numeric(12,3)', ['0', '1.5', '-123456789.125', `'NaN'`], { key: (n) => `${n}.125` }),
    type('numeric(5,0)', ['1', '99999', '-5'], { key: (n) => `${n}` }),
    float('real'),
    float('double precision'),
    type('money', ['0', '12.34', '-5'], { key: (n) => `${n}.05` }),
    type(
      'text',
      [`''`, `E'a\\nb'`, `'\${x} $$ $versiongen$ */ -- '`, `'null'`, `repeat('long🌋', 900)`, `E'\\\\x00'`],
      { key: (n) => `E'${word(n).replaceAll("'", "''")}'` },
    ),
    type('character varying', [`''`, `' '`, `'x'`], { key: (n) => `'k${n} '` }),
    type('character varying(20)', [`''`, `'x  '`, `'twenty characters ok'`], { key: (n) => `'${n}'` }),
    type('character(7)', [`''`, `'x'`, `' y'`, `'seven77'`], { key: (n) => `'${n}'` }),
    type('character', [`''`, `'x'`]),
    type('bpchar', [`'x '`, `''`, `'yy'`], { key: (n) => `'${n}'` }),
    type('"char"', [`'a'`, `''`, `'"'`]),
    type('name', [`''`, `'x'`, `'a b "c"'`], { key: (n) => `'n${n}'` }),
    type('bytea', [`''`, `'\\x00ff'`, `'\\xdeadbeef'`], { reading: 'bytes', key: (n) => `'\\x${hex(n, 6)}'` }),
    type('boolean', ['true', 'false'], { reading: 'boolean' }),
    type('date', [`'2024-02-29'`, `'infinity'`, `'0044-03-15 BC'`, `'10000-01-01'`], {
      reading: 'iso',
      key: (n) => `'${day(n)}'`,
    }),
    type('time', [`'00:00'`, `'24:00'`, `'12:34:56.123456'`], {
      key: (n) => `time '00:00' + ${n} * interval '1 second'`,
    }),
    type('time(2) without time zone', [`'12:34:56.78'`, `'01:00'`], {
      key: (n) => `time '00:00' + ${n} * interval '1 second'`,
    }),
    type('time with time zone', [`'12:00+02'`, `'12:00-11:30'`], {
      key: (n) => `(time '00:00' + ${n} * interval '1 second')::text || '+05:30'`,
    }),
    type('timestamp', [`'2024-02-29 12:34:56.123456'`, `'-infinity'`, `'0044-03-15 BC'`], {
      reading: 'iso',
      key: (n) => `'${day(n)} 12:00:00.5'`,
    }),
    type('timestamp(3) without time zone', [`'2024-02-29 12:34:56.123'`, `'2000-01-01'`], {
      reading: 'iso',
      key: (n) => `'${day(n)} 12:00:00.001'`,
    }),
    type('timestamp with time zone', [`'2024-02-29 12:34:56.123+02'`, `'1900-01-01 00:00+00'`], {
      reading: 'date',
      key: (n) => `'${day(n)} 12:00:00.5-07'`,
    }),
    type('timestamp(0) with time zone', [`'2024-02-29 12:34:56+02'`, `'2000-01-01 00:00+00'`], {
      reading: 'date',
      key: (n) => `'${day(n)} 12:00:00-07'`,
    }),
    type('interval', [`'0'`, `'1 year 2 mons -3 days 04:05:06.789'`, `'-1 year'`, `'30 days'`, `'1 mon'`], {
      key: (n) => `'${n} hours'`,
    }),
    type('interval(2)', [`'1.25 seconds'`, `'1 day'`]),
    type('interval year to month', [`'3 years 2 mons'`, `'1 mon'`], { key: (n) => `make_interval(months => ${n})` }),
    type('uuid', [`'00000000-0000-0000-0000-000000000000'`, `'ffffffff-ffff-ffff-ffff-ffffffffffff'`], {
      key: (n) => `'00000000-0000-4000-8000-${hex(n, 12)}'`,
    }),
    type('json', [`'{"a":1,  "a":2}'`, `'null'`, `'"x"'`, `'[1, 2.50, "\\u00e9"]'`, `'{"__proto__": {"x": 1}}'`], {
      reading: 'json',
    }),
    type('jsonb', [`'{"a": 1.50}'`, `'null'`, `'{"__proto__": 1, "constructor": null}'`, `'[]'`], {
      reading: 'json',
      key: (n) => `'{"n": ${n}, "__proto__": []}'`,
    }),
    type('inet', [`'10.0.0.1'`, `'10.0.0.1/8'`, `'::1'`], { key: (n) => `inet '10.0.0.0' + ${n}` }),
    type('cidr', [`'10.0.0.0/8'`, `'::/0'`], { key: (n) => `(inet '10.0.0.0' + ${n})::cidr` }),
    type('macaddr', [`'08:00:2b:01:02:03'`], { key: (n) => `'0800${hex(n, 8)}'` }),
    type('macaddr8', [`'08:00:2b:01:02:03:04:05'`], { key: (n) => `'0800${hex(n, 12)}'` }),
    type('bit(14)', [`B'10101010101010'`, `B'00000000000000'`], {
      key: (n) => `B'${n.toString(2).padStart(14, '0')}'`,
    }),
    type('"bit"(3)', [`B'101'`]),
    type('bit varying', [`B''`, `B'1'`, `B'0000'`], { key: (n) => `B'${n.toString(2)}'` }),
    type('bit varying(20)', [`B''`, `B'01'`], { key: (n) => `B'${n.toString(2)}'` }),
    type('point', [`'(1,2)'`, `'(NaN,-0)'`]),
    type('line', [`'{1,2,3}'`]),
    type('lseg', [`'[(1,2),(3,4)]'`]),
    type('box', [`'(3,4),(1,2)'`, `'(0,0),(0,0)'`]),
    type('path', [`'((1,2),(3,4))'`, `'[(1,2)]'`]),
    type('polygon', [`'((1,2),(3,4),(5,0))'`]),
    type('circle', [`'<(1,2),3>'`]),
    type('int4range', [`'empty'`, `'[1,5)'`, `'(,)'`], { key: (n) => `int4range(${n}, ${n + 2})` }),
    type('int8range', [`'[1,)'`, `'empty'`], { key: (n) => `int8range(${n}, null)` }),
    type('numrange', [`'[1.0,2.00)'`, `'(,1]'`], { key: (n) => `numrange(${n}, ${n}.50)` }),
    type('daterange', [`'[2024-02-29,2024-03-01)'`, `'[,infinity)'`], {
      reading: 'range',
      key: (n) => `daterange('${day(n)}', null)`,
    }),
    type('tsrange', [`'["2024-01-01 00:00","2024-01-02 12:00")'`, `'empty'`], { reading: 'range' }),
    type('tstzrange', [`'["2024-01-01 00:00+02",)'`, `'empty'`], { reading: 'range' }),
    type('int4multirange', [`'{}'`, `'{[1,2),[5,9)}'`], {
      key: (n) => `int4multirange(int4range(${n}, ${n + 1}), int4range(${n + 5}, null))`,
    }),
    type('int8multirange', [`'{}'`, `'{[1,2)}'`]),
    type('nummultirange', [`'{[1.0,2.50)}'`, `'{}'`]),
    type('datemultirange', [`'{[2024-01-01,2024-02-01)}'`, `'{}'`], { reading: 'range' }),
    type('tsmultirange', [`'{["2024-01-01 00:00","2024-01-02 12:00")}'`, `'{}'`], { reading: 'range' }),
    type('tstzmultirange', [`'{["2024-01-01 00:00+02",)}'`, `'{}'`], { reading: 'range' }),
    type('tsvector', [`'a:1A b:2'`, `''`], { key: (n) => `'w${n}:1'` }),
    type('tsquery', [`'a & !b'`, `'x <2> y'`], { key: (n) => `'w${n}'` }),
    type('pg_lsn', [`'0/0'`, `'16/B374D848'`], { key: (n) => `'0/${hex(n, 1)}'` }),
    type('txid_snapshot', [`'10:20:10,14'`]),
    type('pg_snapshot', [`'10:20:10,14'`]),
    type('oid', ['0', '4294967295'], { reading: 'number', key: (n) => `${n}` }),
    type('xid', [`'3'`, `'4294967295'`]),
    type('xid8', [`'3'`, `'18446744073709551615'`], { key: (n) => `'${n}'` }),
    type('cid', [`'7'`]),
    type('tid', [`'(1,2)'`], { key: (n) => `'(${n},1)'` }),
    type('regclass', [`'pg_class'`, `0`]),
    type('regtype', [`'int4'`, `'text[]'`]),
    type('regproc', [`'now'`]),
    type('regprocedure', [`'lower(text)'`]),
    type('regoper', [`'||/'`]),
    type('regoperator', [`'+(int4,int4)'`]),
    type('regrole', [`'postgres'`, `0`]),
    type('regnamespace', [`'pg_catalog'`]),
    type('regconfig', [`'simple'`]),
    type('regdictionary', [`'simple'`]),
    type('regcollation', [`'"C"'`]),
    type('jsonpath', [`'$.a[*] ? (@ > 2)'`, `'strict $'`]),
    type('int2vector', [`'1 2'`, `''`]),
    type('oidvector', [`'1 2'`, `''`], { key: (n) => `'${n} 1'` }),
    type('refcursor', [`'c'`]),
    type('aclitem', [`'postgres=r/postgres'`]),
    type('integer[]', [`'{}'`, `'{1,NULL,3}'`, `'[0:1]={5,6}'`, `'{{1,2},{3,4}}'`], {
      reading: 'number',
      array: true,
      key: (n) => `'{${n},1}'`,
    }),
    type('bigint[]', [`'{9223372036854775807}'`, `'{}'`], { array: true }),
    type('smallint[]', [`'{1,2}'`, `'{NULL}'`], { reading: 'number', array: true }),
    type('numeric(8,2)[]', [`'{1.50,NULL,NaN}'`, `'{}'`], { array: true, key: (n) => `'{${n}.25}'` }),
    type('text[]', [`'{}'`, `array['a,b', '"', 'NULL', null, '', E'\\\\', '{}']`, `array[array['\${x}', '*/']]`], {
      array: true,
      key: (n) => `array['"', '${n}']`,
    }),
    type('character varying(10)[]', [`'{a,"b c"}'`], { array: true, key: (n) => `array['${n}']` }),
    type('character(3)[]', [`'{a,"b c"}'`], { array: true }),
    type('name[]', [`'{a,"b c"}'`], { array: true }),
    type('"char"[]', [`'{a,b}'`], { array: true }),
    type('boolean[]', [`'{t,f,NULL}'`, `'{{t},{f}}'`], { reading: 'boolean', array: true }),
    type('double precision[]', [`'{1.1,NaN,Infinity,NULL}'`], { reading: 'number', array: true }),
    type('real[]', [`'{1.1,-0}'`], { reading: 'number', array: true }),
    type('uuid[]', [`'{00000000-0000-0000-0000-000000000000}'`], { array: true }),
    type('date[]', [`'{2024-02-29,NULL}'`], { reading: 'iso', array: true }),
    type('timestamp[]', [`'{2024-02-29 12:00:00.5}'`], { reading: 'iso', array: true }),
    type('timestamp with time zone[]', [`'{2024-02-29 12:00:00.5+03,NULL}'`], { reading: 'date', array: true }),
    type('interval[]', [`'{1 day,-1 mon}'`], { array: true }),
    type('jsonb[]', [`array['{"a": 1}'::jsonb, null, 'null']`], { reading: 'json', array: true }),
    type('json[]', [`array['{"a":  1}'::json, null]`], { reading: 'json', array: true }),
    type('bytea[]', [`array['\\x00ff'::bytea, null, '\\x']`], { reading: 'bytes', array: true }),
    type('inet[]', [`'{10.0.0.1,10.0.0.1/8}'`], { array: true }),
    type('box[]', [`'{(3,4),(1,2);(1,1),(0,0)}'`], { array: true }),
    type('point[]', [`array[point(1,2), null]`], { array: true }),
    type('bit(3)[]', [`array[B'101', null]`], { array: true }),
    type('int4range[]', [`array[int4range(1,2), null, 'empty']`], { array: true }),
    type('money[]', [`array[1.5::money]`], { array: true }),
    type('oid[]', [`'{1,4294967295}'`], { reading: 'number', array: true }),
    type('xid8[]', [`'{1}'`], { array: true }),
    type(own(`en'um`), [`''`, `'it''s'`, `'\${x}'`, `E'new\\nline'`, `'🌋'`, `'__proto__'`]),
    type(own('label'), [`'$$'`, `'*/'`]),
    type(`${own(`en'um`)}[]`, [`array['"', 'null', null, '🌋']`], { array: true }),
    type(own('short text'), [`''`, `'x'`], { key: (n) => `'s${n}'` }),
    type(own('Shorter'), [`'🌋'`, `' '`], { key: (n) => `'s${n}'` }),
    type(`${own('short text')}[]`, [`array['a', null, 'b,"c']`], { array: true }),
    type(own('never null'), ['1', '2'], { reading: 'number', key: (n) => `${n}`, notNull: true }),
    type(own('still never null'), ['1', '2'], { reading: 'number', key: (n) => `${n}`, notNull: true }),
    type(own('list'), [`'{1.25,NULL}'`, `'{}'`], { array: true }),
    type(own('pair "of"'), [`row(1, 'a"b', '2024-01-01 00:00+00')`, `row(null, null, null)`, `row(2, '', null)`], {
      reading: 'composite',
      key: (n) => `row(${n}, null, null)`,
    }),
    type(`${own('pair "of"')}[]`, [`array[row(1, 'a,b', null)::${own('pair "of"')}, null]`], {
      reading: 'composite',
      array: true,
    }),
    type(own('nest'), [`row(row(1, 'x', null)::${own('pair "of"')}, array['🌋', null]::${own(`en'um`)}[])`], {
      reading: 'composite',
    }),
    type(own('float range'), [`'[1.5,2.5)'`, `'empty'`], { reading: 'range', key: (n) => `'[${n},${n}.5)'` }),
    type(own('float ranges'), [`'{[1.5,2.5)}'`, `'{}'`], { reading: 'range' }),
    type(own('text range'), [`'["a","b\\"c")'`, `'empty'`], { key: (n) => `'["k${n}",)'` }),
  ]
}
