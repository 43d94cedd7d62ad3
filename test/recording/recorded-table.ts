import { inSnapshot } from '../../src/database/snapshot.ts'
import { readCatalog } from '../../src/catalog/read.ts'
import type { Database } from '../../src/database/types.ts'
import type { VersionedOptions } from '../../src/models/types.ts'
import { resolveModel } from '../../src/plan/resolve.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { chainViolationsSql } from '../../src/sql/check-chains.ts'
import type { ChainViolation } from '../../src/sql/check-chains.ts'
import { backfillMigration, createMigration } from '../../src/sql/migrations.ts'

export interface RecordOptions {
  /** Of `__versioned__`. */
  readonly options?: VersionedOptions
  readonly transactionTable?: string
}

/** What versiongen makes of a table that is there: the way from the catalog to the plan, without model files. */
export const planTable = async (
  database: Database,
  name: string,
  { options = {}, transactionTable = 'transaction' }: RecordOptions = {},
): Promise<VersionedTable> => {
  const catalog = await inSnapshot(database, () => readCatalog(database, { searchPath: ['public'] }))
  const dot = name.indexOf('.')
  const model = {
    name,
    kind: 'class',
    file: '/models.ts',
    line: 1,
    column: 1,
    exported: 'named',
    schema: dot < 0 ? 'public' : name.slice(0, dot),
    table: name.slice(dot + 1),
    options,
    properties: [],
  } as const
  const { table, findings } = resolveModel(model, catalog, { versioned: {}, transactionTable })
  if (table === undefined) throw new Error(findings.map(({ message }) => message).join('\n'))
  return table
}

const timeouts = { lockTimeout: '5s', statementTimeout: '0' }

/** Runs the first migration of a table, as Flyway would: in one transaction. */
export const recordTable = async (
  database: Database,
  name: string,
  options?: RecordOptions,
): Promise<VersionedTable> => {
  const table = await planTable(database, name, options)
  await database.script(`begin; ${createMigration(table, timeouts)} commit`)
  return table
}

export const backfillSql = (table: VersionedTable): string => `begin; ${backfillMigration(table, timeouts)} commit`

export const backfillTable = (database: Database, table: VersionedTable): Promise<void> =>
  database.script(backfillSql(table))

/** A version: the operation and the row's values as Postgres writes them, such as `[1, '(1,new)']`. */
export type Recorded = readonly [operation: number, values: string]

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`
const nameOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  `${quote(schema)}.${quote(name)}`

/** The versions with an id above `after`, by transaction, then by key. */
export const readVersions = async (
  database: Database,
  { version, columns, key, transactionColumn, operationColumn }: VersionedTable,
  after = '-1',
): Promise<readonly Recorded[]> => {
  const rows = await database.query<{ op: number; values: string }>(
    `select v.${quote(operationColumn)} as op, row(${columns.map(({ name }) => `v.${quote(name)}`).join(', ')})::text as values
       from ${nameOf(version)} v where v.${quote(transactionColumn)} > ${after}
      order by v.${quote(transactionColumn)}, ${key.map(({ name }) => `v.${quote(name)}`).join(', ')}`,
  )
  return rows.map(({ op, values }) => [op, values])
}

/** How many transaction rows the versions with an id above `after` point to. */
export const lastTransaction = async (database: Database, { transaction }: VersionedTable): Promise<string> => {
  const [row] = await database.query<{ last: string }>(
    `select coalesce(max(id), 0)::text as last from ${nameOf(transaction)}`,
  )
  return row?.last ?? '0'
}

/** What SPEC calls always true: none of the violations there can be. */
export const findViolations = async (database: Database, table: VersionedTable): Promise<readonly ChainViolation[]> => [
  ...(await database.query<ChainViolation>(chainViolationsSql(table, { compareLive: true }))),
]

/** An empty schema `public`, and no other that a test may have made. */
export const startAfresh = async (database: Database): Promise<void> => {
  await database.script('rollback')
  await database.script(`do $$
declare name text;
begin
  for name in select quote_ident(nspname) from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
  loop execute 'drop schema ' || name || ' cascade'; end loop;
end $$;
set client_min_messages = warning;
create schema public;
grant usage on schema public to public;
reset search_path;`)
}
