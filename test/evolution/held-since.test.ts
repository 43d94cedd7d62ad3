import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { VersionedOptions } from '../../src/models/types.ts'
import { eachServer } from '../support/databases.ts'
import { apply, describeModel, look } from './evolve.ts'

// The comment of a version column that came later, or came again, says since when it is held.

eachServer((server, open) => {
  test(`since when a column is held (${server})`, async () => {
    const db = await open()
    try {
      const generate = async (options: VersionedOptions = {}): Promise<void> => {
        const model = describeModel('mine', options)
        await apply(db, (await look(db, model)).migrations)
        const repaired = await look(db, model)
        assert.equal([repaired.findings, repaired.migrations], [[], []])
      }
      const write = (statement: string): Promise<unknown> => db.script(`begin; ${statement}; commit`)
      const comments = async (): Promise<readonly string[]> => {
        const rows = await db.query<{ said: string }>(
          `select concat_ws(' ', attname, col_description(attrelid, attnum)) as said from pg_attribute
            where attrelid = 'mine_version'::regclass and col_description(attrelid, attnum) is not null order by attnum`,
        )
        return rows.map(({ said }) => said)
      }
      const lastTransaction = async (): Promise<string> => {
        const [row] = await db.query<{ id: string }>('select max(id)::text as id from transaction')
        return row?.id ?? '0'
      }

      await db.script('create table mine (mine_id integer primary key, region text)')
      await generate()
      assert.equal(await comments(), [], 'those of the first migration')

      await db.script(`alter table mine add column "100% 'x" text, add column kind integer not null default 1`)
      await generate()
      assert.equal(
        await comments(),
        ["100% 'x Held since transaction 0.", 'kind Held since transaction 0.'],
        'no transaction yet',
      )

      await generate({ exclude: ['region'] })
      await write("insert into mine values (1, 'BC')")
      await write("update mine set kind = 2, region = 'YT'")
      const last = await lastTransaction()
      await generate()
      assert.equal(
        await comments(),
        [
          `region Held since transaction ${last}.`,
          "100% 'x Held since transaction 0.",
          'kind Held since transaction 0.',
        ],
        'included again',
      )

      await db.script('alter table mine add column term integer not null default 1')
      await db.script('alter table mine drop constraint mine_pkey, add primary key (mine_id, term)')
      await generate()
      assert.is((await comments()).length, 3, 'what is in the key is held by all versions')
    } finally {
      await db.close()
    }
  })
})

test.run()
