/**
 * `versiongen/history`: the runtime that generated accessors import. No dependencies; the same file on Node, Deno and Bun.
 *
 * @module
 */
export { type Actor, withActor } from './actor.ts'
export type { CodecName } from './codec.ts'
export type { Connection, PgConnection, PgliteConnection, PostgresConnection, TransactionOf } from './connection.ts'
export type { ColumnDescriptor, TableDescriptor, TableName, TransactionTableDescriptor } from './descriptor.ts'
export { createHistory } from './history.ts'
export type {
  Changes,
  History,
  Json,
  Operation,
  RecordHistory,
  Transaction,
  TransactionChanges,
  TransactionId,
  Version,
  VersionsOptions,
  When,
} from './types.ts'
