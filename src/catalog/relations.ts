import { hasColumns, inUserSchema } from './scope.ts'
import type { QualifiedName, RelationKind } from './types.ts'

/** One table, view or sequence; those of extensions too, because others may refer to them. */
export interface RelationRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** `pg_class.relkind` */
  readonly kind: string
  readonly owner: number
  readonly unlogged: boolean
  /** A `float4`, which the drivers hand over in different ways. */
  readonly estimatedRows: number | string
  readonly rowSecurity: boolean
  readonly forceRowSecurity: boolean
  /** `aclitem[]` as text: the key of {@link GrantRow}; null for the default privileges. */
  readonly acl: string | null
  /** Enabled rewrite rules of a table, besides those for `SELECT`; null where there are none. */
  readonly rules: readonly string[] | null
  readonly ofExtension: boolean
  readonly comment: string | null
}

export const relationsSql: string = `
select
  c.oid,
  n.nspname as schema,
  c.relname as name,
  c.relkind as kind,
  c.relowner as owner,
  c.relpersistence = 'u' as unlogged,
  c.reltuples as "estimatedRows",
  c.relrowsecurity as "rowSecurity",
  c.relforcerowsecurity as "forceRowSecurity",
  c.relacl::text as acl,
  case when c.relhasrules and c.relkind in ('r', 'p') then (
    select array_agg(r.rulename::text) from pg_rewrite r
     where r.ev_class = c.oid and r.ev_type <> '1' and r.ev_enabled <> 'D') end as rules,
  extension.objid is not null as "ofExtension",
  comment.description as comment
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_depend extension
  on extension.refclassid = 'pg_extension'::regclass and extension.deptype = 'e'
  and extension.classid = 'pg_class'::regclass and extension.objid = c.oid
left join pg_description comment
  on comment.classoid = 'pg_class'::regclass and comment.objoid = c.oid and comment.objsubid = 0
where (${hasColumns} or c.relkind = 'S') and ${inUserSchema}`

/** Names by oid, also of relations that belong to extensions. */
export interface RelationNames {
  has(oid: number): boolean
  /** Throws when there is no such relation outside the system schemas. */
  require(oid: number): QualifiedName
}

export const indexRelationNames = (rows: readonly RelationRow[]): RelationNames => {
  const names = new Map(rows.map(({ oid, schema, name }) => [oid, { schema, name }]))
  return {
    has: (oid) => names.has(oid),
    require: (oid) => {
      const name = names.get(oid)
      if (!name) throw new Error(`there is no relation ${oid} outside the system schemas`)
      return name
    },
  }
}

/** One edge of a partition tree or of an inheritance; indexes have them too, and are passed over. */
export interface InheritanceRow {
  readonly child: number
  readonly parent: number
  /** The parent's place among the child's parents, from 1. */
  readonly position: number
}

export const inheritanceSql: string = `select inhrelid as child, inhparent as parent, inhseqno as position from pg_inherits`

export const relationKind = (relkind: string): RelationKind => {
  switch (relkind) {
    case 'r':
      return 'table'
    case 'p':
      return 'partitioned table'
    case 'v':
      return 'view'
    case 'm':
      return 'materialized view'
    case 'f':
      return 'foreign table'
    default:
      throw new RangeError(`not the relkind of a relation with columns: ${relkind}`)
  }
}
