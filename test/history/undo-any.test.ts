import type { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Database } from '../../src/database/types.ts'
import { eachDatabase } from '../support/databases.ts'
import { importIndex, recordTables } from './recorded-tables.ts'

/** Few keys and few values, so that transactions meet; a circle of foreign keys, a deferred one, actions of every kind. */
const schema = `
create table a (id int primary key, v int, a int references a, c int);
create table b (x int, y int, v int, a int references a on update cascade on delete cascade, primary key (x, y));
create table c (id int primary key, v int, x int, y int,
  foreign key (x, y) references b on update cascade on delete set null deferrable initially deferred);
alter table a add foreign key (c) references c on update set null deferrable;
`

const start = `begin; set constraints all deferred; delete from a; delete from b; delete from c;
  insert into a values (1, 1, null, 1), (2, 2, 1, null), (3, 3, 3, 2);
  insert into b values (1, 1, 1, 1), (1, 2, 2, null), (2, 1, 3, 1);
  insert into c values (1, 1, 1, 1), (2, 2, 1, 2), (3, 3, null, null); commit`

const small = fc.integer({ min: 1, max: 4 })
const value = fc.option(small, { nil: 'null' as const })

/** One statement. What a constraint refuses is as if it had not been. */
const statement = fc.oneof(
  fc.tuple(small, small, value, value).map((row) => `insert into a values (${row.join()})`),
  fc.tuple(small, small, small, value).map((row) => `insert into b values (${row.join()})`),
  fc.tuple(small, small, value, value).map((row) => `insert into c values (${row.join()})`),
  fc.tuple(small, small).map(([v, id]) => `update a set v = ${v} where id <= ${id}`),
  fc.tuple(value, small).map(([a, id]) => `update a set a = ${a} where id = ${id}`),
  fc.tuple(value, small).map(([c, id]) => `update a set c = ${c} where id = ${id}`),
  fc.tuple(small, small).map(([to, id]) => `update a set id = ${to} where id = ${id}`),
  fc.tuple(small, value, small).map(([v, a, x]) => `update b set v = ${v}, a = ${a} where x = ${x}`),
  fc.tuple(small, small).map(([to, x]) => `update b set x = ${to} where x = ${x}`),
  fc.tuple(small, value, value).map(([id, x, y]) => `update c set x = ${x}, y = ${y}, v = 1 where id = ${id}`),
  fc.tuple(small, small).map(([to, id]) => `update c set id = ${to} where id = ${id}`),
  fc.tuple(fc.constantFrom('a', 'c'), small).map(([table, id]) => `delete from ${table} where id = ${id}`),
  small.map((x) => `delete from b where x = ${x}`),
  fc.constant('set constraints all deferred'),
)

const transactions = fc.array(fc.array(statement, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 })

const live = async (database: Database): Promise<string> => {
  const [row] = await database.query<{ all: string }>(
    `select concat((select json_agg(a order by id) from a), (select json_agg(b order by x, y) from b),
      (select json_agg(c order by id) from c)) as all`,
  )
  return row?.all ?? ''
}

const lastId = async (database: Database): Promise<string> => {
  const [row] = await database.query<{ id: string }>('select coalesce(max(id), 0)::text as id from transaction')
  return row?.id ?? ''
}

/** Runs statements as one transaction; those that are refused are left out. Gives its id, if it did anything. */
const commit = async (database: Database, statements: readonly string[]): Promise<string | undefined> => {
  const before = await lastId(database)
  const steps = statements.map((sql) => `begin ${sql}; exception when integrity_constraint_violation then null; end;`)
  try {
    await database.script(
      `begin; do $do$ begin ${steps.join('\n').replaceAll('set constraints all deferred', "execute 'set constraints all deferred'")} end $do$; commit`,
    )
  } catch {
    await database.script('rollback')
  }
  const id = await lastId(database)
  return id === before ? undefined : id
}

eachDatabase((name, open) => {
  if (name !== 'PGlite') return
  test('transactions of any kind are taken back one after the other, down to the first', async () => {
    const database = await open()
    try {
      await database.script(schema)
      const { history, histories } = await importIndex(await recordTables(database))
      const connection = database.pglite as PGlite
      await fc.assert(
        fc.asyncProperty(transactions, async (given) => {
          await database.script(start)
          const stack: { readonly id: string; readonly before: string; readonly after: string }[] = []
          for (const statements of given) {
            const before = await live(database)
            const id = await commit(database, statements)
            if (id !== undefined) stack.push({ id, before, after: await live(database) })
          }
          for (const { id, before } of stack.toReversed()) {
            const undo = await history(connection).undoTransaction(id)
            assert.equal(undo.conflicts, [])
            assert.is(await live(database), before)
            assert.equal((await history(connection).undoTransaction(id)).changes, [])
          }
        }),
        { numRuns: 30 },
      )
      for (const each of histories)
        for await (const violation of each(connection).verify()) assert.equal(violation, undefined)
    } finally {
      await database.close()
    }
  })
})

test.run()
