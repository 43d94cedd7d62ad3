import type { Column, ColumnType, ForeignKey, QualifiedName } from '../../src/catalog/types.ts'
import type { VersionedTable } from '../../src/plan/types.ts'

/** A base table for tests and benchmarks, written down rather than read from a server. */
export interface TableDescription extends QualifiedName {
  /** Name and exact type, in the table's order. */
  readonly columns: readonly (readonly [name: string, type: string])[]
  readonly key: readonly string[]
  /** Base columns without history. */
  readonly exclude?: readonly string[]
  readonly strategy?: 'validity' | 'subquery'
  readonly foreignKeys?: readonly ForeignKey[]
  /** One that is partitioned is recorded row by row. */
  readonly kind?: 'table' | 'partitioned table'
}

/** What the planner would make of such a table with default options. */
export const describeTable = ({
  schema,
  name,
  columns,
  key,
  exclude = [],
  strategy = 'validity',
  foreignKeys = [],
  kind = 'table',
}: TableDescription): VersionedTable => {
  const all = columns.map(([columnName, type], index) => describeColumn(columnName, type, index + 1, key))
  return {
    model: {
      name,
      kind: 'class',
      file: `/models/${name}.ts`,
      line: 1,
      column: 1,
      exported: 'named',
      schema,
      table: name,
      options: {},
      properties: [],
    },
    base: {
      schema,
      name,
      oid: 0,
      kind,
      owner: 'postgres',
      unlogged: false,
      estimatedRows: -1,
      comment: null,
      partitionOf: null,
      partitions: [],
      inherits: [],
      inheritedBy: [],
      columns: all,
      primaryKey: { name: `${name}_pkey`, columns: key, deferrable: false },
      foreignKeys,
      checks: [],
      rules: [],
      indexes: [],
      triggers: [],
      rowSecurity: { enabled: false, forced: false, policies: [] },
      grants: [],
    },
    key: key.map((keyName) => all.find((column) => column.name === keyName) ?? unknownColumn(keyName)),
    columns: all.filter((column) => !exclude.includes(column.name)),
    version: { schema, name: `${name}_version` },
    transaction: {
      schema,
      name: 'transaction',
      exists: false,
      id: { type: 'bigint', sequence: null },
      issuedAt: { withTimeZone: true },
      remoteAddr: { type: 'text' },
      userId: { type: 'text' },
    },
    transactionColumn: 'transaction_id',
    endTransactionColumn: strategy === 'validity' ? 'end_transaction_id' : null,
    operationColumn: 'operation_type',
    trackModified: false,
    writer: 'trigger',
    context: 'allow',
    indexes: 'minimal',
  }
}

const describeColumn = (name: string, type: string, number: number, key: readonly string[]): Column => ({
  number,
  name,
  type: describeType(type),
  notNull: key.includes(name),
  default: null,
  generated: null,
  identity: null,
  collation: null,
  comment: null,
})

const describeType = (sql: string): ColumnType => ({
  oid: 0,
  sql,
  schema: 'pg_catalog',
  name: typeNames.get(sql.replace(/\(.*\)/, '')) ?? sql,
  kind: 'base',
  // What it is exactly matters to nobody.
  modifier: sql.includes('(') ? 4 : -1,
  dimensions: 0,
  enumLabels: null,
  of: null,
  domainNotNull: false,
  attributes: null,
  comparable: sql !== 'json',
})

const typeNames: ReadonlyMap<string, string> = new Map([
  ['character varying', 'varchar'],
  ['character', 'bpchar'],
  ['numeric', 'numeric'],
  ['smallint', 'int2'],
  ['integer', 'int4'],
  ['real', 'float4'],
])

const unknownColumn = (name: string): never => {
  throw new RangeError(`no column ${name}`)
}
