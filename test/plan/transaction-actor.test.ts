import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { apply, describeModel, look } from '../evolution/evolve.ts'
import { testOnEachDatabase } from '../support/databases.ts'

// As SQLAlchemy-Continuum makes it without users.
testOnEachDatabase(test, 'an actor that is demanded needs a column to be kept in', async (db) => {
  await db.script(`create table mine (mine_guid uuid primary key, mine_no text);
    create table transaction (id bigserial primary key, issued_at timestamp, remote_addr varchar(50))`)
  const found = async (context: 'allow' | 'warn' | 'refuse', writer: 'trigger' | 'orm' = 'trigger') =>
    (await look(db, describeModel('mine', { context, writer }))).resolved.findings
  assert.equal(await found('allow'), [])
  assert.equal(await found('refuse', 'orm'), [])
  const [warning] = await found('warn')
  assert.is(warning?.severity, 'warning')
  const [finding, ...others] = await found('refuse')
  assert.equal(others, [])
  assert.equal(
    [finding?.code, finding?.severity, finding?.object, finding?.expected],
    ['transaction-table', 'error', 'public.transaction', 'a column user_id'],
  )

  await db.script(finding?.message.split('migration of your own: ')[1] ?? '')
  assert.equal(await found('refuse'), [])
  await apply(db, (await look(db, describeModel('mine', { context: 'refuse' }))).migrations)
  await db.script(`begin; set local versiongen.user_id = 'ada';
    insert into mine values ('b5d5a8a2-0000-4000-8000-000000000001', 'B1'); commit`)
  assert.equal(await db.query('select user_id from transaction'), [{ user_id: 'ada' }])
})

test.run()
