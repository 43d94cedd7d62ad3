import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFile } from 'node:fs/promises'
import { readCatalog } from '../../src/catalog/read.ts'
import type { Database } from '../../src/database/types.ts'
import { testOnEachDatabase } from '../support/databases.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { describeCatalog } from './describe.ts'
import { makeRoles } from './make-roles.ts'
import { readInSnapshot } from './read-in-snapshot.ts'

/** Within a stage, statements may run in any order and make the same schema. */
const stages: readonly (readonly string[])[] = [
  ['create schema b', 'create schema a', 'create schema "Z"', `create type public.kind as enum ('z', 'a')`],
  [
    'create table a.mine (id int primary key, kind public.kind, tags public.kind[])',
    'create table b.mine (id int primary key, name varchar(9) collate "C")',
    'create table "Z".mine (id bigint generated always as identity primary key)',
    'create table public.zebra (id int)',
    'create table public.parted (id int, at date) partition by range (at)',
    `create function b.note() returns trigger language plpgsql as 'begin return null; end'`,
    `create function a.note() returns trigger language plpgsql as 'begin return new; end'`,
    'create sequence public.loose',
  ],
  [
    `create table b.parted_1 partition of public.parted for values from ('2023-01-01') to ('2024-01-01')`,
    `create table a.parted_2 partition of public.parted for values from ('2024-01-01') to ('2025-01-01')`,
    'create table a.child_2 () inherits (public.zebra)',
    'create table a.child_1 () inherits (public.zebra)',
    'create index mine_z on a.mine (kind)',
    'create index mine_a on a.mine (kind desc)',
    'alter table b.mine add constraint to_z foreign key (id) references "Z".mine',
    'alter table b.mine add constraint to_a foreign key (id) references a.mine',
    'create trigger y after insert on a.mine for each row execute function b.note()',
    'create trigger x after delete on a.mine for each row execute function a.note()',
    `comment on table a.mine is 'of a'`,
    `comment on column b.mine.name is 'name'`,
    'grant insert on a.mine to catalog_writer',
    'grant select on a.mine to catalog_writer',
    'grant select on a.mine to "catalog ""Reader"""',
    'create policy q on a.mine to catalog_writer, "catalog ""Reader""" using (id > 0)',
    'create policy p on a.mine for select to "catalog ""Reader""", catalog_writer using (true)',
  ],
]

testOnEachDatabase(test, 'the order in which objects were made does not show', async (database) => {
  await makeRoles(database)
  const describeAfter = async (statements: readonly string[]): Promise<string> => {
    await database.script(statements.join(';\n'))
    const text = await describeCatalog(await readInSnapshot(database))
    await database.script(
      'drop schema a, b, "Z" cascade; drop table parted, zebra cascade; drop sequence loose; drop type kind',
    )
    return text
  }
  const expected = await describeAfter(stages.flat())
  const anyOrder = fc.tuple(...stages.map(anyOrderOf))
  await fc.assert(
    fc.asyncProperty(anyOrder, async (shuffled) => assert.is(await describeAfter(shuffled.flat()), expected)),
    { numRuns: 8, endOnFailure: true },
  )
})

testOnEachDatabase(test, 'the order in which the server returns rows does not show', async (database) => {
  await makeRoles(database)
  for (const name of ['partitions', 'user-types', 'triggers', 'security']) {
    await database.script(await readFile(fixtureUrl(`catalog/${name}/schema.sql`), 'utf8'))
  }
  const answers = new Map<string, readonly object[]>()
  const expected = await readCatalog({
    ...database,
    query: async <Row extends object>(sql: string) => {
      const rows = await database.query<Row>(sql)
      answers.set(sql, rows)
      return rows
    },
  })
  const inAnyOrder = fc.tuple(...[...answers.values()].map(anyOrderOf))
  await fc.assert(
    fc.asyncProperty(inAnyOrder, async (shuffled) => {
      const again = new Map([...answers.keys()].map((sql, n) => [sql, shuffled[n]]))
      const query = async <Row extends object>(sql: string): Promise<readonly Row[]> => (again.get(sql) ?? []) as Row[]
      assert.equal(await readCatalog({ ...database, query }), expected)
    }),
    { numRuns: 30, endOnFailure: true },
  )
})

testOnEachDatabase(test, 'the number of queries does not grow with the number of tables', async (database) => {
  let queries = 0
  const counting: Database = {
    ...database,
    query: (sql, parameters) => {
      queries++
      return database.query(sql, parameters)
    },
  }
  await readCatalog(counting)
  const onEmpty = queries
  await database.script(
    Array.from({ length: 40 }, (_, n) => `create table t${n} (id int primary key references t${n}, name text)`).join(
      ';',
    ),
  )
  queries = 0
  assert.is((await readCatalog(counting)).relations.length, 40)
  assert.is(queries, onEmpty)
})

const anyOrderOf = <Item>(items: readonly Item[]): fc.Arbitrary<Item[]> =>
  fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length })

test.run()
