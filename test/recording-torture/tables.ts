import type { ForeignKey } from '../../src/catalog/types.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { describeTable } from './describe-table.ts'
import { historyDdl } from './history-ddl.ts'

/** How the tables are recorded. */
const forms = {
  /** Statement by statement, with ends of versions. */
  statements: {},
  /** Row by row, as partitions are. */
  rows: { kind: 'partitioned table' },
  /** Versions have no ends. */
  subquery: { strategy: 'subquery' },
} as const

export type Form = keyof typeof forms

const toSite = (name: string, onDelete: ForeignKey['onDelete']): ForeignKey => ({
  name: `${name}_site_id_fkey`,
  columns: ['site_id'],
  references: { schema: 'public', name: 'site', columns: ['id'] },
  onDelete,
  onUpdate: 'cascade',
})

/**
 * Five small tables that make recording hard: cascades of deletes, of key changes and of nulls; a key of two columns
 * that is part of a foreign key; a key that can be permuted in one statement; a type without equality; a column
 * without history.
 */
export const tablesIn = (form: Form): readonly VersionedTable[] => [
  describeTable({
    ...forms[form],
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
    ...forms[form],
    schema: 'public',
    name: 'permit',
    columns: [
      ['site_id', 'integer'],
      ['no', 'integer'],
      ['status', 'text'],
    ],
    key: ['site_id', 'no'],
    foreignKeys: [toSite('permit', 'cascade')],
  }),
  describeTable({
    ...forms[form],
    schema: 'public',
    name: 'visit',
    columns: [
      ['id', 'integer'],
      ['site_id', 'integer'],
      ['label', 'text'],
    ],
    key: ['id'],
    foreignKeys: [toSite('visit', 'set null')],
  }),
  describeTable({
    ...forms[form],
    schema: 'public',
    name: 'tag',
    columns: [
      ['id', 'integer'],
      ['label', 'text'],
    ],
    key: ['id'],
  }),
  describeTable({
    ...forms[form],
    schema: 'public',
    name: 'diary',
    columns: [
      ['id', 'integer'],
      ['n', 'integer'],
    ],
    key: ['id'],
  }),
]

export const tables: readonly VersionedTable[] = tablesIn('statements')

export const baseDdl = (form: Form): string => {
  // One partition holds all rows, so that none moves.
  const end = (name: string, key: string): string =>
    form === 'rows'
      ? `partition by hash (${key}); create table ${name}_rows partition of ${name} for values with (modulus 1, remainder 0)`
      : ''
  return `
create table site (id int primary key, code text, size numeric, note json, seen int) ${end('site', 'id')};
create table permit (site_id int references site on delete cascade on update cascade, no int, status text,
  primary key (site_id, no)) ${end('permit', 'no')};
create table visit (id int primary key, site_id int references site on delete set null on update cascade, label text)
  ${end('visit', 'id')};
create table tag (id int, label text, primary key (id) deferrable initially immediate) ${end('tag', 'id')};
create table diary (id int primary key, n int) ${end('diary', 'id')};`
}

/** The base tables with their history. */
export const tablesDdl = (form: Form = 'statements'): string =>
  [baseDdl(form), ...tablesIn(form).map(historyDdl)].join('\n')

/** Leaves every table empty. */
export const emptyTables: readonly string[] = [
  `truncate ${tables.map(({ base }) => base.name).join(', ')}`,
  `truncate ${tables.map(({ version }) => version.name).join(', ')}, transaction`,
]
