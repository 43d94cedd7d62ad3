import type { PGlite, Transaction as PgliteTransaction } from '@electric-sql/pglite'
import type { MySql2Database } from 'drizzle-orm/mysql2'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { PgTransaction } from 'drizzle-orm/pg-core'
import type { PgliteDatabase } from 'drizzle-orm/pglite'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { ControlledTransaction, Kysely, Transaction } from 'kysely'
import type pg from 'pg'
import type postgres from 'postgres'
import type { DataSource, EntityManager, QueryRunner, Repository } from 'typeorm'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Connection, type TransactionOf, withActor } from '../../src/history/mod.ts'
import { mineHistory } from './mines.ts'

interface Database {
  readonly mine: { readonly mine_guid: string }
}
type Schema = Record<string, never>

/** What is checked here is checked by `tsc`. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
const is = <_ extends true>(): void => {}

type Takes<Handle> = Handle extends Connection ? true : false

test('every handle is taken', () => {
  is<Takes<pg.Client>>()
  is<Takes<pg.Pool>>()
  is<Takes<pg.PoolClient>>()
  is<Takes<postgres.Sql>>()
  is<Takes<postgres.TransactionSql>>()
  is<Takes<postgres.ReservedSql>>()
  is<Takes<PGlite>>()
  is<Takes<PgliteTransaction>>()
  is<Takes<NodePgDatabase>>()
  is<Takes<PostgresJsDatabase>>()
  is<Takes<PgliteDatabase>>()
  is<Takes<PgTransaction<never, Schema, Schema>>>()
  is<Takes<Kysely<Database>>>()
  // oxlint-disable-next-line typescript/no-explicit-any -- as applications have it
  is<Takes<Kysely<any>>>()
  is<Takes<Transaction<Database>>>()
  is<Takes<ControlledTransaction<Database, ['a']>>>()
  is<Takes<DataSource>>()
  is<Takes<EntityManager>>()
  is<Takes<QueryRunner>>()
})

test('withActor gives a handle of the same library', () => {
  is<Same<TransactionOf<pg.Pool>, pg.PoolClient>>()
  is<Same<TransactionOf<pg.Client>, pg.Client>>()
  is<Same<TransactionOf<pg.PoolClient>, pg.PoolClient>>()
  is<Same<TransactionOf<postgres.Sql>, postgres.TransactionSql>>()
  is<Same<TransactionOf<postgres.ReservedSql>, postgres.ReservedSql>>()
  is<Same<TransactionOf<PGlite>, PgliteTransaction>>()
  is<Same<TransactionOf<PgliteTransaction>, PgliteTransaction>>()
  is<Same<TransactionOf<NodePgDatabase>, Parameters<Parameters<NodePgDatabase['transaction']>[0]>[0]>>()
  is<Same<TransactionOf<PostgresJsDatabase>, Parameters<Parameters<PostgresJsDatabase['transaction']>[0]>[0]>>()
  is<Same<TransactionOf<PgliteDatabase>, Parameters<Parameters<PgliteDatabase['transaction']>[0]>[0]>>()
  is<Same<TransactionOf<Kysely<Database>>, Transaction<Database>>>()
  is<Same<TransactionOf<Transaction<Database>>, Transaction<Database>>>()
  is<Same<TransactionOf<ControlledTransaction<Database>>, ControlledTransaction<Database>>>()
  is<Same<TransactionOf<DataSource>, EntityManager>>()
  is<Same<TransactionOf<EntityManager>, EntityManager>>()
  is<Same<TransactionOf<QueryRunner>, QueryRunner>>()
})

/** Never called. */
export const wrong = (mysql: MySql2Database, repository: Repository<object>, db: Kysely<Database>): unknown => [
  // @ts-expect-error -- Drizzle, but not for Postgres
  mineHistory(mysql),
  // @ts-expect-error -- its `manager` would do
  mineHistory(repository),
  // @ts-expect-error -- its `execute` gives one
  mineHistory(db.transaction()),
  // @ts-expect-error
  mineHistory({}),
  // @ts-expect-error
  mineHistory({ query: () => {} }),
  // @ts-expect-error
  mineHistory('postgres://localhost'),
  // @ts-expect-error
  mineHistory(undefined),
  // @ts-expect-error -- the table has no such column
  withActor(db, {}, (tx) => tx.selectFrom('mine').select('nope').execute()),
  // @ts-expect-error -- a transaction, not a pool
  withActor(db, {}, async (tx) => tx.release()),
]

test('what is no handle is refused, with what would be one', () => {
  for (const [handle, got] of [
    [undefined, 'undefined'],
    [null, 'null'],
    ['postgres://', 'string'],
    [{}, 'an instance of Object'],
    [{ query: () => {} }, 'an instance of Object'],
    [new Map(), 'an instance of Map'],
    [() => {}, 'function'],
    [Object.create(null), 'an object'],
    [{ transaction: () => {}, execute: () => {} }, 'an instance of Object'],
    [{ transaction: () => {}, query: () => {}, getRepository: () => {} }, 'an instance of Object'],
  ] as const) {
    assert.throws(
      () => mineHistory(handle as unknown as Connection),
      (error: unknown) =>
        error instanceof TypeError &&
        error.message ===
          'not a database connection: expected a pg Client or Pool, a postgres.js sql, a PGlite, ' +
            `or a Drizzle, Kysely or TypeORM handle, got ${got}`,
    )
  }
})

test.run()
