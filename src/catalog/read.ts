import type { Database } from '../database/types.ts'
import { assemble } from './assemble.ts'
import { collationsSql, columnsSql } from './columns.ts'
import type { CollationRow, ColumnRow } from './columns.ts'
import { enumsSql, typesSql } from './column-types.ts'
import type { EnumRow, TypeRow } from './column-types.ts'
import { constraintsSql } from './constraints.ts'
import type { ConstraintRow } from './constraints.ts'
import { functionsSql } from './functions.ts'
import type { FunctionRow } from './functions.ts'
import { grantsSql } from './grants.ts'
import type { GrantRow } from './grants.ts'
import { indexesSql } from './indexes.ts'
import type { IndexRow } from './indexes.ts'
import { rolesSql, schemasSql } from './names.ts'
import type { NameRow } from './names.ts'
import { policiesSql } from './policies.ts'
import type { PolicyRow } from './policies.ts'
import { inheritanceSql, relationsSql } from './relations.ts'
import type { InheritanceRow, RelationRow } from './relations.ts'
import { isSystemSchema } from './scope.ts'
import { serverSql } from './server.ts'
import type { ServerRow } from './server.ts'
import { triggersSql } from './triggers.ts'
import type { TriggerRow } from './triggers.ts'
import type { Catalog } from './types.ts'

/**
 * Reads what there is about every table, view and trigger outside the system schemas and extensions: fifteen queries
 * on `pg_catalog`, whatever the number of tables. Issues nothing but these queries, so call it inside `inSnapshot`: the
 * answers then belong together, and the server qualifies every name in the SQL it returns.
 *
 * `searchPath` says where unqualified table names are to be looked up; schemas that do not exist are dropped from it.
 * Without it the connection's own is taken, which inside `inSnapshot` is empty.
 *
 * @example
 * ```ts
 * import { readCatalog } from './read.ts'
 * import type { Database } from '../database/types.ts'
 *
 * const countTables = async (db: Database): Promise<number> => (await readCatalog(db)).relations.length
 * ```
 */
export const readCatalog = async (
  db: Database,
  { searchPath }: { readonly searchPath?: readonly string[] | undefined } = {},
): Promise<Catalog> => {
  const [server] = await db.query<ServerRow>(serverSql)
  if (!server) throw new Error('the server did not say which version it is')
  const schemas = await db.query<NameRow>(schemasSql)
  return assemble({
    server: { ...server, searchPath: userSchemas(searchPath ?? server.searchPath, schemas) },
    schemas,
    roles: await db.query<NameRow>(rolesSql),
    relations: await db.query<RelationRow>(relationsSql),
    inheritance: await db.query<InheritanceRow>(inheritanceSql),
    columns: await db.query<ColumnRow>(columnsSql),
    collations: await db.query<CollationRow>(collationsSql),
    types: await db.query<TypeRow>(typesSql),
    enums: await db.query<EnumRow>(enumsSql),
    constraints: await db.query<ConstraintRow>(constraintsSql),
    indexes: await db.query<IndexRow>(indexesSql),
    triggers: await db.query<TriggerRow>(triggersSql),
    functions: await db.query<FunctionRow>(functionsSql),
    policies: await db.query<PolicyRow>(policiesSql),
    grants: await db.query<GrantRow>(grantsSql),
  })
}

const userSchemas = (searchPath: readonly string[], schemas: readonly NameRow[]): readonly string[] => {
  const existing = new Set(schemas.map(({ name }) => name))
  return searchPath.filter((schema) => existing.has(schema) && !isSystemSchema(schema))
}
