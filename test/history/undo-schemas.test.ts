import pg from 'pg'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Connection, DatabaseHistory } from '../../src/history/mod.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { type AnyTables, importIndex, recordTables } from './recorded-tables.ts'

/** Foreign keys of every kind, in a circle too; keys of every kind; columns that nobody writes, or that have no history. */
const schema = `
create schema "we""ird $1";
create table country (code text primary key, name text not null unique);
create table city (
  id int generated always as identity primary key, country text references country on update cascade on delete cascade,
  name text, shout text generated always as (upper(name)) stored, mayor bigint, motto text not null default 'none',
  unique (country, name));
create table person (
  id bigint primary key, city int references city on delete restrict, boss bigint references person,
  email text not null unique, grade numeric, photo text);
alter table city add foreign key (mayor) references person;
create table visit (
  person bigint references person on delete set null, day date, n int, note json, primary key (day, n)
) partition by range (day);
create table visit_old partition of visit for values from (minvalue) to ('2024-01-01');
create table visit_new partition of visit for values from ('2024-01-01') to (maxvalue);
create table "we""ird $1"."T $1 ''\\" (
  "key $1" text, "__proto__" int, "val\`\${}\\" text, country text references country on update cascade,
  primary key ("key $1", "__proto__"));
create table diary (person bigint references person on delete cascade, line text);
insert into country values ('FR', 'France'), ('CA', 'Canada');
insert into city (country, name, motto) values ('FR', 'Paris', 'fluctuat'), ('CA', 'Québec', 'je me souviens'), ('CA', 'Trail', '');
insert into person values
  (1, 1, null, 'ann@x', 1.50, 'ann.jpg'), (2, 2, 1, 'bob@x', 'NaN', 'bob.jpg'), (3, 2, 2, 'eve@x', null, 'eve.jpg');
update city set mayor = id where id < 3;
insert into visit values (1, '2023-12-31', 1, '{"a":1}'), (2, '2024-05-01', 1, '{"a": 1}'), (null, '2024-05-01', 2, null);
insert into "we""ird $1"."T $1 ''\\" values (E'quo\\'te\\\\ $1', -1, E'"{}\\\\', 'FR'), ('', 0, null, 'CA');
insert into diary values (1, 'dear diary');
`

/** What has no history. */
const excluded: ReadonlyMap<string, string> = new Map([
  ['city', 'motto'],
  ['person', 'photo'],
])

interface Recorded {
  readonly history: DatabaseHistory<AnyTables>
  /** Runs SQL as one transaction; gives the id it was recorded under. */
  commit(sql: string): Promise<string>
  /** All live rows. */
  live(): Promise<string>
  /** What is wrong with the histories. */
  violations(): Promise<readonly unknown[]>
}

const tables = ['country', 'city', 'person', 'visit', `"we""ird $1"."T $1 ''\\"`, 'diary']

const record = async (database: TestDatabase, connection: Connection): Promise<Recorded> => {
  await database.script(schema)
  const recorded = await recordTables(database, ({ base, columns }) => ({
    columns: columns.filter(({ name }) => excluded.get(base.name) !== name),
  }))
  const index = await importIndex(recorded)
  return {
    history: index.history(connection),
    commit: async (sql) => {
      await database.script(`begin; ${sql}; commit`)
      const [row] = await database.query<{ id: string }>('select max(id)::text as id from transaction')
      return row?.id ?? ''
    },
    live: async () => {
      const lines: string[] = []
      for (const table of tables) {
        const rows = await database.query<{ line: string }>(`select t::text as line from ${table} as t`)
        lines.push(
          `${table}: ${rows
            .map(({ line }) => line)
            .toSorted()
            .join(' ')}`,
        )
      }
      return lines.join('\n')
    },
    violations: async () => {
      const found: unknown[] = []
      for (const each of index.histories) for await (const violation of each(connection).verify()) found.push(violation)
      return found
    },
  }
}

const testOn = (title: string, body: (recorded: Recorded) => Promise<void>): void =>
  eachDatabase((name, open) => {
    test(`${title} (${name})`, async () => {
      const database = await open()
      const pool = new pg.Pool({ connectionString: database.url ?? '', max: 2 })
      try {
        await body(await record(database, database.pglite ?? pool))
      } finally {
        await pool.end()
        await database.close()
      }
    })
  })

/** Whatever one transaction may do, by what it is called. */
const deeds: ReadonlyMap<string, string> = new Map([
  ['a key change that cascades', `update country set code = 'FRA' where code = 'FR'`],
  [
    'a key change that takes everything along',
    `update city set mayor = null where id = 2; update person set boss = null where boss = 2;
     update visit set person = null where person = 2; update person set id = 22 where id = 2;
     update city set mayor = 22 where id = 2; update visit set person = 22 where n = 1 and day = '2024-05-01'`,
  ],
  ['several key changes at once', `update visit set n = n + 10; update "we""ird $1"."T $1 ''\\" set "__proto__" = 7`],
  ['a move to another partition', `update visit set day = '2020-01-01' where n = 2`],
  [
    'a circle of new rows',
    `insert into city (country, name) values ('CA', 'Rossland');
     insert into person (id, city, email) select 9, id, 'new@x' from city where name = 'Rossland';
     update city set mayor = 9 where name = 'Rossland'`,
  ],
  [
    'a circle of rows that go',
    `update city set mayor = null where id = 2; update visit set person = null where person > 1;
     delete from person where id > 1; delete from city where country = 'CA'; delete from "we""ird $1"."T $1 ''\\";
     delete from country where code = 'CA'`,
  ],
  [
    'an action of a foreign key',
    `delete from visit where n = 1; update city set mayor = null; delete from person where id = 3`,
  ],
  [
    'a unique value that changes hands',
    `delete from person where id = 3; insert into person values (4, 2, 2, 'eve@x', 3)`,
  ],
  [
    'rows that refer to each other',
    `insert into person values (10, 1, 10, 'ten@x'); insert into person values (11, 1, 10, 'eleven@x')`,
  ],
  ['nulls, numbers and json', `update person set grade = 1.5; update visit set note = '{"a": 1}' where n = 1`],
  ['a truncate', `truncate visit, "we""ird $1"."T $1 ''\\"`],
])

/** Deeds after which a row comes back that had gone: its columns without history then have their defaults. */
const losing: ReadonlySet<string> = new Set([
  'a circle of rows that go',
  'an action of a foreign key',
  'a unique value that changes hands',
])

const withoutLosses = (live: string): string =>
  live.replace(/,(?:none|fluctuat|"je me souviens"|\w+\.jpg|""|)\)/g, ')').replace(/,\)/g, ')')

testOn('whatever a transaction did is undone, redone and undone again', async (recorded) => {
  const { history, commit, live, violations } = recorded
  for (const [deed, sql] of deeds) {
    const before = await live()
    const id = await commit(sql)
    const after = await live()
    assert.is.not(after, before)
    const dry = await history.undoTransaction(id, { dryRun: true })
    const undo = await history.undoTransaction(id)
    assert.equal(undo, { ...dry, done: true }, deed)
    assert.equal(undo.conflicts, [], deed)
    const compare = losing.has(deed) ? withoutLosses : (text: string) => text
    assert.is(compare(await live()), compare(before), deed)
    assert.equal((await history.undoTransaction(id)).changes, [], deed)

    const [undone] = await history.timeline({ limit: 1 })
    assert.equal((await history.undoTransaction(undone?.transaction.id ?? '')).conflicts, [], deed)
    assert.is(withoutLosses(await live()), withoutLosses(after), deed)
    const [redone] = await history.timeline({ limit: 1 })
    await history.undoTransaction(redone?.transaction.id ?? '')
    assert.is(withoutLosses(await live()), withoutLosses(before), deed)
  }
  assert.equal(await violations(), [])
})

testOn('what Postgres refuses changes nothing', async ({ history, commit, live }) => {
  // Each step is fine; both rows at once are not, and the constraint cannot wait.
  const id = await commit(`update person set email = 'x' where id = 1; update person set email = 'ann@x' where id = 3;
    update person set email = 'eve@x' where id = 1; update country set name = 'La France' where code = 'FR'`)
  const before = await live()
  const refused = await history.undoTransaction(id).catch((thrown: unknown) => thrown)
  assert.is((refused as { code?: unknown }).code, '23505')
  assert.is(await live(), before)
})

test.run()
