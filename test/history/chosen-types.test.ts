import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { mineHistory, type MineId } from '../../fixtures/accessors/chosen-types/mine.ts'
import { permitHistory, type PermitId } from '../../fixtures/accessors/chosen-types/permit.ts'
import { createHistory, nestChanges } from '../../src/history/mod.ts'
import { createMigration } from '../../src/sql/migrations.ts'
import { readVersionedTables } from '../accessors/versioned-tables.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { type Handle, testOnEachHandle } from './handles.ts'

const guid = '00000000-0000-0000-0000-000000000001'

/** Real triggers: a mine is made, changed, and changed again. */
const prepare = async ({ database }: Handle): Promise<void> => {
  await database.script(await readFile(fixtureUrl('accessors/chosen-types/tables.sql'), 'utf8'))
  let exists = false
  for (const table of await readVersionedTables(database)) {
    const planned = { ...table, transaction: { ...table.transaction, exists } }
    await database.script(`begin; ${createMigration(planned, { lockTimeout: '5s', statementTimeout: '30s' })}; commit`)
    exists = true
  }
  await database.script(`insert into mine (mine_guid, mine_name, geom, details, main_shaft, shafts, open_in) values
    ('${guid}', 'A', '{"type": "Point", "coordinates": [1, 2]}', '{"street": "Main"}',
    row('north, "old"', '2024-01-01 00:00:00.000001+00', '{"(0.1,2)"}'), array[row('a', null, null)::place, null], '[2024-01-01,2024-02-01)')`)
  await database.script(
    `insert into survey values ('${guid}', 5); insert into permit values (9007199254740993, '${guid}')`,
  )
  await database.script(`update mine set geom = '{"type": "Point", "coordinates": [1, 3]}', parent_guid = mine_guid,
    main_shaft.visited_at = '2024-01-01 00:00:00.000002+00', shafts = array[row('b', null, null)::place, null]`)
  await database.script(`update mine set mine_name = 'B', open_in = null, main_shaft = null`)
}

testOnEachHandle(
  test,
  'camel case holds everywhere, and is no conversion: in where, orderBy, changes, relations',
  async (handle) => {
    await prepare(handle)
    const history = mineHistory(handle.connection)
    const key = { mineGuid: guid as MineId }
    const [made, changed, last] = await history.versions(key, { with: ['minesByParent', 'survey.permits'] })
    assert.equal(made?.data, {
      mineGuid: guid,
      mineName: 'A',
      geom: { type: 'Point', coordinates: [1, 2] },
      state: null,
      shapes: null,
      details: { street: 'Main' },
      samples: null,
      stops: null,
      anything: null,
      mainShaft: { name: 'north, "old"', visitedAt: new Date('2024-01-01T00:00:00Z'), corners: ['(0.1,2)'] },
      shafts: [{ name: 'a', visitedAt: null, corners: null }, null],
      openIn: '["2024-01-01","2024-02-01")',
      parentGuid: null,
    })
    assert.equal(Object.keys(changed?.changeset ?? {}), ['geom', 'mainShaft', 'shafts', 'parentGuid'])
    assert.equal(nestChanges(changed?.changeset ?? {}), [
      { path: ['geom', 'coordinates', 1], before: 2, after: 3 },
      // Of main_shaft only microseconds differ, which a Date does not hold.
      { path: ['shafts', 0, 'name'], before: 'a', after: 'b' },
      { path: ['parentGuid'], before: null, after: guid },
    ])
    assert.equal(Object.keys(last?.changeset ?? {}), ['mineName', 'mainShaft', 'openIn'])
    const diff = await history.diff(key, { transaction: made?.transaction.id ?? '' }, new Date(Date.now() + 60_000))
    assert.equal(diff.mineName, ['A', 'B'])
    assert.equal(
      (await history.changesOf(key, 'parentGuid')).map(({ after }) => after),
      [guid],
    )
    assert.is((await history.blame(key))?.mineName.transaction.id, last?.transaction.id)
    assert.is((await changed?.related.minesByParent())?.length, 1)
    assert.is((await (await changed?.related.survey())?.related.permits())?.[0]?.data.permitId, '9007199254740993')

    const then = history.asOf({ transaction: made?.transaction.id ?? '' })
    const count = (where: Parameters<typeof then.count>[0]) => then.count(where)
    assert.is(await count({ where: { mineName: 'A', geom: { path: ['coordinates', 1], eq: 2 } } }), 1)
    const shaft = { name: 'north, "old"', visitedAt: '2024-01-01T00:00:00.000001Z', corners: ['(0.1,2)'] }
    assert.is(await count({ where: { openIn: '[2024-01-01,2024-02-01)' } }), 1)
    assert.is(await count({ where: { mainShaft: { isNull: false } } }), 1)
    assert.is((await then.all({ orderBy: { mineName: 'desc', openIn: 'asc' } })).length, 1)
    // @ts-expect-error a point has no order, so nothing that holds one can be compared
    const error = await count({ where: { mainShaft: { eq: shaft } } }).catch((thrown: unknown) => thrown)
    assert.match((error as Error).message, /mainShaft is of a type that cannot be compared/)

    assert.is(await made?.revert(), 'update')
    const rows = await handle.database.query<{ shaft: string }>(
      `select main_shaft::text || (main_shaft).visited_at at time zone 'UTC' as shaft from mine`,
    )
    assert.match(rows[0]?.shaft ?? '', /2024-01-01 00:00:00\.000001$/, 'nothing went through JavaScript')
    const permits = permitHistory(handle.connection)
    assert.is((await permits.current({ permitId: '9007199254740993' as PermitId }))?.data.surveyGuid, guid)
  },
)

testOnEachHandle(test, 'composites are compared, and may be keys', async (handle) => {
  const { database, connection } = handle
  await database.script(`
    create type spot as (grid text, "no */" int, at timestamptz);
    create table hole (spot spot, spots spot[], primary key (spot));
    create table transaction (id bigint primary key, issued_at timestamptz, remote_addr text, user_id text);
    create table hole_version (spot spot, spots spot[], transaction_id bigint, end_transaction_id bigint, operation_type smallint);
    insert into transaction values (1, now());
    insert into hole_version values
      (row('a"\\,(', 1, '2024-01-01 00:00:00.000001Z'), array[row('x', null, null)::spot], 1, null, 0),
      (row('b', null, null), '{}', 1, null, 0), (row(null, null, null), null, 1, null, 0)`)
  interface Spot {
    readonly grid: string | null
    readonly no: number | null
    readonly at: Date | string | null
  }
  const fields = [
    { name: 'grid', codec: 'text' },
    { name: 'no */', property: 'no', codec: 'number' },
    { name: 'at', codec: 'Date' },
  ] as const
  const history = createHistory<{ spot: Spot }, { spot: Spot; spots: (Spot | null)[] | null }>(connection, {
    table: { schema: 'public', name: 'hole' },
    versionTable: { schema: 'public', name: 'hole_version' },
    transactionTable: {
      schema: 'public',
      name: 'transaction',
      issuedAt: 'timestamptz',
      remoteAddr: true,
      userId: true,
    },
    transactionColumn: 'transaction_id',
    endTransactionColumn: 'end_transaction_id',
    operationColumn: 'operation_type',
    key: ['spot'],
    columns: [
      { name: 'spot', codec: { fields }, cast: 'public.spot' },
      { name: 'spots', codec: { elements: { fields } }, cast: 'public._spot' },
    ],
  })
  const spot = { grid: 'a"\\,(', no: 1, at: '2024-01-01T00:00:00.000001Z' }
  const found = await history.current({ spot })
  assert.equal(found?.key, { spot: { ...spot, at: new Date('2024-01-01T00:00:00.000Z') } })
  assert.equal(found?.data.spots, [{ grid: 'x', no: null, at: null }])
  assert.is(await found?.previous(), undefined, 'its own key finds it again, with microseconds')
  const all = history.asOf(new Date())
  assert.is(await all.count({ where: { spot: { eq: spot } } }), 1)
  assert.is(await all.count({ where: { spot: { gt: { grid: 'a', no: null, at: null } } } }), 3)
  assert.is(await all.count({ where: { spot: { in: [spot, { grid: 'b', no: null, at: null }] } } }), 2)
  assert.is(await all.count({ where: { spots: [{ grid: 'x', no: null, at: null }] } }), 1)
  const half = await all.count({ where: { spot: { eq: { grid: 'a' } as Spot } } }).catch((thrown: unknown) => thrown)
  assert.instance(half, TypeError)
  assert.match((half as Error).message, /spot\.no is undefined/)
})

test.run()
