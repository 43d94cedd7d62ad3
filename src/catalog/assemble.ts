import { byCodePoint } from '../order.ts'
import { buildColumns } from './columns.ts'
import type { CollationRow, ColumnRow } from './columns.ts'
import { buildTypes } from './column-types.ts'
import type { EnumRow, TypeRow } from './column-types.ts'
import { buildForeignKey, buildPrimaryKey } from './constraints.ts'
import type { ColumnNames, ConstraintRow } from './constraints.ts'
import { buildFunction } from './functions.ts'
import type { FunctionRow } from './functions.ts'
import { buildGrants } from './grants.ts'
import type { GrantRow } from './grants.ts'
import { groupBy } from './group.ts'
import { buildIndex } from './indexes.ts'
import type { IndexRow } from './indexes.ts'
import { indexNames, roleName } from './names.ts'
import type { NameRow } from './names.ts'
import { buildPolicy } from './policies.ts'
import type { PolicyRow } from './policies.ts'
import { relationKind } from './relations.ts'
import type { InheritanceRow, RelationRow } from './relations.ts'
import { isSystemSchema } from './scope.ts'
import type { ServerRow } from './server.ts'
import { buildTrigger } from './triggers.ts'
import type { TriggerRow } from './triggers.ts'
import type { Catalog, QualifiedName, Relation } from './types.ts'

/** The answers of all queries. */
export interface CatalogRows {
  readonly server: ServerRow
  readonly schemas: readonly NameRow[]
  readonly roles: readonly NameRow[]
  readonly relations: readonly RelationRow[]
  readonly inheritance: readonly InheritanceRow[]
  readonly columns: readonly ColumnRow[]
  readonly collations: readonly CollationRow[]
  readonly types: readonly TypeRow[]
  readonly enums: readonly EnumRow[]
  readonly constraints: readonly ConstraintRow[]
  readonly indexes: readonly IndexRow[]
  readonly triggers: readonly TriggerRow[]
  readonly functions: readonly FunctionRow[]
  readonly policies: readonly PolicyRow[]
  readonly grants: readonly GrantRow[]
}

/** Joins the rows by oid; the order of the rows makes no difference. Pure. */
export const assemble = (rows: CatalogRows): Catalog => {
  const schemas = indexNames(rows.schemas)
  const roles = indexNames(rows.roles)
  const relationOf = new Map(rows.relations.map((row) => [row.oid, row]))
  const functionOf = new Map(rows.functions.map((row) => [row.oid, row]))
  const columnsOf = buildColumns(rows.columns, rows.collations, buildTypes(rows.types, rows.enums, schemas))
  const grantsOf = buildGrants(rows.grants, roles)
  const constraintsOf = groupBy(rows.constraints, ({ relation }) => relation)
  const indexesOf = groupBy(rows.indexes, ({ relation }) => relation)
  const triggersOf = groupBy(rows.triggers, ({ relation }) => relation)
  const policiesOf = groupBy(rows.policies, ({ relation }) => relation)
  const parentsOf = groupBy(rows.inheritance, ({ child }) => child)
  const childrenOf = groupBy(rows.inheritance, ({ parent }) => parent)
  const usedFunctions = new Set<number>()

  const columnNames: ColumnNames = (relation, numbers) => {
    const columns = columnsOf.get(relation) ?? []
    return numbers.map((number) => {
      const column =
        columns[number - 1]?.number === number ? columns[number - 1] : columns.find((c) => c.number === number)
      if (!column) throw new Error(`relation ${relation} has no column number ${number}`)
      return column.name
    })
  }
  const relationName = (oid: number): QualifiedName => {
    const row = relationOf.get(oid)
    if (!row) throw new Error(`there is no relation ${oid} outside the system schemas`)
    return { schema: row.schema, name: row.name }
  }
  const functionName = (oid: number): QualifiedName => {
    const row = functionOf.get(oid)
    if (!row) throw new Error(`there is no trigger function ${oid}`)
    return { schema: schemas.get(row.schema) ?? '', name: row.name }
  }

  const buildRelation = (row: RelationRow): Relation => {
    const parents = (parentsOf.get(row.oid) ?? []).toSorted((a, b) => a.position - b.position)
    const children = (childrenOf.get(row.oid) ?? []).map(({ child }) => relationName(child)).sort(byQualifiedName)
    const isPartition = parents.some(({ parent }) => relationOf.get(parent)?.kind === 'p')
    const parentNames = parents.map(({ parent }) => relationName(parent))
    const constraints = constraintsOf.get(row.oid) ?? []
    const primaryKey = constraints.find(({ kind }) => kind === 'p')
    const triggers = triggersOf.get(row.oid) ?? []
    for (const trigger of triggers) usedFunctions.add(trigger.function)
    return {
      oid: row.oid,
      schema: row.schema,
      name: row.name,
      kind: relationKind(row.kind),
      owner: roleName(roles, row.owner),
      unlogged: row.unlogged,
      estimatedRows: Number(row.estimatedRows),
      comment: row.comment,
      partitionOf: isPartition ? (parentNames[0] ?? null) : null,
      partitions: row.kind === 'p' ? children : [],
      inherits: isPartition ? [] : parentNames,
      inheritedBy: row.kind === 'p' ? [] : children,
      columns: columnsOf.get(row.oid) ?? [],
      primaryKey: primaryKey ? buildPrimaryKey(primaryKey, columnNames) : null,
      foreignKeys: constraints
        .filter(({ kind }) => kind === 'f')
        .map((constraint) => buildForeignKey(constraint, relationName(constraint.referenced), columnNames))
        .sort(byName),
      indexes: (indexesOf.get(row.oid) ?? []).map((index) => buildIndex(index, columnNames)).sort(byName),
      triggers: triggers
        .map((trigger) => buildTrigger(trigger, functionName(trigger.function), columnNames))
        .sort(byName),
      rowSecurity: {
        enabled: row.rowSecurity,
        forced: row.forceRowSecurity,
        policies: (policiesOf.get(row.oid) ?? []).map((policy) => buildPolicy(policy, roles)).sort(byName),
      },
      grants: grantsOf(row.acl, row.owner),
    }
  }

  const own = rows.relations.filter(({ ofExtension }) => !ofExtension)
  const relations = own.filter(({ kind }) => kind !== 'S').map(buildRelation)
  return {
    serverVersion: rows.server.version,
    database: rows.server.database,
    searchPath: rows.server.searchPath,
    currentUser: rows.server.currentUser,
    schemas: [...schemas.values()].filter((schema) => !isSystemSchema(schema)).sort(byCodePoint),
    relations: relations.sort(byQualifiedName),
    functions: rows.functions
      .filter(({ oid }) => usedFunctions.has(oid))
      .map((row) => buildFunction(row, schemas, roles, grantsOf(row.acl, row.owner)))
      .sort(byQualifiedName),
    sequences: own
      .filter(({ kind }) => kind === 'S')
      .map(({ schema, name }) => ({ schema, name }))
      .sort(byQualifiedName),
  }
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => byCodePoint(a.name, b.name)

const byQualifiedName = (a: QualifiedName, b: QualifiedName): number =>
  byCodePoint(a.schema, b.schema) || byCodePoint(a.name, b.name)
