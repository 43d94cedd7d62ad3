import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { VersionedOptions } from '../../src/models/types.ts'
import { apply, describeModel, faults, look } from '../evolution/evolve.ts'
import { testOnEachDatabase } from '../support/databases.ts'

const optionsOf: Readonly<Record<string, VersionedOptions>> = {
  'by triggers': {},
  'with replication': { replication: 'record' },
  'by the application': { writer: 'orm' },
}

for (const [title, options] of Object.entries(optionsOf)) {
  testOnEachDatabase(
    test,
    `what a header says about undoing leaves the histories of others whole, ${title}`,
    async (db) => {
      await db.script(`create table mine (mine_no text primary key); create table permit (no int primary key)`)
      const [create] = (await look(db, describeModel('mine', options))).migrations
      if (create === undefined) throw new Error('nothing to create')
      await apply(db, [create])
      await apply(db, (await look(db, describeModel('permit', {}))).migrations)

      const [, undo = '', shared = ''] =
        /^-- Undo {5}drop, in this order: (.*)\.\n-- {10}Leave (.*): histories of other tables share (?:it|them)\.$/m.exec(
          create.text,
        ) ?? []
      const triggers = await db.query<{ tgname: string }>(
        `select tgname from pg_trigger where tgrelid = 'mine'::regclass and not tgisinternal`,
      )
      for (const what of undo.split(', ')) {
        if (what.endsWith(' triggers')) {
          assert.is(what, `the ${triggers.length} triggers`)
          for (const { tgname } of triggers) await db.script(`drop trigger ${tgname} on mine`)
        } else await db.script(`drop ${what.endsWith(')') ? 'function' : 'table'} ${what}`)
      }
      const left = await db.query<{ name: string }>(
        `select proname as name from pg_proc where pronamespace = 'public'::regnamespace and proname not like 'permit%'
       union all select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not like 'permit%'
       order by name`,
      )
      assert.equal(
        left.map(({ name }) => name).filter((name) => name !== 'mine'),
        ['transaction', 'transaction_at', 'transaction_fits'],
      )
      assert.equal(
        shared
          .replaceAll('public.', '')
          .replaceAll(/\([^)]*\)/g, '')
          .split(', '),
        ['transaction', 'transaction_at', ...(options.writer === 'orm' ? [] : ['transaction_fits'])],
      )
      await db.script(`insert into mine values ('B1'); insert into permit values (1)`)
      const other = await look(db, describeModel('permit', {}))
      assert.equal([other.findings, other.migrations, await faults(db, other)], [[], [], []])
    },
  )
}

test.run()
