import { DataSource, type EntityManager, EntitySchema, type QueryRunner } from 'typeorm'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withActor } from '../../src/history/mod.ts'
import { eachServer } from '../support/databases.ts'
import { alpha, mineHistory, minesSql } from './mines.ts'

const Mine = new EntitySchema<{ mine_guid: string; name: string | null }>({
  name: 'mine',
  columns: { mine_guid: { type: 'uuid', primary: true }, name: { type: 'text', nullable: true } },
})

/** One connection: whoever asks for a second one waits forever. */
const onTypeorm = (title: string, body: (source: DataSource, log: readonly string[]) => Promise<void>): void =>
  eachServer((name, open) => {
    test(`${title} (${name})`, async () => {
      const database = await open()
      const log: string[] = []
      const nothing = () => {}
      const source = new DataSource({
        type: 'postgres',
        url: database.url,
        entities: [Mine],
        extra: { max: 1 },
        logger: {
          logQuery: (query: string) => void log.push(query),
          logQueryError: nothing,
          logQuerySlow: nothing,
          logSchemaBuild: nothing,
          logMigration: nothing,
          log: nothing,
        },
      })
      try {
        await database.script(minesSql)
        await source.initialize()
        await body(source, log)
        const { idleCount, totalCount } = (
          source.driver as unknown as { master: { idleCount: number; totalCount: number } }
        ).master
        assert.is(idleCount, totalCount, 'every client came back')
      } finally {
        await source.destroy()
        await database.close()
      }
    })
  })

const nameOf = async (manager: EntityManager) => (await manager.findOneBy(Mine, alpha))?.name
const rename = (manager: EntityManager, name: string) => manager.update(Mine, alpha, { name })
const seenBy = async (handle: EntityManager | QueryRunner): Promise<string> =>
  (await handle.query(`select current_setting('versiongen.user_id', true) as id`))[0].id

onTypeorm("the caller's transaction is used, and undone with it", async (source, log) => {
  const message = await source
    .transaction(async (manager) => {
      await rename(manager, 'mine alone')
      const [first] = await mineHistory(manager).versions(alpha)
      const failed = await manager
        .transaction(async (nested) => {
          const [version] = await mineHistory(nested).versions(alpha)
          assert.is(await version?.revert(), 'update')
          assert.is(await nameOf(nested), 'Alpha')
          throw new Error('inner')
        })
        .catch((error: Error) => error.message)
      assert.is(failed, 'inner')
      assert.is(await nameOf(manager), 'mine alone')
      assert.is(await first?.revert(), 'update')
      let count = 0
      for await (const _ of mineHistory(manager).stream()) {
        assert.is(await nameOf(manager), 'Alpha')
        count++
      }
      assert.is(count, 7)
      throw new Error('changed my mind')
    })
    .catch((error: Error) => error.message)
  assert.is(message, 'changed my mind')
  assert.is(await nameOf(source.manager), 'Again')
  assert.ok(
    log.some((query) => query.includes('"mine_version"')),
    'what we ask shows in the log',
  )
})

onTypeorm('a query runner, in its transaction, in one begun by hand, and in none', async (source) => {
  const runner = source.createQueryRunner()
  try {
    assert.is(await mineHistory(runner).count(alpha), 5)
    await runner.startTransaction()
    await withActor(runner, { userId: 'ann' }, async (tx) => {
      assert.is(tx, runner)
      await rename(tx.manager, 'by ann')
      assert.is(await seenBy(tx), 'ann')
    })
    assert.is(await seenBy(runner), '')
    await runner.rollbackTransaction()
    assert.is(await nameOf(runner.manager), 'Again')

    await runner.query('begin')
    await withActor(runner.manager, { userId: 'ann' }, (manager) => rename(manager, 'by ann'))
    await runner.query('rollback')
    assert.is(await nameOf(runner.manager), 'Again')

    await withActor(runner, { userId: 'ann' }, (tx) => rename(tx.manager, 'by ann'))
    assert.not(runner.isTransactionActive)
    assert.is(await nameOf(runner.manager), 'by ann')
  } finally {
    await runner.release()
  }
})

onTypeorm('actors nest', async (source) => {
  await withActor(source, { userId: 'ann' }, async (manager) => {
    await withActor(manager, { userId: 'bob' }, async (inner) => assert.is(await seenBy(inner), 'bob'))
    const failed = await withActor(manager, { userId: 'eve' }, async (inner) => {
      await rename(inner, 'by eve')
      throw new Error('no')
    }).catch((error: Error) => error.message)
    assert.is(failed, 'no')
    assert.is(await seenBy(manager), 'ann')
    assert.is(await nameOf(manager), 'Again')
    await rename(manager, 'by ann')
  })
  assert.is(await nameOf(source.manager), 'by ann')
})

test('a data source that is not initialized is refused', () => {
  const source = new DataSource({ type: 'postgres' })
  for (const handle of [source, source.manager]) {
    assert.throws(() => mineHistory(handle), /expected an initialized TypeORM DataSource of type postgres/)
  }
})

test.run()
