import { displayVersion } from '../flyway/version.ts'
import type { Migration } from '../flyway/types.ts'
import { identifier, literal, qualified } from '../sql/quote.ts'
import type { QualifiedName } from '../catalog/types.ts'

/** Flyway's own table, column by column and with its names (PostgreSQLDatabase.getRawCreateScript). */
export const createHistoryTable = (table: QualifiedName): string => `create table ${qualified(table)} (
  installed_rank integer not null,
  version character varying(50),
  description character varying(200) not null,
  type character varying(20) not null,
  script character varying(1000) not null,
  checksum integer,
  installed_by character varying(100) not null,
  installed_on timestamp without time zone not null default now(),
  execution_time integer not null,
  success boolean not null,
  constraint ${identifier(`${table.name}_pk`)} primary key (installed_rank)
);
create index ${identifier(`${table.name}_s_idx`)} on ${qualified(table)} (success)`

/** The row Flyway adds for schemas it made itself: rank 0. */
export const recordSchemas = (table: QualifiedName, schemas: readonly string[]): string =>
  insertRow(table, {
    rank: 0,
    version: null,
    description: '<< Flyway Schema Creation >>',
    type: 'SCHEMA',
    script: schemas.map((schema) => `"${schema}"`).join(','),
    checksum: null,
  })

export const recordMigration = (table: QualifiedName, rank: number, migration: Migration): string =>
  insertRow(table, {
    rank,
    version: migration.version === null ? null : displayVersion(migration.version),
    description: shorten(migration.description, 200),
    type: migration.kind === 'baseline' ? 'SQL_BASELINE' : 'SQL',
    script: migration.script.length > 1000 ? `...${migration.script.slice(-997)}` : migration.script,
    checksum: migration.checksum,
  })

interface Row {
  readonly rank: number
  readonly version: string | null
  readonly description: string
  readonly type: string
  readonly script: string
  readonly checksum: number | null
}

const insertRow = (table: QualifiedName, row: Row): string => `insert into ${qualified(table)}
  (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
values (${row.rank}, ${row.version === null ? 'null' : literal(row.version)}, ${literal(row.description)},
  ${literal(row.type)}, ${literal(row.script)}, ${row.checksum ?? 'null'}, 'postgres', 0, true)`

const shorten = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 3)}...` : text
