import { byCodePoint } from '../order.ts'
import type { ColumnRow } from './columns.ts'
import type { Keys } from './constraints.ts'
import { mergeGrants, ofColumn } from './grants.ts'
import type { GrantLookup } from './grants.ts'
import { groupBy } from './group.ts'
import type { ByRelation } from './group.ts'
import { roleName } from './names.ts'
import type { Names } from './names.ts'
import { relationKind } from './relations.ts'
import type { InheritanceRow, RelationNames, RelationRow } from './relations.ts'
import { isSystemSchema } from './scope.ts'
import type { ServerRow } from './server.ts'
import type { Catalog, Column, Index, Policy, QualifiedName, Relation, Role, Trigger, StoredFunction } from './types.ts'

/** What the queries brought, each by the oid of the relation it belongs to. */
export interface CatalogParts {
  readonly server: ServerRow
  readonly schemas: Names
  readonly roles: Names
  readonly allRoles: readonly Role[]
  readonly relations: readonly RelationRow[]
  readonly relationNames: RelationNames
  readonly inheritance: readonly InheritanceRow[]
  readonly columns: ByRelation<Column>
  readonly keys: Keys
  readonly indexes: ByRelation<Index>
  readonly triggers: ByRelation<Trigger>
  readonly functions: readonly StoredFunction[]
  readonly policies: ByRelation<Policy>
  readonly grantsOf: GrantLookup
  readonly columnAcls: ByRelation<ColumnRow>
}

/** Puts the parts together; the order of rows makes no difference. Pure. */
export const assemble = (parts: CatalogParts): Catalog => {
  const { server, schemas } = parts
  const own = parts.relations.filter(({ ofExtension }) => !ofExtension)
  const relations = buildRelations(own, parts).sort(byQualifiedName)
  const called = new Set(relations.flatMap(({ triggers }) => triggers.map((trigger) => qualifiedKey(trigger.function))))
  return {
    serverVersion: server.version,
    database: server.database,
    searchPath: server.searchPath,
    currentUser: server.currentUser,
    schemas: [...schemas.values()].filter((schema) => !isSystemSchema(schema)).sort(byCodePoint),
    relations,
    functions: parts.functions.filter((each) => !each.isHelper && called.has(qualifiedKey(each))).sort(byQualifiedName),
    helperFunctions: parts.functions.filter((each) => each.isHelper).sort(byQualifiedName),
    sequences: own
      .filter(({ kind }) => kind === 'S')
      .map(({ schema, name }) => ({ schema, name }))
      .sort(byQualifiedName),
    roles: parts.allRoles,
  }
}

const buildRelations = (own: readonly RelationRow[], parts: CatalogParts): Relation[] => {
  const { roles, relationNames, columns, keys, indexes, triggers, policies, grantsOf, columnAcls } = parts
  const partitioned = new Set(parts.relations.filter(({ kind }) => kind === 'p').map(({ oid }) => oid))
  const parentsOf = groupBy(parts.inheritance, ({ child }) => child)
  const childrenOf = groupBy(parts.inheritance, ({ parent }) => parent)

  return own
    .filter(({ kind }) => kind !== 'S')
    .map((row) => {
      const edges = (parentsOf.get(row.oid) ?? []).sort((a, b) => a.position - b.position)
      const parents = edges.map(({ parent }) => relationNames.require(parent))
      const isPartition = edges.some(({ parent }) => partitioned.has(parent))
      const children = (childrenOf.get(row.oid) ?? []).map(({ child }) => relationNames.require(child))
      children.sort(byQualifiedName)
      return {
        oid: row.oid,
        schema: row.schema,
        name: row.name,
        kind: relationKind(row.kind),
        owner: roleName(roles, row.owner),
        unlogged: row.unlogged,
        estimatedRows: Number(row.estimatedRows),
        comment: row.comment,
        partitionOf: isPartition ? (parents[0] ?? null) : null,
        partitions: row.kind === 'p' ? children : [],
        inherits: isPartition ? [] : parents,
        inheritedBy: row.kind === 'p' ? [] : children,
        columns: columns.get(row.oid) ?? [],
        primaryKey: keys.primary.get(row.oid) ?? null,
        foreignKeys: keys.foreign.get(row.oid) ?? [],
        checks: keys.checks.get(row.oid) ?? [],
        rules: [...(row.rules ?? [])].sort(byCodePoint),
        indexes: indexes.get(row.oid) ?? [],
        triggers: triggers.get(row.oid) ?? [],
        rowSecurity: {
          enabled: row.rowSecurity,
          forced: row.forceRowSecurity,
          policies: policies.get(row.oid) ?? [],
        },
        grants: mergeGrants([
          ...grantsOf(row.acl, row.owner),
          ...(columnAcls.get(row.oid) ?? []).flatMap(({ name, acl }) => ofColumn(name, grantsOf(acl, row.owner))),
        ]),
      }
    })
}

/** A trigger function takes no arguments, so its name says which one it is. A name cannot hold a NUL. */
const qualifiedKey = ({ schema, name }: QualifiedName): string => `${schema}\0${name}`

const byQualifiedName = (a: QualifiedName, b: QualifiedName): number =>
  byCodePoint(a.schema, b.schema) || byCodePoint(a.name, b.name)
