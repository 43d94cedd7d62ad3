/**
 * `versiongen/history`: the runtime that generated accessors import. No dependencies; the same file on Node, Deno and Bun.
 *
 * Values are the same under every driver, in every session and time zone, and lose nothing on the way:
 *
 * - `int2`, `int4`, `oid`, `float4` and `float8` are numbers; `int8` and `numeric` strings; `bool` a boolean;
 * - `timestamptz` is a Date, rounded down to the millisecond; what a Date cannot hold, such as `infinity`, is the last or
 *   the first that there is (±8.64e15);
 * - `date` and `timestamp` are ISO 8601 texts, `2024-04-24` and `2024-04-24T22:12:00.123456`; `time` and `interval` are as
 *   Postgres writes them by default; ranges of dates and times have ISO 8601 bounds, in UTC where they have a zone;
 * - `json` and `jsonb` are parsed; `bytea` is a Uint8Array; enums are their labels; domains are what they are made of;
 * - arrays are arrays, nested as they are, with null elements; composites are objects, each attribute as a column would be;
 *   everything else is Postgres' text.
 *
 * The configuration can ask for `int8` as bigint or number, `numeric` as number, and `timestamptz` as text in UTC with its
 * microseconds.
 *
 * @module
 */
export { type Actor, actorFrom, withActor, type WithCurrentActor } from './actor.ts'
export type { ChainProblem } from './chain-violations.ts'
export type { CodecName, FieldCodec, ScalarCodec, ValueCodec } from './codec.ts'
export type {
  Connection,
  DrizzleConnection,
  KyselyConnection,
  PgConnection,
  PgliteConnection,
  PostgresConnection,
  TransactionOf,
  TypeormConnection,
  TypeormRunner,
} from './connection.ts'
export { createHistories } from './database-history.ts'
export type {
  ConflictReason,
  DatabaseHistory,
  DatabaseTransaction,
  InTable,
  NameIn,
  Past,
  TableChange,
  TablesOption,
  TableViolation,
  TimelineOptions,
  TimelinePosition,
  Undo,
  UndoConflict,
  UndoneChange,
  UndoOptions,
} from './database-types.ts'
export type {
  ColumnDescriptor,
  ForeignKeyRelation,
  LiveTableDescriptor,
  RelationDescriptor,
  TableDescriptor,
  TableName,
  ThroughRelation,
  TransactionTableDescriptor,
} from './descriptor.ts'
export { createHistory } from './history.ts'
export { diffNested, nestChanges } from './nested.ts'
export type {
  Abortable,
  Blame,
  Changes,
  ColumnChange,
  Columns,
  Combinations,
  Comparison,
  Condition,
  Difference,
  History,
  Json,
  JsonComparison,
  KeyRead,
  Live,
  NestedChange,
  None,
  Operation,
  OrderBy,
  Ordered,
  Presence,
  ReadOptions,
  RecordHistory,
  RelationPath,
  Relations,
  RestorablePath,
  RevertOptions,
  RowChange,
  Snapshot,
  SnapshotFilter,
  SnapshotOptions,
  State,
  StreamOptions,
  Transaction,
  TransactionChanges,
  TransactionId,
  Unordered,
  Version,
  VersionsOptions,
  Violation,
  When,
  Where,
} from './types.ts'
