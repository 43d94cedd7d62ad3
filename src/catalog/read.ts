import type { Database } from '../database/types.ts'
import { assemble } from './assemble.ts'
import { buildColumns, collationsSql, columnsSql, indexColumnAcls, indexColumnNames } from './columns.ts'
import type { CollationRow, ColumnRow } from './columns.ts'
import { buildTypes, enumsSql, typesSql } from './column-types.ts'
import type { EnumRow, TypeRow } from './column-types.ts'
import { buildKeys, constraintsSql } from './constraints.ts'
import type { ConstraintRow } from './constraints.ts'
import { buildFunctions, functionsSql } from './functions.ts'
import type { FunctionRow } from './functions.ts'
import { buildGrants, grantsSql } from './grants.ts'
import type { GrantRow } from './grants.ts'
import { askInTurn, whenAll } from './in-turn.ts'
import { buildIndexes, indexesSql } from './indexes.ts'
import type { IndexRow } from './indexes.ts'
import { buildRoles, indexNames, rolesSql, schemasSql } from './names.ts'
import type { NameRow, Names, RoleRow } from './names.ts'
import { buildPolicies, policiesSql } from './policies.ts'
import type { PolicyRow } from './policies.ts'
import { indexRelationNames, inheritanceSql, relationsSql } from './relations.ts'
import type { InheritanceRow, RelationRow } from './relations.ts'
import { isSystemSchema } from './scope.ts'
import { serverSql } from './server.ts'
import type { ServerRow } from './server.ts'
import { buildTriggers, triggersSql } from './triggers.ts'
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
  const ask = askInTurn(db)
  const schemas = ask<NameRow>(schemasSql).then(indexNames)
  const roleRows = ask<RoleRow>(rolesSql)
  const roles = roleRows.then(indexNames)
  const server = whenAll([ask<ServerRow>(serverSql), schemas], (rows, names) => describeServer(rows, names, searchPath))
  const grants = whenAll([ask<GrantRow>(grantsSql), roles], buildGrants)
  const functions = whenAll([ask<FunctionRow>(functionsSql), schemas, roles, grants], buildFunctions)
  const types = whenAll([ask<TypeRow>(typesSql), ask<EnumRow>(enumsSql), schemas], buildTypes)
  const collations = ask<CollationRow>(collationsSql)
  const columnRows = ask<ColumnRow>(columnsSql)
  const columns = whenAll([columnRows, collations, types], buildColumns)
  const columnNames = columns.then(indexColumnNames)
  const indexes = whenAll([ask<IndexRow>(indexesSql), columnNames], buildIndexes)
  const triggers = whenAll([ask<TriggerRow>(triggersSql), functions, columnNames], buildTriggers)
  const relations = ask<RelationRow>(relationsSql)
  const relationNames = relations.then(indexRelationNames)
  const keys = whenAll([ask<ConstraintRow>(constraintsSql), relationNames, columnNames], buildKeys)
  const policies = whenAll([ask<PolicyRow>(policiesSql), roles], buildPolicies)
  const inheritance = ask<InheritanceRow>(inheritanceSql)
  // Whatever happens, no query is left running when this returns; what failed then throws below.
  await Promise.allSettled([server, columns, keys, indexes, triggers, policies, inheritance])
  return assemble({
    server: await server,
    schemas: await schemas,
    roles: await roles,
    allRoles: buildRoles(await roleRows, await roles),
    relations: await relations,
    relationNames: await relationNames,
    inheritance: await inheritance,
    columns: await columns,
    keys: await keys,
    indexes: await indexes,
    triggers: await triggers,
    functions: await functions,
    policies: await policies,
    grantsOf: await grants,
    columnAcls: indexColumnAcls(await columnRows),
  })
}

const describeServer = (
  [row]: readonly ServerRow[],
  schemas: Names,
  searchPath: readonly string[] | undefined,
): ServerRow => {
  if (!row) throw new Error('the server did not say which version it is')
  const existing = new Set(schemas.values())
  return {
    ...row,
    searchPath: (searchPath ?? row.searchPath).filter((schema) => existing.has(schema) && !isSystemSchema(schema)),
  }
}
