import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connect } from '../../src/database/connect.ts'
import { QueryError } from '../../src/database/query-error.ts'
import type { Database } from '../../src/database/types.ts'
import { startServer, type Server } from '../support/server.ts'

/** An expression, and what every driver makes of it on every server. */
const expressions: readonly (readonly [sql: string, value: unknown])[] = [
  ['1::int2', 1],
  ['(-2147483648)::int4', -2147483648],
  ['4294967295::oid', 4294967295],
  ['9007199254740993::int8', '9007199254740993'],
  ['1.10::numeric', '1.10'],
  ['1.5::float8', '1.5'],
  ["'NaN'::float4", 'NaN'],
  ['true', true],
  ['null::bool', null],
  ["'x'::name", 'x'],
  ['\'x\'::"char"', 'x'],
  ["'a'::char(3)", 'a  '],
  ["'2024-02-29'::date", '2024-02-29'],
  ["'infinity'::timestamptz", 'infinity'],
  ["'2024-02-29 12:00:00.123456'::timestamp", '2024-02-29 12:00:00.123456'],
  ["'1 day'::interval", '1 day'],
  ["'\\x00ff'::bytea", '\\x00ff'],
  ["'(1,2)'::point", '(1,2)'],
  [`'{"a": [1, null]}'::json`, { a: [1, null] }],
  [`'"x"'::jsonb`, 'x'],
  ["'null'::jsonb", null],
  ['array[1, null, 3]', [1, null, 3]],
  [
    'array[[1, 2], [3, 4]]',
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ["'[0:1]={5,6}'::int[]", [5, 6]],
  ["'{}'::text[]", []],
  [
    `array['a,b', 'c"d', 'e\\f', 'NULL', null, '', '{x}', ' y ']`,
    ['a,b', 'c"d', 'e\\f', 'NULL', null, '', '{x}', ' y '],
  ],
  ['array[true, false]', [true, false]],
  [`array['{"a":1}'::jsonb]`, [{ a: 1 }]],
  ['array[1.5, 2]::numeric[]', ['1.5', '2']],
  ['array[9007199254740993]::int8[]', ['9007199254740993']],
  ["array['2024-02-29'::date]", ['2024-02-29']],
  ["array['((0,0),(1,1))'::box, '((0,0),(2,2))'::box]", ['(1,1),(0,0)', '(2,2),(0,0)']],
  ["'1 2'::int2vector", '1 2'],
  ["array['x'::name, 'y z']", ['x', 'y z']],
  ["array['in', 'é']::mood[]", '{in,é}'],
  ["'pg_class'::regclass", 'pg_class'],
  ['row(1, null)', '(1,)'],
  ['int4range(1, 5)', '[1,5)'],
]

const parameters: readonly (readonly [sql: string, parameter: unknown, value: unknown])[] = [
  ['$1::int', 7, 7],
  ['$1::int8', 9007199254740993n, '9007199254740993'],
  ['$1::bool', true, true],
  ['$1::bool', false, false],
  ['$1::text', null, null],
  ['$1::jsonb', { a: ["x'"] }, { a: ["x'"] }],
  ['$1::jsonb', '{"b":1}', { b: 1 }],
  ['$1::text[]', ['a"b', null, '\\', ''], ['a"b', null, '\\', '']],
  ['$1::int[]', [[1], [2]], [[1], [2]]],
  ['$1::timestamptz at time zone $$UTC$$', new Date(0), '1970-01-01 00:00:00'],
  ['$1::bytea', Uint8Array.of(0, 255), '\\x00ff'],
  ['$1::date', '2024-02-29', '2024-02-29'],
  ['$1::float8', 1.5, '1.5'],
]

const checkValues = async (db: Database): Promise<void> => {
  await db.script("set timezone = 'Europe/Paris'; create type pg_temp.mood as enum ('in', 'é')")
  for (const [sql, value] of expressions) {
    const rows = await db.query<{ value: unknown }>(`select ${sql.replace('::mood', '::pg_temp.mood')} as value`)
    assert.equal(rows, [{ value }], `${db.label}, ${db.driver}: ${sql}`)
  }
  for (const [sql, parameter, value] of parameters) {
    const rows = await db.query<{ value: unknown }>(`select ${sql} as value`, [parameter])
    assert.equal(rows, [{ value }], `${db.label}, ${db.driver}: ${sql}`)
  }
}

const checkErrors = async (db: Database): Promise<void> => {
  const failure = async (work: () => Promise<unknown>): Promise<QueryError> => {
    try {
      await work()
    } catch (error) {
      if (error instanceof QueryError) return error
      throw error
    }
    throw new Error('nothing was thrown')
  }
  const unknownColumn = await failure(() => db.query("select 'é😀', nope"))
  assert.is(unknownColumn.sqlState, '42703', db.driver)
  assert.is(unknownColumn.position, 14, db.driver)
  assert.is((await failure(() => db.query('select 1; select 2'))).sqlState, '42601', db.driver)
  assert.is((await failure(() => db.script('select 1; select 1/0'))).sqlState, '22012', db.driver)
  await db.script('create temp table two (a int); insert into two values (1); insert into two values (2)')
  assert.equal(await db.query('select a from two order by a'), [{ a: 1 }, { a: 2 }])
  assert.equal(await db.query('select name from pg_catalog.pg_prepared_statements'), [], db.driver)
}

let servers: readonly Server[] = []
test.before(async () => {
  servers = [await startServer(14), await startServer(18)]
})
test.after(async () => {
  for (const server of servers) await server.stop()
})

for (const driver of ['pg', 'postgres'] as const) {
  test(`values and errors, ${driver}`, async () => {
    for (const server of servers) {
      const db = await connect({ kind: 'server', url: server.url() }, { driver, env: {} })
      await checkValues(db)
      await checkErrors(db)
      await db.close()
    }
  })

  test(`a server that goes away is an error of the next query, ${driver}`, async () => {
    const [server] = servers
    const url = server?.url()
    const db = await connect({ kind: 'server', url }, { driver, env: {} })
    const other = await connect({ kind: 'server', url }, { driver, env: {} })
    const [own] = await db.query<{ pid: number }>('select pg_backend_pid() as pid')
    await other.query('select pg_terminate_backend($1)', [own?.pid])
    await other.query('select pg_sleep(0.1)')
    for (let time = 0; time < 2; time++) {
      const error: unknown = await db.query('select 1').catch((reason: unknown) => reason)
      assert.is((error as { code?: string }).code, 'database-unreachable', String(error))
    }
    await db.close()
    await other.close()
  })
}

test('values and errors, pglite', async () => {
  const db = await connect({ kind: 'server', url: 'memory:' }, { driver: 'pglite', env: {} })
  await checkValues(db)
  await checkErrors(db)
  await db.close()
})

test.run()
