import type { VersionedTable } from '../../src/plan/types.ts'
import { describeTable } from './describe-table.ts'
import { historyDdl } from './history-ddl.ts'

/**
 * Five small tables that make recording hard: cascades of deletes, of key changes and of nulls; a key of two columns
 * that is part of a foreign key; a key that can be permuted in one statement; a type without equality; a column
 * without history.
 */
export const tables: readonly VersionedTable[] = [
  describeTable({
    schema: 'public',
    name: 'site',
    columns: [
      ['id', 'integer'],
      ['code', 'text'],
      ['size', 'numeric'],
      ['note', 'json'],
      ['seen', 'integer'],
    ],
    key: ['id'],
    exclude: ['seen'],
  }),
  describeTable({
    schema: 'public',
    name: 'permit',
    columns: [
      ['site_id', 'integer'],
      ['no', 'integer'],
      ['status', 'text'],
    ],
    key: ['site_id', 'no'],
  }),
  describeTable({
    schema: 'public',
    name: 'visit',
    columns: [
      ['id', 'integer'],
      ['site_id', 'integer'],
      ['label', 'text'],
    ],
    key: ['id'],
  }),
  describeTable({
    schema: 'public',
    name: 'tag',
    columns: [
      ['id', 'integer'],
      ['label', 'text'],
    ],
    key: ['id'],
  }),
  describeTable({
    schema: 'public',
    name: 'diary',
    columns: [
      ['id', 'integer'],
      ['n', 'integer'],
    ],
    key: ['id'],
  }),
]

export const baseDdl = `
create table site (id int primary key, code text, size numeric, note json, seen int);
create table permit (site_id int references site on delete cascade on update cascade, no int, status text,
  primary key (site_id, no));
create table visit (id int primary key, site_id int references site on delete set null on update cascade, label text);
create table tag (id int, label text, primary key (id) deferrable initially immediate);
create table diary (id int primary key, n int);`

/** The base tables with their history. */
export const tablesDdl = (): string => [baseDdl, ...tables.map(historyDdl)].join('\n')

/** Leaves every table empty. */
export const emptyTables: readonly string[] = [
  `truncate ${tables.map(({ base }) => base.name).join(', ')}`,
  `truncate ${tables.map(({ version }) => version.name).join(', ')}, transaction`,
]
