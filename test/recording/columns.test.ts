import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { eachDatabase } from '../support/databases.ts'
import { testCases } from './cases.ts'
import type { Cases } from './cases.ts'
import { findViolations, readVersions, recordTable, startAfresh } from './recorded-table.ts'

const ddl = (type: string, more = ''): string => `${more}; create table t (id int primary key, value ${type});`

testCases(test, {
  'json that differs only in its spaces': {
    ddl: ddl('json'),
    given: `insert into t values (1, '{}')`,
    when: [`update t set value = '{ }'`, `update t set value = '{ }'`],
    then: [[1, '(1,"{ }")']],
  },
  'xml, which has no equality': {
    ddl: ddl('xml'),
    given: `insert into t values (1, '<a/>')`,
    when: [`update t set value = '<b/>'`, `update t set value = '<b/>'`],
    then: [[1, '(1,<b/>)']],
  },
  'point, which has no equality of its own': {
    ddl: ddl('point'),
    given: `insert into t values (1, '(1,2)')`,
    when: [`update t set value = '(1,3)'`, `update t set value = '(1,3)'`],
    then: [[1, '(1,"(1,3)")']],
  },
  'NaN stays NaN': {
    ddl: ddl('double precision'),
    given: `insert into t values (1, 'NaN')`,
    when: [`update t set value = 'NaN'`, `update t set value = 'Infinity'`],
    then: [[1, '(1,Infinity)']],
  },
  '0 becomes -0': {
    ddl: ddl('double precision'),
    given: `insert into t values (1, 0)`,
    when: `update t set value = '-0'`,
    then: [[1, '(1,-0)']],
  },
  'a numeric changes only its scale': {
    ddl: ddl('numeric'),
    given: `insert into t values (1, 1.0)`,
    when: `update t set value = 1.00`,
    then: [[1, '(1,1.00)']],
  },
  'infinite dates and times': {
    ddl: `create table t (id int primary key, a date, b timestamptz);`,
    when: [`insert into t values (1, 'infinity', '-infinity')`, `update t set b = 'infinity'`],
    then: [
      [0, '(1,infinity,-infinity)'],
      [1, '(1,infinity,infinity)'],
    ],
  },
  'arrays, with bounds and nulls': {
    ddl: ddl('int[]'),
    when: [`insert into t values (1, '[0:1]={1,null}')`, `update t set value = '{1,null}'`],
    then: [
      [0, '(1,"[0:1]={1,NULL}")'],
      [1, '(1,"{1,NULL}")'],
    ],
  },
  composites: {
    ddl: ddl('pair', 'create type pair as (a int, b text)'),
    when: [`insert into t values (1, (1, null))`, `update t set value.b = 'x'`],
    then: [
      [0, '(1,"(1,)")'],
      [1, '(1,"(1,x)")'],
    ],
  },
  'a domain with a check': {
    ddl: ddl('percent', 'create domain percent as int check (value between 0 and 100)'),
    when: [`insert into t values (1, 5)`, `update t set value = 6`],
    then: [
      [0, '(1,5)'],
      [1, '(1,6)'],
    ],
  },
  'a domain that forbids null': {
    ddl: ddl('some_text', 'create domain some_text as text not null'),
    when: [`insert into t values (1, 'a')`, `update t set value = 'b'`, `delete from t`],
    then: [
      [0, '(1,a)'],
      [1, '(1,b)'],
      [2, '(1,b)'],
    ],
  },
  'an enum that gained a label': {
    ddl: ddl('mood', `create type mood as enum ('ok')`),
    when: [`insert into t values (1, 'ok')`, `alter type mood add value 'sad'`, `update t set value = 'sad'`],
    then: [
      [0, '(1,ok)'],
      [1, '(1,sad)'],
    ],
  },
  'ranges and multiranges': {
    ddl: `create table t (id int primary key, a int4range, b datemultirange);`,
    when: [`insert into t values (1, '[1,5)', '{}')`, `update t set a = '[1,4]'`, `update t set a = 'empty'`],
    then: [
      [0, '(1,"[1,5)",{})'],
      [1, '(1,empty,{})'],
    ],
  },
  'an identity column': {
    ddl: `create table t (id int generated always as identity primary key, value text);`,
    when: [`insert into t (value) values ('a'), ('b')`, `update t set id = default where value = 'a'`],
    then: [
      [0, '(1,a)'],
      [0, '(2,b)'],
      [2, '(1,a)'],
      [0, '(3,a)'],
    ],
  },
  'a stored generated column': {
    ddl: `create table t (id int primary key, value int, twice int generated always as (value * 2) stored);`,
    when: [`insert into t values (1, 5)`, `update t set value = 6`],
    then: [
      [0, '(1,5,10)'],
      [1, '(1,6,12)'],
    ],
  },
  'a virtual generated column is left out': {
    since: 18,
    ddl: `create table t (id int primary key, value int, twice int generated always as (value * 2) virtual);`,
    when: [`insert into t values (1, 5), (2, 5)`, `update t set value = 6`],
    then: [
      [0, '(1,5)'],
      [0, '(2,5)'],
      [1, '(1,6)'],
      [1, '(2,6)'],
    ],
  },
  'case under a collation that does not see it': {
    serversOnly: true, // PGlite's ICU has no such collation
    ddl: `create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create table t (id text collate ci primary key, value text collate ci);`,
    given: `insert into t values ('a', 'x')`,
    when: [`update t set value = 'X'`, `update t set id = 'A'`, `update t set id = 'b'`],
    then: [
      [1, '(a,X)'],
      [1, '(A,X)'],
      [2, '(A,X)'],
      [0, '(b,X)'],
    ],
  },
  'values out of line that an update leaves alone': {
    ddl: `create table t (id int primary key, value text, n int); alter table t alter value set storage external;`,
    given: `insert into t values (1, repeat('x', 5000), 1), (2, repeat('y', 5000), 1)`,
    when: [
      `update t set n = 2`,
      `update t set value = value`,
      `update t set value = left(value, 1)`,
      `delete from t where id = 2`,
    ],
    then: [
      [1, `(1,${'x'.repeat(5000)},2)`],
      [1, `(2,${'y'.repeat(5000)},2)`],
      [1, '(1,x,2)'],
      [1, '(2,y,2)'],
      [2, '(2,y,2)'],
    ],
  },
  'a key of four columns': {
    ddl: `create table t (a int, b text, c date, d boolean, value int, primary key (d, a, c, b));`,
    when: [
      `insert into t values (1, 'b', '2024-01-01', true, 1), (1, 'b', '2024-01-01', false, 1)`,
      `update t set value = 2 where d`,
      `begin; update t set b = 'x' where d; update t set value = 3; commit`,
      `delete from t`,
    ],
    then: [
      [0, '(1,b,2024-01-01,f,1)'],
      [0, '(1,b,2024-01-01,t,1)'],
      [1, '(1,b,2024-01-01,t,2)'],
      [1, '(1,b,2024-01-01,f,3)'],
      [2, '(1,b,2024-01-01,t,2)'],
      [0, '(1,x,2024-01-01,t,3)'],
      [2, '(1,b,2024-01-01,f,3)'],
      [2, '(1,x,2024-01-01,t,3)'],
    ],
  },
} satisfies Cases)

/** Words of the recording function, of PL/pgSQL and of SQL, and what has to be quoted. */
const hostileNames: readonly string[] = [
  ...['n', 'x', 'v', 'r', 'b', 'l', 'w', 'g', 't', 'i', 'u', 'a', 's', 'one', 'missing', 'touched', 'replaced', 'row'],
  ...['last', 'live', 'image', 'kind', 'same', 'op', 'tx', 'id', 'own', 'many', 'single', 'stale', 'found', 'tg_op'],
  ...['tg_relid', 'new', 'old', 'touch', 'inserts', 'nr', 'ended', 'tid', 'select', 'Über "x"', '${x}', '$versiongen$'],
  ...[
    '*/ --',
    '__proto__',
    'constructor',
    'k\\',
    'end',
    'é'.repeat(31),
    'w.w',
    'excluded',
    'public',
    't_version_record',
  ],
]

/** Two values of each type that a primary key can have, where the second comes after the first. */
const keyTypes: readonly (readonly [type: string, a: string, b: string, ddl?: string])[] = [
  ['smallint', '1', '2'],
  ['integer', '1', '2'],
  ['bigint', '1', '9223372036854775807'],
  ['numeric', '1.0', '2'],
  ['numeric(10,2)', '1', '2'],
  ['real', '1.5', '2.5'],
  ['double precision', '1.5', 'Infinity'],
  ['boolean', 'f', 't'],
  ['text', '', `it's`],
  ['varchar(5)', 'a', 'bcdef'],
  ['char(3)', 'a', 'b'],
  ['name', 'a', 'b'],
  ['"char"', 'a', 'b'],
  ['bytea', '\\x00', '\\xff'],
  ['uuid', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'],
  ['date', '-infinity', '2024-02-29'],
  ['time', '00:00', '24:00'],
  ['timetz', '00:00+00', '01:00+00'],
  ['timestamp', '2024-01-01', 'infinity'],
  ['timestamptz', '2024-01-01', 'infinity'],
  ['interval', '1 day', '1 mon'],
  ['inet', '10.0.0.1', '10.0.0.2'],
  ['cidr', '10.0.0.0/8', '11.0.0.0/8'],
  ['macaddr', '00:00:00:00:00:01', '00:00:00:00:00:02'],
  ['bit(3)', '001', '010'],
  ['varbit', '1', '11'],
  ['money', '1', '2'],
  ['oid', '1', '4294967295'],
  ['jsonb', '1', '2'],
  ['int[]', '{1}', '{1,2}'],
  ['int4range', '[1,2)', '[1,3)'],
  ['int4multirange', '{[1,2)}', '{[1,3)}'],
  ['tsvector', 'a', 'b'],
  ['pg_lsn', '0/1', '0/2'],
  ['mood', 'ok', 'sad', `create type mood as enum ('ok', 'sad')`],
  ['mood[]', '{ok}', '{sad}', `create type mood as enum ('ok', 'sad')`],
  ['pair', '(1,a)', '(1,)', `create type pair as (a int, b text)`],
  ['code', 'a', 'b', `create domain code as text not null check (value <> 'c')`],
  ['"My Type"', 'a', 'b', `create domain "My Type" as varchar(10)`],
]

eachDatabase((name, open) => {
  let database: Awaited<ReturnType<typeof open>>
  test(`open (${name})`, async () => {
    database = await open()
  })
  for (const [type, a, b, more = ''] of keyTypes) {
    test(`a key of type ${type} (${name})`, async () => {
      await startAfresh(database)
      const value = (text: string): string => `'${text.replaceAll("'", "''")}'::${type}`
      await database.script(`${more}; create table t (id ${type} primary key, n int)`)
      const table = await recordTable(database, 't')
      for (const statement of [
        `insert into t values (${value(a)}, 1)`,
        `update t set n = 2`,
        `update t set id = ${value(b)}`,
        `begin; update t set id = ${value(a)}, n = 3; update t set n = 4; commit`,
        `insert into t values (${value(b)}, 5)`,
        `update t set n = n + 1`,
        `begin; update t set n = n - 1; update t set n = n + 1; commit`,
        `delete from t`,
      ]) {
        await database.script(statement)
      }
      assert.equal(await findViolations(database, table), [])
      const versions = await readVersions(database, table)
      assert.equal(
        versions.map(([operation]) => operation),
        [0, 1, 2, 0, 0, 2, 0, 1, 1, 2, 2],
      )
    })
  }
  test(`columns called like anything in the recording function (${name})`, async () => {
    await startAfresh(database)
    const quoted = hostileNames.map((column) => `"${column.replaceAll('"', '""')}"`)
    await database.script(`create table t (key1 int primary key, ${quoted.map((column) => `${column} text`).join(', ')});
      create function again() returns trigger language plpgsql as $$
        #variable_conflict use_column
        begin update t set (${quoted.join(', ')}) = row(${quoted.map((column) => `${column} || '!'`).join(', ')}); return null; end $$;
      create trigger again after insert on t for each row execute function again();`)
    const table = await recordTable(database, 't')
    await database.script(`insert into t values (1${quoted.map(() => `, 'a'`).join('')})`)
    await database.script(`update t set n = null`)
    const values = hostileNames.map((column) => (column === 'n' ? '' : 'a!')).join(',')
    assert.equal(await readVersions(database, table), [
      [0, `(1${',a!'.repeat(quoted.length)})`],
      [1, `(1,${values})`],
    ])
    assert.equal(await findViolations(database, table), [])
  })
  for (const column of ['n', 'b', 'id', 'row', 'kind', 'found', 'tg_op', 'Über "x"']) {
    test(`a key called ${column} (${name})`, async () => {
      await startAfresh(database)
      const quoted = `"${column.replaceAll('"', '""')}"`
      await database.script(`create table k (${quoted} int primary key, other text);
        create table p (${quoted} int, other text, primary key (${quoted})) partition by hash (${quoted});
        create table p1 partition of p for values with (modulus 1, remainder 0);`)
      for (const base of ['k', 'p']) {
        const table = await recordTable(database, base)
        for (const statement of [
          `insert into ${base} values (1, 'a'), (2, 'b')`,
          `begin; update ${base} set other = 'x'; update ${base} set ${quoted} = 3 where ${quoted} = 1; commit`,
          `truncate ${base}`,
        ]) {
          await database.script(statement)
        }
        const expected = [
          [0, '(1,a)'],
          [0, '(2,b)'],
          [2, '(1,x)'],
          [1, '(2,x)'],
          [0, '(3,x)'],
          [2, '(2,x)'],
          [2, '(3,x)'],
        ]
        assert.equal(await readVersions(database, table), expected, base)
        assert.equal(await findViolations(database, table), [])
      }
    })
  }
  test(`close (${name})`, () => database.close())
})

test.run()
