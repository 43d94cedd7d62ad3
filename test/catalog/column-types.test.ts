import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFile } from 'node:fs/promises'
import { findRelation } from '../../src/catalog/lookup.ts'
import type { Column } from '../../src/catalog/types.ts'
import { identifier } from '../../src/sql/quote.ts'
import { testOnEachDatabase } from '../support/databases.ts'
import type { TestDatabase } from '../support/databases.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { readInSnapshot } from './read-in-snapshot.ts'

const readColumns = async (database: TestDatabase, table: string): Promise<readonly Column[]> =>
  findRelation(await readInSnapshot(database), 'public', table)?.columns ?? []

/** What is written in `create table`, and what comes back. */
const spellings: readonly (readonly [written: string, sql: string])[] = [
  ['varchar(60)', 'character varying(60)'],
  ['varchar', 'character varying'],
  ['char(3)', 'character(3)'],
  ['char', 'character(1)'],
  ['bpchar', 'bpchar'],
  ['"char"', '"char"'],
  ['bit', 'bit(1)'],
  ['bit(5)', 'bit(5)'],
  ['varbit(7)', 'bit varying(7)'],
  ['numeric', 'numeric'],
  ['numeric(6)', 'numeric(6,0)'],
  ['decimal(14, 2)', 'numeric(14,2)'],
  ['int', 'integer'],
  ['serial', 'integer'],
  ['float(10)', 'real'],
  ['float', 'double precision'],
  ['time(2)', 'time(2) without time zone'],
  ['timetz(2)', 'time(2) with time zone'],
  ['timestamp(0)', 'timestamp(0) without time zone'],
  ['timestamptz', 'timestamp with time zone'],
  ['interval', 'interval'],
  ['interval(3)', 'interval(3)'],
  ['interval year to month', 'interval year to month'],
  ['interval day to second(2)', 'interval day to second(2)'],
  ['varchar(5)[]', 'character varying(5)[]'],
  ['numeric(6, 2)[3][]', 'numeric(6,2)[]'],
  ['timestamp(3) array', 'timestamp(3) without time zone[]'],
  ['int2vector', 'int2vector'],
  ['oidvector', 'oidvector'],
  ['name', 'name'],
]

testOnEachDatabase(test, 'types are spelt out exactly', async (database) => {
  await database.script(`create table spelt (${spellings.map(([written], n) => `c${n} ${written}`).join(', ')})`)
  const columns = await readColumns(database, 'spelt')
  assert.equal(
    columns.map(({ type }) => type.sql),
    spellings.map(([, sql]) => sql),
  )
})

testOnEachDatabase(test, 'every type of the server comes back as SQL that makes the same type', async (database) => {
  await database.script(await readFile(fixtureUrl('catalog/user-types/schema.sql'), 'utf8'))
  const names = await namesOfTypes(database)
  assert.ok(names.length > 180, `${names.length} types`)
  await database.script(`create table first (${names.map((name, n) => `c${n} ${name}`).join(', ')})`)
  const first = await readColumns(database, 'first')
  await database.script(`create table second (${first.map(({ name, type }) => `${name} ${type.sql}`).join(', ')})`)
  const second = await readColumns(database, 'second')
  assert.equal(first.length, names.length)
  assert.equal(
    second.map(({ type }) => type),
    first.map(({ type }) => type),
  )
})

testOnEachDatabase(test, 'a type is comparable when the server can sort by it', async (database) => {
  await database.script(await readFile(fixtureUrl('catalog/user-types/schema.sql'), 'utf8'))
  const names = await namesOfTypes(database)
  await database.script(`create table sorted (${names.map((name, n) => `c${n} ${name}`).join(', ')})`)
  for (const { name, type } of await readColumns(database, 'sorted')) {
    const sortable = await database.query(`select from sorted order by ${identifier(name)}`).then(
      () => true,
      (error: Error) => {
        assert.match(error.message, 'could not identify an ordering operator')
        return false
      },
    )
    assert.is(type.comparable, sortable, type.sql)
  }
})

testOnEachDatabase(test, 'an enum without labels has an empty list of them', async (database) => {
  await database.script(`create type bare as enum (); create table holder (kind bare, name text)`)
  const [kind, name] = await readColumns(database, 'holder')
  assert.equal(kind?.type.enumLabels, [])
  assert.is(name?.type.enumLabels, null)
})

testOnEachDatabase(test, 'columns of one type share one object', async (database) => {
  await database.script('create table pair (a varchar(5), b varchar(5), c varchar(6))')
  const [a, b, c] = await readColumns(database, 'pair')
  assert.is(a?.type, b?.type)
  assert.is.not(a?.type, c?.type)
})

/** All types a column may have: those that Postgres brings, and those of the fixture; arrays included. */
const namesOfTypes = async (database: TestDatabase): Promise<readonly string[]> => {
  const rows = await database.query<{ name: string }>(`
    select format_type(t.oid, null) as name
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    left join pg_class c on c.oid = t.typrelid
    left join pg_type element on element.oid = t.typelem
    where n.nspname in ('pg_catalog', 'codes', 'Odd Types') and t.typtype <> 'p' and coalesce(element.typtype, '') <> 'p'
      and (t.typrelid = 0 or c.relkind = 'c') and (element.oid is null or element.typrelid = 0)
    order by t.oid`)
  return rows.map(({ name }) => name)
}

test.run()
