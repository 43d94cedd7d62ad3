import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openPglite } from '../../src/database/pglite.ts'
import { findExtensions, loadExtensions } from '../../src/database/shadow-extensions.ts'
import { backfill } from '../../src/sql/backfill.ts'
import { catchUp } from '../../src/sql/catch-up.ts'
import { fillOpenVersions } from '../../src/sql/fill.ts'
import { apply, describeModel, faults, look } from '../evolution/evolve.ts'

// Their operators are in the schema of the extension, which the search path leaves out.
for (const [type, key] of [
  ['ltree', 'a.b'],
  ['hstore', 'a=>1'],
  ['cube', '(1,2)'],
  ['citext', 'A'],
] as const) {
  test(`a key of type ${type} is compared whatever the search path`, async () => {
    const ddl = `create extension ${type};`
    const db = await openPglite('test', { extensions: await loadExtensions(findExtensions([ddl])) })
    try {
      await db.script(`${ddl} create table mine (code ${type} primary key, name text);
        insert into mine values ('${key}', 'Brucejack')`)
      await apply(db, (await look(db, describeModel('mine', {}))).migrations)
      await db.script(`update mine set name = 'Elkview'`)
      const found = await look(db, describeModel('mine', {}))
      const { table } = found.resolved
      if (table === undefined) throw new Error('no table')
      await db.script('set search_path = pg_catalog')
      assert.equal(await faults(db, found), [])
      await db.script(`${backfill(table)} ${catchUp(table)} ${fillOpenVersions(table, ['name'])}`)
      assert.equal(await faults(db, found), [])
    } finally {
      await db.close()
    }
  })
}

test.run()
