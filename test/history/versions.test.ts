import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Version } from '../../src/history/mod.ts'
import { testOnEachHandle } from './handles.ts'
import { alpha, beta, mineHistory, minesSql, nobody } from './mines.ts'

const ids = (versions: readonly Version<object, object>[]) => versions.map(({ transaction }) => transaction.id).join()
const indexes = (versions: readonly Version<object, object>[]) => versions.map(({ index }) => index).join()

testOnEachHandle(test, 'versions of a record: data, operation, index, transaction, changeset', async (handle) => {
  await handle.database.script(minesSql)
  const history = mineHistory(handle.connection)
  const versions = await history.versions(alpha)

  assert.is(ids(versions), '1,2,4,5,6')
  assert.is(indexes(versions), '0,1,2,3,4')
  assert.is(versions.map(({ operation }) => operation).join(), 'insert,update,update,delete,insert')
  assert.equal(versions[0]?.key, alpha)
  assert.equal(versions[0]?.data, {
    ...alpha,
    mine_no: 'A1',
    name: 'Alpha',
    grade: '1.500000',
    notes: { a: 1 },
    opened: new Date('2020-01-01T00:00:00.000Z'),
    status: 'draft',
    shouted: 'A1',
    serial: '1',
  })
  assert.equal(versions[0]?.transaction, {
    id: '1',
    issuedAt: new Date('2024-01-01T10:00:00.123Z'),
    userId: 'ann',
    remoteAddr: '192.0.2.1',
  })
  assert.equal(versions[2]?.transaction, {
    id: '4',
    issuedAt: new Date('2024-01-04T10:00:00Z'),
    userId: 'ann',
    remoteAddr: null,
  })

  // json that differs only in blanks, and microseconds, are differences; NaN is none.
  assert.equal(versions[0]?.changeset, {
    mine_guid: [null, alpha.mine_guid],
    mine_no: [null, 'A1'],
    name: [null, 'Alpha'],
    grade: [null, '1.500000'],
    notes: [null, { a: 1 }],
    opened: [null, new Date('2020-01-01T00:00:00.000Z')],
    status: [null, 'draft'],
    shouted: [null, 'A1'],
    serial: [null, '1'],
  })
  assert.equal(Object.keys(versions[1]?.changeset ?? {}), ['grade', 'notes', 'opened'])
  assert.equal(versions[1]?.changeset.grade, ['1.500000', 'NaN'])
  assert.equal(versions[2]?.changeset, { name: ['Alpha', null], status: ['draft', 'active'] })
  assert.equal(versions[3]?.changeset, {
    mine_guid: [alpha.mine_guid, null],
    mine_no: ['A1', null],
    grade: ['NaN', null],
    notes: [{ a: 1 }, null],
    opened: [new Date('2020-01-01T00:00:00.000Z'), null],
    status: ['active', null],
    shouted: ['A1', null],
    serial: ['1', null],
  })
  // After a delete everything is new.
  assert.equal(versions[4]?.changeset, {
    mine_guid: [null, alpha.mine_guid],
    mine_no: [null, 'A1'],
    name: [null, 'Again'],
    status: [null, 'closed'],
    shouted: [null, 'A1'],
    serial: [null, '1'],
  })
  assert.equal(await history.versions(nobody), [])
  assert.is(await history.count(alpha), 5)
  assert.is(await history.count(nobody), 0)
  assert.equal(await history.of({ ...alpha, whatever: 1 } as typeof alpha).versions(), versions)
})

testOnEachHandle(test, 'limit, order, before and after keep index and changeset right', async (handle) => {
  await handle.database.script(minesSql)
  const history = mineHistory(handle.connection)
  const all = new Map((await history.versions(alpha)).map((version) => [version.transaction.id, version]))

  const tables: readonly [options: Parameters<typeof history.versions>[1], ids: string][] = [
    [{}, '1,2,4,5,6'],
    [{ order: 'desc' }, '6,5,4,2,1'],
    [{ limit: 2 }, '1,2'],
    [{ limit: 0 }, ''],
    [{ limit: 0, order: 'desc' }, ''],
    [{ limit: 99 }, '1,2,4,5,6'],
    [{ limit: 2, order: 'desc' }, '6,5'],
    [{ limit: 5, order: 'desc' }, '6,5,4,2,1'],
    [{ before: { transaction: 4 } }, '1,2'],
    [{ before: { transaction: 4n }, order: 'desc', limit: 1 }, '2'],
    [{ before: { transaction: '1' } }, ''],
    [{ after: { transaction: 2 } }, '4,5,6'],
    [{ after: { transaction: 3 } }, '4,5,6'],
    [{ after: { transaction: 0 } }, '1,2,4,5,6'],
    [{ after: { transaction: 6 } }, ''],
    [{ after: { transaction: 2 }, limit: 1 }, '4'],
    [{ after: { transaction: 2 }, limit: 2, order: 'desc' }, '6,5'],
    [{ after: { transaction: 2 }, limit: 3, order: 'desc' }, '6,5,4'],
    [{ after: { transaction: 2 }, limit: 4, order: 'desc' }, '6,5,4'],
    [{ after: { transaction: 1 }, before: { transaction: 6 } }, '2,4,5'],
    [{ after: { transaction: 1 }, before: { transaction: 6 }, order: 'desc', limit: 2 }, '5,4'],
    [{ after: '2024-01-02T10:00:00Z' }, '4,5,6'],
    [{ before: '2024-01-02T10:00:00Z' }, '1'],
    [{ after: '2024-01-02T09:59:59.999999Z', before: '2024-01-05' }, '2,4'],
    [{ before: new Date('2024-01-01T10:00:00.123Z') }, ''],
    [{ after: new Date('2024-01-01T10:00:00.123Z') }, '2,4,5,6'],
    [{ after: '2024-01-01T10:00:00.123455Z', limit: 1 }, '1'],
    [{ after: '2024-01-01T10:00:00.123456Z', limit: 1 }, '2'],
  ]
  for (const [options, expected] of tables) {
    const versions = await history.versions(alpha, options)
    assert.is(
      ids(versions),
      expected,
      JSON.stringify(options, (_, value: unknown) => String(value)),
    )
    for (const version of versions) assert.equal(version, all.get(version.transaction.id))
  }
})

testOnEachHandle(test, 'the version at a moment', async (handle) => {
  await handle.database.script(minesSql)
  const history = mineHistory(handle.connection)
  const moments: readonly [when: Parameters<typeof history.at>[1], id: string | undefined][] = [
    ['2024-01-01T10:00:00.123455Z', undefined],
    ['2024-01-01T10:00:00.123456Z', '1'],
    ['2024-01-01 15:30:00.123456+05:30', '1'],
    ['2024-01-01T10:00:00.1234559Z', undefined],
    [new Date('2024-01-01T10:00:00.122Z'), undefined],
    [new Date('2024-01-01T10:00:00.123Z'), '1'],
    ['2024-01-03', '2'],
    ['2024-01-04T10:00:00Z', '4'],
    ['2024-01-05T09:59:59.999999Z', '4'],
    ['2024-01-05T10:00:00Z', undefined],
    [new Date(), '6'],
    [new Date(8.64e15), '6'],
    [new Date(-8.64e15), undefined],
    [{ transaction: 0 }, undefined],
    [{ transaction: '1' }, '1'],
    [{ transaction: 3n }, '2'],
    [{ transaction: 5 }, undefined],
    [{ transaction: '9223372036854775807' }, '6'],
  ]
  for (const [when, id] of moments) {
    const version = await history.at(alpha, when)
    assert.is(
      version?.transaction.id,
      id,
      String(typeof when === 'object' && 'transaction' in when ? when.transaction : when),
    )
  }
  for (const version of await history.versions(alpha)) {
    const { issuedAt, id } = version.transaction
    if (version.operation !== 'delete') assert.equal(await history.at(alpha, issuedAt ?? ''), version)
    if (version.operation !== 'delete') assert.equal(await history.at(alpha, { transaction: id }), version)
  }
  assert.is((await history.current(alpha))?.index, 4)
  assert.is(await history.current(beta), undefined)
  assert.is(await history.current(nobody), undefined)
  assert.is(await history.at(nobody, '2024-01-03'), undefined)
})

testOnEachHandle(test, 'previous and next walk the whole chain from any version', async (handle) => {
  await handle.database.script(minesSql)
  const history = mineHistory(handle.connection)
  const versions = await history.versions(alpha)

  const backwards: Version<object, object>[] = []
  for (let version = await history.current(alpha); version; version = await version.previous()) backwards.push(version)
  assert.equal(backwards, versions.toReversed())

  const forwards: Version<object, object>[] = []
  for (let version = await history.at(alpha, { transaction: 1 }); version; version = await version.next()) {
    forwards.push(version)
  }
  assert.equal(forwards, versions)
})

testOnEachHandle(test, 'everything about the versions of a record is one statement', async (handle) => {
  await handle.database.script(minesSql)
  const history = mineHistory(handle.connection)
  const count = async (work: () => Promise<unknown>) => {
    const before = handle.statements()
    await work()
    return handle.statements() - before
  }
  await history.count(alpha) // connects
  assert.is(await count(() => history.versions(alpha)), 1)
  assert.is(await count(() => history.versions(alpha, { order: 'desc', limit: 2, after: '2024-01-02' })), 1)
  assert.is(await count(() => history.at(alpha, '2024-01-02')), 1)
  assert.is(await count(() => history.current(alpha)), 1)
  assert.is(await count(() => history.diff(alpha, '2024-01-02', { transaction: 4 })), 1)
  assert.is(await count(() => history.transaction(6)), 1)
  assert.is(
    await count(async () => {
      for (const version of await history.versions(alpha)) {
        if (version.index > 0) await version.previous()
        if (version.index < 4) await version.next()
      }
    }),
    1,
  )
})

testOnEachHandle(test, 'diff tells what differs between two moments', async (handle) => {
  await handle.database.script(minesSql)
  const history = mineHistory(handle.connection)
  assert.equal(await history.diff(alpha, { transaction: 2 }, { transaction: 4 }), {
    name: ['Alpha', null],
    status: ['draft', 'active'],
  })
  assert.equal(await history.diff(alpha, { transaction: 4 }, { transaction: 2 }), {
    name: [null, 'Alpha'],
    status: ['active', 'draft'],
  })
  assert.equal(await history.diff(alpha, '2024-01-03', new Date('2024-01-03T12:00Z')), {})
  assert.equal(await history.diff(alpha, { transaction: 5 }, '2023-01-01'), {}) // deleted, and not there yet
  assert.equal(await history.diff(beta, '2023-01-01', '2024-01-03'), {
    mine_guid: [null, beta.mine_guid],
    mine_no: [null, 'B1'],
    name: [null, 'Beta'],
    grade: [null, '2.000000'],
    status: [null, 'draft'],
    shouted: [null, 'B1'],
    serial: [null, '2'],
  })
})

testOnEachHandle(test, 'changes of one column, and who last changed each', async (handle) => {
  await handle.database.script(minesSql)
  const history = mineHistory(handle.connection)
  const names = await history.changesOf(alpha, 'name')
  assert.equal(
    names.map(({ before, after, operation, index, transaction }) => [before, after, operation, index, transaction.id]),
    [
      [null, 'Alpha', 'insert', 0, '1'],
      ['Alpha', null, 'update', 2, '4'],
      [null, 'Again', 'insert', 4, '6'],
    ],
  )
  assert.equal(await history.of(alpha).changesOf('grade'), await history.changesOf(alpha, 'grade'))
  assert.equal(await history.changesOf(nobody, 'name'), [])
  const unknown = await history.changesOf(alpha, 'toString' as 'name').catch((thrown: unknown) => thrown)
  assert.match((unknown as Error).message, /no column toString/)

  const then = await history.blame(alpha, { transaction: 4 })
  assert.equal(
    Object.entries(then ?? {}).map(([column, { value, transaction }]) => [column, value, transaction.id]),
    [
      ['mine_guid', alpha.mine_guid, '1'],
      ['mine_no', 'A1', '1'],
      ['name', null, '4'],
      ['grade', 'NaN', '2'],
      ['notes', { a: 1 }, '2'],
      ['opened', new Date('2020-01-01T00:00:00.000Z'), '2'],
      ['status', 'active', '4'],
      ['shouted', 'A1', '1'],
      ['serial', '1', '1'],
    ],
  )
  const now = await history.of(alpha).blame()
  assert.equal(new Set(Object.values(now ?? {}).map(({ transaction }) => transaction.id)), new Set(['6']))
  assert.is(now?.notes.value, null)
  assert.is(now?.notes.transaction.userId, 'eve')
  assert.is(await history.blame(alpha, { transaction: 5 }), undefined)
  assert.is(await history.blame(beta), undefined)
  assert.is(await history.blame(nobody), undefined)
})

testOnEachHandle(test, 'a transaction lists what it did to the table', async (handle) => {
  await handle.database.script(minesSql)
  const history = mineHistory(handle.connection)
  const both = await history.transaction(6)
  assert.is(both?.id, '6')
  assert.is(both?.userId, 'eve')
  assert.equal(both?.issuedAt, new Date('2024-01-06T10:00:00Z'))
  assert.equal(both?.changes, [(await history.versions(alpha))[4], (await history.versions(beta))[1]])
  assert.is((await both?.changes[0]?.previous())?.transaction.id, '5')

  assert.equal(await history.transaction('9'), {
    id: '9',
    issuedAt: new Date('2024-01-09T10:00:00Z'),
    userId: 'nobody, nothing',
    remoteAddr: null,
    changes: [],
  })
  assert.is(await history.transaction(7n), undefined)
})

testOnEachHandle(test, 'what cannot be meant is a TypeError before any statement', async (handle) => {
  await handle.database.script(minesSql)
  const history = mineHistory(handle.connection)
  const refused: readonly [work: () => Promise<unknown>, message: RegExp][] = [
    [() => history.versions({} as typeof alpha), /needs mine_guid, which is undefined/],
    [() => history.versions({ mine_guid: null } as unknown as typeof alpha), /needs mine_guid, which is null/],
    [() => history.versions(undefined as unknown as typeof alpha), /a key is an object/],
    [async () => history.of({} as typeof alpha), /needs mine_guid/],
    [() => history.versions(alpha, { limit: -1 }), /limit/],
    [() => history.versions(alpha, { limit: 1.5 }), /limit/],
    [() => history.versions(alpha, { order: 'up' as 'asc' }), /order/],
    [() => history.at(alpha, new Date(Number.NaN)), /invalid Date/],
    [() => history.at(alpha, 'yesterday'), /not a moment: "yesterday"/],
    [() => history.at(alpha, { transaction: 'x' }), /not a transaction id: "x"/],
    [() => history.at(alpha, { transaction: 2 ** 60 }), /not a transaction id/],
    [() => history.transaction(1.5), /not a transaction id/],
    [() => history.at(alpha, undefined as unknown as Date), /a moment is/],
  ]
  const before = handle.statements()
  for (const [work, message] of refused) {
    try {
      await work()
    } catch (error) {
      assert.instance(error, TypeError)
      assert.match((error as Error).message, message)
      continue
    }
    assert.unreachable(String(message))
  }
  assert.is(handle.statements(), before)
})

test.run()
