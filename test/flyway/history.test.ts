import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { VersiongenError } from '../../src/errors.ts'
import { readHistory } from '../../src/flyway/history.ts'
import { identifier } from '../../src/sql/quote.ts'
import { eachDatabase } from '../support/databases.ts'

/** As Flyway makes it (PostgreSQLDatabase). */
const createHistory = (table: string): string => `
create table ${table} (
  installed_rank int not null primary key, version varchar(50), description varchar(200) not null,
  type varchar(20) not null, script varchar(1000) not null, checksum integer, installed_by varchar(100) not null,
  installed_on timestamp not null default now(), execution_time integer not null, success boolean not null);
insert into ${table} (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success) values
  (2, '1.07', 'create mine', 'SQL', 'V1_07__create_mine.sql', -690524359, 'x', 1, true),
  (1, null, '<< Flyway Schema Creation >>', 'SCHEMA', '"app"', null, 'x', 0, true),
  (3, null, 'view', 'SQL', 'R__view.sql', 5, 'x', 1, false);`

const defaults = { defaultSchema: undefined, schemas: [], historyTable: 'flyway_schema_history' }

eachDatabase((name, open) => {
  test(`the rows in order (${name})`, async () => {
    const database = await open()
    try {
      assert.is(await readHistory(database, defaults), null)
      await database.script(createHistory('flyway_schema_history'))
      const rows = await readHistory(database, defaults)
      assert.equal(
        rows?.map((row) => [row.installedRank, row.version?.text ?? null, row.type, row.checksum, row.success]),
        [
          [1, null, 'SCHEMA', null, true],
          [2, '1.07', 'SQL', -690524359, true],
          [3, null, 'SQL', 5, false],
        ],
      )
      assert.is(rows?.[1]?.script, 'V1_07__create_mine.sql')
    } finally {
      await database.close()
    }
  })

  test(`in whichever schema, under whichever name (${name})`, async () => {
    const database = await open()
    const hostile = 'My "history" ${x}; --'
    try {
      await database.script(`create schema ${identifier(hostile)}`)
      await database.script(createHistory(`${identifier(hostile)}.${identifier(hostile)}`))
      const config = { defaultSchema: hostile, schemas: ['other'], historyTable: hostile }
      assert.is((await readHistory(database, config))?.length, 3)
      assert.is(
        (await readHistory(database, { ...config, defaultSchema: undefined, schemas: [hostile, 'x'] }))?.length,
        3,
      )
      assert.is(await readHistory(database, { ...config, defaultSchema: 'public' }), null)
      assert.is(await readHistory(database, { ...config, defaultSchema: 'no such schema' }), null)
      assert.is(await readHistory(database, { ...config, defaultSchema: undefined, schemas: [] }), null)
      await database.script(`set search_path to public, ${identifier(hostile)}`)
      assert.is((await readHistory(database, { ...config, defaultSchema: undefined, schemas: [] }))?.length, 3)
    } finally {
      await database.close()
    }
  })

  test(`a table of that name that is something else (${name})`, async () => {
    const database = await open()
    try {
      await database.script('create table flyway_schema_history (version text, script text)')
      const error = await readHistory(database, defaults).catch((thrown: VersiongenError) => thrown)
      assert.is((error as VersiongenError).code, 'history-foreign')
      assert.match((error as VersiongenError).message, 'installed_rank, description, type, checksum, success')
    } finally {
      await database.close()
    }
  })

  test(`without the right to read it (${name})`, async () => {
    const database = await open()
    try {
      await database.script(createHistory('flyway_schema_history'))
      await database.script('create role history_reader; set role history_reader')
      const error = await readHistory(database, defaults).catch((thrown: VersiongenError) => thrown)
      await database.script('reset role; drop role history_reader')
      assert.is((error as VersiongenError).code, 'history-unreadable')
      assert.equal((error as VersiongenError).where, { object: 'public.flyway_schema_history' })
    } finally {
      await database.close()
    }
  })
})

test.run()
