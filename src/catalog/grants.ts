import { byCodePoint } from '../order.ts'
import { groupBy } from './group.ts'
import { roleName } from './names.ts'
import type { Names } from './names.ts'
import { hasColumns, inUserSchema, isHelper } from './scope.ts'
import { isTriggerFunction } from './triggers.ts'
import type { Grant } from './types.ts'

/** What one grantee may do under one ACL; the ACL as text stands for all objects that have it. */
export interface GrantRow {
  readonly acl: string
  /** 0 is `PUBLIC`. */
  readonly grantee: number
  readonly privileges: readonly string[]
}

/** Most tables of a schema share their ACL, so each distinct one is taken apart once. */
export const grantsSql: string = `
select
  distinct_acls.text as acl,
  entry.grantee,
  array_agg(distinct entry.privilege_type) as privileges
from (
  select distinct on (acl::text) acl::text as text, acl
  from (
    select c.relacl as acl
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relacl is not null and ${hasColumns} and ${inUserSchema}
    union all
    select a.attacl
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    join pg_namespace n on n.oid = c.relnamespace
    where a.attacl is not null and ${hasColumns} and ${inUserSchema}
    union all
    select coalesce(p.proacl, acldefault('f', p.proowner))
    from pg_proc p
    where ${isTriggerFunction} or ${isHelper}
  ) acls
) distinct_acls
cross join lateral aclexplode(distinct_acls.acl) entry
group by distinct_acls.text, entry.grantee`

/** The grants of an object with this ACL and owner. */
export type GrantLookup = (acl: string | null, owner: number) => readonly Grant[]

export const buildGrants = (rows: readonly GrantRow[], roles: Names): GrantLookup => {
  const rowsOf = groupBy(rows, ({ acl }) => acl)
  const known = new Map<string, readonly Grant[]>()
  const build = (acl: string, owner: number): readonly Grant[] =>
    (rowsOf.get(acl) ?? [])
      .filter(({ grantee }) => grantee !== owner)
      .map(({ grantee, privileges }) => ({
        grantee: grantee === 0 ? 'PUBLIC' : roleName(roles, grantee),
        privileges: [...privileges].sort(byCodePoint),
      }))
      .sort((a, b) => byCodePoint(a.grantee, b.grantee))
  return (acl, owner) => {
    if (acl === null) return []
    const key = `${owner} ${acl}`
    const grants = known.get(key) ?? build(acl, owner)
    known.set(key, grants)
    return grants
  }
}

/** Rights on one column, as rights on its table. */
export const ofColumn = (column: string, grants: readonly Grant[]): readonly Grant[] =>
  grants.map(({ grantee, privileges }) => ({
    grantee,
    privileges: privileges.map((privilege) => `${privilege} (${column})`),
  }))

/** One grant for each grantee. */
export const mergeGrants = (grants: readonly Grant[]): readonly Grant[] =>
  [...groupBy(grants, ({ grantee }) => grantee)]
    .map(([grantee, all]) => ({
      grantee,
      privileges: all.flatMap(({ privileges }) => privileges).sort(byCodePoint),
    }))
    .sort((a, b) => byCodePoint(a.grantee, b.grantee))
