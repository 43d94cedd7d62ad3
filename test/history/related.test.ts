import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  conditionHistory,
  mineHistory,
  type MineState,
  permitHistory,
  type PermitState,
  surveyHistory,
} from '../../fixtures/accessors/related/index.ts'
import { createHistory } from '../../src/history/mod.ts'
import { mineDescriptor } from '../../fixtures/accessors/related/mine.ts'
import { permitDescriptor } from '../../fixtures/accessors/related/permit.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { type Handle, testOnEachHandle } from './handles.ts'

const guid = (n: number) => `00000000-0000-0000-0000-00000000000${n}`

const versionsSql = `
create table transaction (id bigint primary key, issued_at timestamptz, remote_addr text, user_id text);
insert into transaction select n, '2024-01-01Z'::timestamptz + n * interval '1 day' from generate_series(1, 6) as n;
create table mine_version (mine_guid uuid, name text, parent_guid uuid, transaction_id bigint, end_transaction_id bigint,
  operation_type smallint, primary key (mine_guid, transaction_id));
create table permit_version (region text, permit_no int, mine_guid uuid, former_mine_guid uuid, transaction_id bigint,
  end_transaction_id bigint, operation_type smallint, primary key (region, permit_no, transaction_id));
create table condition_version (id int, region text, permit_no int, note text, transaction_id bigint, end_transaction_id bigint,
  operation_type smallint, primary key (id, transaction_id));
create table survey_version (mine_guid uuid, found text, transaction_id bigint, end_transaction_id bigint,
  operation_type smallint, primary key (mine_guid, transaction_id));
-- 1: mines 1 and 2, two permits of 1; 2: mine 1 gets a parent, a condition; 3: a permit moves to mine 2, a survey;
-- 4: mine 1 is deleted with what it has; 5: mine 1 comes back, alone; 6: the condition says something else
insert into mine_version values
  ('${guid(1)}', 'one', null, 1, 2, 0), ('${guid(1)}', 'one', '${guid(2)}', 2, 4, 1), ('${guid(1)}', 'one', '${guid(2)}', 4, 5, 2),
  ('${guid(1)}', 'one again', null, 5, null, 0), ('${guid(2)}', 'two', null, 1, null, 0);
insert into permit_version values
  ('it''s, "{N}"', 1, '${guid(1)}', null, 1, 3, 0), ('it''s, "{N}"', 1, '${guid(2)}', '${guid(1)}', 3, 4, 1),
  ('it''s, "{N}"', 1, '${guid(2)}', null, 4, null, 1),
  ('S', 1, '${guid(1)}', null, 1, 4, 0), ('S', 1, '${guid(1)}', null, 4, null, 2);
insert into condition_version values
  (7, 'it''s, "{N}"', 1, 'dry', 2, 6, 0), (7, 'it''s, "{N}"', 1, 'wet', 6, null, 1), (8, 'S', null, 'of nothing', 2, null, 0);
create table mineral_version (id int, name text, group_id int, transaction_id bigint, end_transaction_id bigint,
  operation_type smallint, primary key (id, transaction_id));
create table mine_mineral_version (mine_guid uuid, mineral_id int, grade numeric, transaction_id bigint,
  end_transaction_id bigint, operation_type smallint, primary key (mine_guid, mineral_id, transaction_id));
create table mine_inspector_version (mine_guid uuid, person_id bigint, transaction_id bigint,
  end_transaction_id bigint, operation_type smallint, primary key (mine_guid, person_id, transaction_id));
insert into mine values ('${guid(1)}', 'one again'), ('${guid(2)}', 'two');
insert into mineral_group values (1, 'metals');
insert into mineral_version values (1, 'gold', null, 1, 3, 0), (1, 'Gold', 1, 3, null, 1), (2, 'zinc', 2, 1, 5, 0), (2, 'zinc', 2, 5, null, 2);
insert into mine_mineral_version values
  ('${guid(1)}', 1, 0.5, 1, 4, 0), ('${guid(1)}', 1, 0.5, 4, null, 2), ('${guid(1)}', 2, 0.1, 2, 3, 0), ('${guid(1)}', 2, 0.1, 3, null, 2),
  ('${guid(2)}', 1, 0.7, 2, null, 0);
insert into person values (9007199254740993, 'Ann', '1990-02-28'), (2, 'Bob', null);
insert into mine_inspector_version values
  ('${guid(1)}', 9007199254740993, 1, 2, 0), ('${guid(1)}', 9007199254740993, 2, null, 2), ('${guid(1)}', 2, 2, null, 0);
insert into note values ('${guid(1)}', 'a'), ('${guid(1)}', 'b'), ('${guid(2)}', 'c');
insert into survey_version values ('${guid(1)}', 'gold', 3, 4, 0), ('${guid(1)}', 'gold', 4, null, 2);
`
const prepare = async ({ database }: Handle) =>
  database.script(`${await readFile(fixtureUrl('accessors/related/tables.sql'), 'utf8')}${versionsSql}`)

const regions = (permits: readonly PermitState[] | undefined) => permits?.map(({ key }) => key.region).join('|')

testOnEachHandle(test, 'relations are read as of their version, one query each', async (handle) => {
  await prepare(handle)
  const versions = await mineHistory(handle.connection).versions({ mine_guid: guid(1) })
  const seen = []
  const before = handle.statements()
  for (const { related } of versions) {
    seen.push([
      regions(await related.permits()),
      regions(await related.permits_by_former_mine()),
      (await related.parent())?.data.name,
      (await related.survey())?.data.found,
    ])
  }
  assert.is(handle.statements() - before, 4 * versions.length)
  assert.equal(seen, [
    ['S|it\'s, "{N}"', '', undefined, undefined],
    ['S|it\'s, "{N}"', '', 'two', undefined],
    ['S', 'it\'s, "{N}"', 'two', 'gold'], // what the delete took with it
    ['', '', undefined, undefined],
  ])
  const [two] = await mineHistory(handle.connection).versions({ mine_guid: guid(2) })
  assert.equal(await two?.related.mines_by_parent(), [], 'not yet')

  const condition = await conditionHistory(handle.connection).at({ id: 7 }, { transaction: 2 })
  const permit = await condition?.related.permit()
  assert.is(permit?.transaction.id, '1')
  assert.is((await permit?.related.mine())?.transaction.id, '2', 'what is further away is read as of the same moment')
  assert.is((await permit?.related.mine())?.data.name, 'one')
  const [orphan] = await conditionHistory(handle.connection).versions({ id: 8 })
  assert.is(await orphan?.related.permit(), undefined)
  const survey = await surveyHistory(handle.connection).at({ mine_guid: guid(1) }, { transaction: 3 })
  assert.is((await survey?.related.mine())?.data.name, 'one')
})

testOnEachHandle(test, 'read beforehand, they take one query for each relation, and are the same', async (handle) => {
  await prepare(handle)
  const history = mineHistory(handle.connection)
  const alone = await history.versions({ mine_guid: guid(1) })
  const expected = []
  for (const { related } of alone) {
    const permits = await related.permits()
    const conditions = []
    for (const permit of permits) conditions.push((await permit.related.conditions()).map(({ data }) => data))
    expected.push([permits.map(({ data }) => data), conditions, (await related.parent())?.data])
  }
  const before = handle.statements()
  const versions = await history.versions({ mine_guid: guid(1) }, { with: ['permits', 'permits.conditions', 'parent'] })
  assert.is(handle.statements() - before, 4)
  const found = []
  for (const { related } of versions) {
    const permits = await related.permits()
    const conditions = []
    for (const permit of permits) conditions.push((await permit.related.conditions()).map(({ data }) => data))
    found.push([permits.map(({ data }) => data), conditions, (await related.parent())?.data])
  }
  assert.equal(found, expected)
  assert.is(handle.statements() - before, 4, 'nothing is asked again')
  assert.ok(JSON.stringify(found).includes('dry'))

  assert.equal(await history.versions({ mine_guid: guid(9) }, { with: ['permits.conditions.permit'] }), [])
  assert.is(handle.statements() - before, 5)
})

testOnEachHandle(test, 'many to many, and tables without history, in one query each', async (handle) => {
  await prepare(handle)
  const history = mineHistory(handle.connection)
  const see = async ({ related }: MineState) => [
    (await related.minerals()).map(({ data }) => data.name).join(),
    (await related.mine_minerals()).map(({ data }) => data.grade).join(),
    (await related.persons()).map(({ data }) => data.name).join(),
    (await related.notes())
      .map(({ data }) => data.note)
      .sort()
      .join(''),
  ]
  const expected = [
    ['gold', '0.5', 'Ann', 'ab'],
    ['gold,zinc', '0.5,0.1', 'Bob', 'ab'],
    ['Gold', '0.5', 'Bob', 'ab'],
    ['', '', 'Bob', 'ab'],
  ]
  const versions = await history.versions({ mine_guid: guid(1) })
  const before = handle.statements()
  const seen = []
  for (const version of versions) seen.push(await see(version))
  assert.equal(seen, expected)
  assert.is(handle.statements() - before, 4 * versions.length)

  const paths = ['minerals.group', 'minerals.mines', 'mine_minerals.mineral', 'persons', 'notes'] as const
  const atOnce = await history.versions({ mine_guid: guid(1) }, { with: paths })
  const after = handle.statements()
  assert.equal(await Promise.all(atOnce.map(see)), expected)
  const [gold, zinc] = (await atOnce[1]?.related.minerals()) ?? []
  assert.is(await gold?.related.group(), undefined)
  assert.is(await zinc?.related.group(), undefined, 'it has no such group any more')
  assert.is((await gold?.related.mines())?.map(({ data }) => data.name).join(), 'one,two')
  const group = await (await atOnce[2]?.related.minerals())?.[0]?.related.group()
  assert.equal(group, { live: true, key: { id: 1 }, data: { id: 1, name: 'metals' } })
  assert.equal(await atOnce[0]?.related.persons(), [
    { live: true, key: { id: '9007199254740993' }, data: { id: '9007199254740993', name: 'Ann', born: '1990-02-28' } },
  ])
  assert.equal((await atOnce[0]?.related.notes())?.[0]?.key, {})
  assert.is(handle.statements(), after, 'nothing is asked again')

  const error = await versions[0]
    ?.revert({ relations: ['persons' as 'mine_inspectors'] })
    .catch((thrown: unknown) => thrown)
  assert.instance(error, TypeError)
  assert.is((error as Error).message, 'person keeps no history, and cannot go back')
  const deeper = await history
    .versions({ mine_guid: guid(1) }, { with: ['persons.mine' as 'persons'] })
    .catch((thrown: unknown) => thrown)
  assert.is((deeper as Error).message, 'person has no relation mine')
  assert.is(handle.statements(), after)
})

testOnEachHandle(
  test,
  'every reading takes relations along, in as many queries for 1 row as for 1,000',
  async (handle) => {
    await prepare(handle)
    await handle.database.script(`
    insert into mine_version select ('00000000-0000-0000-0001-' || lpad(n::text, 12, '0'))::uuid, 'many ' || n, null, 6, null, 0
      from generate_series(1, 1000) as n;
    insert into permit_version select 'M', n, ('00000000-0000-0000-0001-' || lpad(n::text, 12, '0'))::uuid, null, 6, null, 0
      from generate_series(1, 1000) as n;
    insert into condition_version select 1000 + n, 'M', n, 'note ' || n, 6, null, 0 from generate_series(1, 1000) as n`)
    const history = mineHistory(handle.connection)
    const key = { mine_guid: '00000000-0000-0000-0001-000000000007' }
    const options = { with: ['permits.conditions', 'minerals', 'notes'] } as const
    const queriesOf = async (read: () => Promise<readonly MineState[]>, rows: number, note: string) => {
      const before = handle.statements()
      const states = await read()
      const read1 = handle.statements() - before
      assert.is(states.length, rows)
      const seen = []
      for (const { related } of states) {
        for (const permit of await related.permits()) {
          for (const condition of await permit.related.conditions()) seen.push(condition.data.note)
        }
        seen.push(...(await related.minerals()).map(({ data }) => data.name))
        await related.notes()
      }
      assert.ok(seen.includes(note), seen.slice(0, 5).join())
      assert.is(handle.statements() - before, read1, 'nothing is asked again')
      return read1
    }
    const one = (state: MineState | undefined) => (state ? [state] : [])
    const snapshot = history.asOf('2024-01-07')
    const where = { name: { like: 'many %' } }
    assert.is(await history.count(key), 1, 'the driver asks for types when it connects')
    for (const read of [
      async () => one(await history.at(key, '2024-01-07', options)),
      async () => one(await history.current(key, options)),
      async () => history.versions(key, options),
      async () => one(await history.of(key).at('2024-01-07', options)),
      async () => one(await history.of(key).current(options)),
      async () => history.of(key).versions(options),
      async () => one(await snapshot.find(key, options)),
      async () => snapshot.all({ ...options, where: { name: 'many 7' } }),
    ]) {
      assert.is(await queriesOf(read, 1, 'note 7'), 5)
    }
    assert.is(await queriesOf(() => snapshot.all({ ...options, where }), 1000, 'note 1000'), 5)
    const streamed = async () => {
      const states = []
      for await (const state of snapshot.stream({ ...options, where })) states.push(state)
      return states
    }
    assert.is(await queriesOf(streamed, 1000, 'note 999'), 6, 'and one that finds the end')
  },
)

testOnEachHandle(test, 'in a snapshot relations are as of its moment', async (handle) => {
  await prepare(handle)
  const { connection } = handle
  const names = async (when: string) => {
    const mines = await mineHistory(connection)
      .asOf(when)
      .all({ with: ['permits', 'mines_by_parent'] })
    const each = async ({ data, related }: MineState) =>
      `${data.name}: ${regions(await related.permits())} ${(await related.mines_by_parent()).map((mine) => mine.data.name).join()}`
    return (await Promise.all(mines.map(each))).join(' / ')
  }
  assert.is(await names('2024-01-02'), 'one: S|it\'s, "{N}"  / two:  ')
  assert.is(await names('2024-01-03'), 'one: S|it\'s, "{N}"  / two:  one')
  assert.is(await names('2024-01-04'), 'one: S  / two: it\'s, "{N}" one')
  assert.is(await names('2024-01-05'), 'two: it\'s, "{N}" ')

  const key = { region: 'it\'s, "{N}"', permit_no: 1 }
  const notes = async (when: string) => {
    const permit = await permitHistory(connection).asOf(when).find(key)
    return (await permit?.related.conditions())?.map(({ data }) => data.note).join()
  }
  assert.is(await notes('2024-01-02'), '')
  assert.is(await notes('2024-01-05'), 'dry')
  assert.is(await notes('2024-01-07'), 'wet')

  // The same where versions are not closed.
  const open = (descriptor: typeof mineDescriptor) => ({ ...descriptor, endTransactionColumn: null })
  const unclosed = createHistory<object, { name: string }, object, object, { permits: PermitState[] }>(connection, {
    ...open(mineDescriptor),
    relations: [
      {
        name: 'permits',
        columns: ['mine_guid'],
        target: () => open(permitDescriptor),
        targetColumns: ['mine_guid'],
        many: true,
        refers: false,
      },
    ],
  })
  const mines = await unclosed.asOf('2024-01-04').all({ with: ['permits'] })
  assert.equal(await Promise.all(mines.map(async ({ related }) => regions(await related.permits()))), [
    'S',
    'it\'s, "{N}"',
  ])
})

testOnEachHandle(test, 'unknown relations are TypeErrors before any statement; printing shows none', async (handle) => {
  await prepare(handle)
  const history = mineHistory(handle.connection)
  const [version] = await history.versions({ mine_guid: guid(1) }, { with: ['permits'] })
  assert.equal(Object.keys(version ?? {}), ['key', 'data', 'operation', 'transaction', 'changeset', 'index'])
  const before = handle.statements()
  for (const path of ['nope', 'permits.nope', 'constructor', '', 'permits.']) {
    for (const work of [
      () => history.versions({ mine_guid: guid(1) }, { with: [path as 'permits'] }),
      () => history.asOf(new Date()).all({ with: [path as 'permits'] }),
    ]) {
      const error = await work().catch((thrown: unknown) => thrown)
      assert.instance(error, TypeError, path)
      assert.match((error as Error).message, /(mine|permit) has no relation /)
    }
  }
  assert.is(handle.statements(), before)
})

test.run()
