import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { conditionHistory, mineHistory } from '../../fixtures/accessors/related/index.ts'
import { withActor } from '../../src/history/mod.ts'
import { backfillMigration, createMigration } from '../../src/sql/migrations.ts'
import { readVersionedTables } from '../accessors/versioned-tables.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { type Handle, testOnEachHandle } from './handles.ts'

const guid = (n: number) => `00000000-0000-0000-0000-00000000000${n}`
const one = { mine_guid: guid(1) }
const timeouts = { lockTimeout: '5s', statementTimeout: '30s' }

/** Real triggers, and three transactions: what there is; changes of every kind; the end of mine 1 and all it has. */
const prepare = async ({ database }: Handle): Promise<void> => {
  await database.script(await readFile(fixtureUrl('accessors/related/tables.sql'), 'utf8'))
  await database.script(`
    insert into mine values ('${guid(1)}', 'one'), ('${guid(2)}', 'two');
    insert into permit values ('N', 1, '${guid(1)}'), ('S', 1, '${guid(1)}');
    insert into condition values (7, 'N', 1, 'dry')`)
  let exists = false
  for (const table of await readVersionedTables(database)) {
    if (['mineral_group', 'person', 'note'].includes(table.base.name)) continue
    const planned = { ...table, transaction: { ...table.transaction, exists } }
    await database.script(`begin; ${createMigration(planned, timeouts)}; commit`)
    exists = true
    await database.script(`begin; ${backfillMigration(table, timeouts)}; commit`)
  }
  await database.script(`begin;
    update mine set name = 'changed' where mine_guid = '${guid(1)}';
    update permit set mine_guid = '${guid(2)}' where region = 'N';
    delete from condition where id = 7;
    insert into permit values ('W', 1, '${guid(1)}');
    insert into condition values (8, 'W', 1, 'wet');
    commit`)
  await database.script(`begin; delete from condition; delete from permit where mine_guid = '${guid(1)}';
    delete from mine where mine_guid = '${guid(1)}'; commit`)
}

const live = async ({ database }: Handle): Promise<string> => {
  const rows = await database.query<{ line: string }>(`
    select 'mine ' || name as line from mine union all
    select 'permit ' || region || ' of ' || right(mine_guid::text, 1) from permit union all
    select 'condition ' || id || ' of ' || region from condition order by 1`)
  return rows.map(({ line }) => line).join(', ')
}

testOnEachHandle(test, 'a row goes back with what is related to it, in one transaction', async (handle) => {
  await prepare(handle)
  const ruins = 'mine two, permit N of 2'
  const first = 'condition 7 of N, mine one, mine two, permit N of 1, permit S of 1'
  const second = 'condition 8 of W, mine changed, mine two, permit N of 2, permit S of 1, permit W of 1'
  assert.is(await live(handle), ruins)

  const history = mineHistory(handle.connection)
  const [, updated, deleted] = await history.versions(one)
  const relations = ['permits', 'permits.conditions'] as const
  // Each table was filled by a transaction of its own: all of it was there just before the first change.
  const filled = await history.asOf({ transaction: BigInt(updated?.transaction.id ?? 0) - 1n }).find(one)

  assert.is(await filled?.revert({ relations }), 'insert')
  assert.is(await live(handle), first)
  assert.is(await updated?.revert({ relations }), 'update')
  assert.is(await live(handle), second)
  assert.is(await filled?.revert({ relations }), 'update')
  assert.is(await live(handle), first)
  assert.is(await filled?.revert({ relations }), null, 'all is as it was')
  assert.is(await updated?.revert({ relations }), 'update')
  assert.is(await deleted?.revert({ relations }), 'delete')
  assert.is(await live(handle), ruins)
  assert.is(await deleted?.revert({ relations }), null)

  // Every revert was one transaction of the history.
  const versions = await history.versions(one)
  assert.is(
    versions.map(({ operation }) => operation).join(),
    'insert,update,delete,insert,update,update,update,delete',
  )
  const restored = versions[4]?.transaction.id ?? ''
  assert.is((await conditionHistory(handle.connection).transaction(restored))?.changes.length, 2)
})

testOnEachHandle(test, 'rows of join tables go back, and what they tie it to', async (handle) => {
  await prepare(handle)
  const { database } = handle
  await database.script(`insert into person values (1, 'Ann'); insert into mineral_group values (1, 'metals')`)
  await database.script(`begin;
    insert into mineral values (1, 'gold', 1), (2, 'zinc', null), (3, 'tin', null);
    insert into mine_mineral values ('${guid(2)}', 1, 0.5), ('${guid(2)}', 2, 0.1);
    insert into mine_inspector values ('${guid(2)}', 1);
    update mine set name = 'tied' where mine_guid = '${guid(2)}';
    commit`)
  await database.script(`begin;
    delete from mine_mineral where mineral_id = 2; delete from mineral where id = 2;
    update mineral set name = 'GOLD' where id = 1; update mineral set name = 'TIN' where id = 3;
    update mine_mineral set grade = 0.9; insert into mine_mineral values ('${guid(2)}', 3, null);
    delete from mine_inspector; commit`)
  const tied = async () => {
    const [row] = await database.query<{ line: string }>(`select concat_ws(' / ',
      (select string_agg(mineral_id || ' ' || coalesce(grade::text, '-'), ', ' order by mineral_id) from mine_mineral),
      (select string_agg(name, ', ' order by id) from mineral), (select count(*) from mine_inspector)) as line`)
    return row?.line
  }
  assert.is(await tied(), '1 0.9, 3 - / GOLD, TIN / 0')
  const history = mineHistory(handle.connection)
  const [, version] = await history.versions({ mine_guid: guid(2) })
  const refused = await version?.revert({ relations: ['mine_minerals'] }).catch((thrown: unknown) => thrown)
  assert.is((refused as { code?: unknown }).code, '23503', 'a mineral is gone')
  assert.is(await version?.revert({ relations: ['mine_inspectors'] }), null)
  assert.is(await tied(), '1 0.9, 3 - / GOLD, TIN / 1')
  assert.is(await version?.revert({ relations: ['minerals'] }), null)
  assert.is(await tied(), '1 0.5, 2 0.1 / gold, zinc, TIN / 1', 'what was not tied then stays, untied')
  assert.is(await version?.revert({ relations: ['minerals.mine_minerals'] }), null)
  const [, , , second] = await history.versions({ mine_guid: guid(2) })
  assert.is(second, undefined, 'the mine itself never changed')
})

testOnEachHandle(test, "what it refers to comes back first; the transaction is the caller's", async (handle) => {
  await prepare(handle)
  const [wet] = await conditionHistory(handle.connection).versions({ id: 8 })
  const refused = await wet?.revert().catch((thrown: unknown) => thrown)
  assert.is((refused as { code?: unknown }).code, '23503', 'alone it cannot come back')
  const relations = ['permit.mine'] as const
  assert.is(await wet?.revert({ relations }), 'insert')
  assert.is(await live(handle), 'condition 8 of W, mine changed, mine two, permit N of 2, permit W of 1')

  const [, , deleted] = await mineHistory(handle.connection).versions(one)
  const before = await live(handle)
  const failed = await deleted?.revert().catch((thrown: unknown) => thrown)
  assert.is((failed as { code?: unknown }).code, '23503')
  const half = await deleted?.revert({ relations: ['permits'] }).catch((thrown: unknown) => thrown)
  assert.is((half as { code?: unknown }).code, '23503', 'a permit still has its condition')
  assert.is(await live(handle), before, 'all or nothing')

  await withActor(handle.connection, { userId: 'eve' }, async (tx) => {
    const [, , gone] = await mineHistory(tx).versions(one)
    assert.is(await gone?.revert({ relations: ['permits.conditions'] }), 'delete')
    throw new Error('changed my mind')
  }).catch((error: unknown) => assert.is((error as Error).message, 'changed my mind'))
  assert.is(await live(handle), before)

  const unknown = await deleted?.revert({ relations: ['nope' as 'permits'] }).catch((thrown: unknown) => thrown)
  assert.match((unknown as Error).message, /mine has no relation nope/)
})

test.run()
