import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { describeValue } from '../../src/accessors/value-type.ts'
import { type Connection, createHistory, withActor } from '../../src/history/mod.ts'
import { backfillMigration, createMigration } from '../../src/sql/migrations.ts'
import { createTransactionTable } from '../../src/sql/transaction-table.ts'
import { readVersionedTables } from '../accessors/versioned-tables.ts'
import { testOnEachHandle } from './handles.ts'

interface Key {
  readonly id: number
}
interface Permit extends Key {
  readonly no: string
  readonly detail: unknown
}

const timeouts = { lockTimeout: '5s', statementTimeout: '30s' }

testOnEachHandle(
  test,
  'what the triggers record is read back, and a revert is recorded under its actor',
  async (handle) => {
    const { database, connection } = handle
    await database.script(`create table permit (id int primary key, no text not null, detail json);
    insert into permit values (1, 'P1', '{"a":  1}')`)
    const [table] = await readVersionedTables(database)
    if (!table) throw new Error('no table')
    const transaction = { ...table.transaction, exists: true, meta: { type: 'jsonb' } }
    const planned = { ...table, transaction }
    await database.script(`${createTransactionTable(transaction)} alter table transaction add meta jsonb`)
    await database.script(`begin; ${createMigration(planned, timeouts)}; commit`)
    await database.script(`begin; ${backfillMigration(planned, timeouts)}; commit`)

    const permits = (db: Connection) =>
      createHistory<Key, Permit>(db, {
        table: table.base,
        versionTable: table.version,
        transactionTable: {
          ...{ schema: table.transaction.schema, name: table.transaction.name },
          ...{ issuedAt: 'timestamptz', remoteAddr: true, userId: true, meta: true },
        },
        transactionColumn: table.transactionColumn,
        endTransactionColumn: table.endTransactionColumn,
        operationColumn: table.operationColumn,
        key: ['id'],
        columns: table.columns.map(({ name, type, notNull }) => ({
          name,
          codec: describeValue(type, { int8: 'string', numeric: 'string', timestamptz: 'Date' }).codec,
          ...(name === 'id' ? { cast: 'int4' } : {}),
          ...(notNull ? { required: true as const } : {}),
        })),
      })
    const history = permits(connection)
    await database.script(`update permit set no = 'P2', detail = null`)
    await database.script('delete from permit')

    const versions = await history.versions({ id: 1 })
    assert.is(versions.map(({ operation }) => operation).join(), 'insert,update,delete')
    assert.equal(versions[1]?.changeset, { no: ['P1', 'P2'], detail: [{ a: 1 }, null] })

    const meta = { request: 'a "b" \\ c', tries: [1, null] }
    const done = await withActor(connection, { userId: 'eve', remoteAddr: '192.0.2.1', meta }, async (tx) => {
      const [first] = await permits(tx).versions({ id: 1 })
      return first?.revert()
    })
    assert.is(done, 'insert')
    assert.equal(await database.query('select id, no, detail::text as detail from permit'), [
      { id: 1, no: 'P1', detail: '{"a":  1}' },
    ])
    const current = await history.current({ id: 1 })
    assert.is(current?.index, 3)
    assert.is(current?.operation, 'insert')
    assert.is(current?.transaction.userId, 'eve')
    assert.is(current?.transaction.remoteAddr, '192.0.2.1')
    assert.equal(current?.transaction.meta, meta)
    assert.is(versions[1]?.transaction.meta, null)
    assert.equal((await history.transaction(current?.transaction.id ?? ''))?.meta, meta)
    assert.ok(Math.abs(Number(current?.transaction.issuedAt) - Date.now()) < 60_000)

    assert.is(await versions[1]?.revert(), 'update')
    assert.is(await versions[2]?.revert(), 'delete')
    assert.is(await history.current({ id: 1 }), undefined)
    assert.is(await history.count({ id: 1 }), 6)
    assert.equal(
      await database.query(`select count(*)::int as open from permit_version where end_transaction_id is null`),
      [{ open: 1 }],
    )
  },
)

test.run()
