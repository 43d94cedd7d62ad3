import { byCodePoint } from '../order.ts'
import { parseNumbers } from './scope.ts'
import type { Role } from './types.ts'

/** A row of `pg_namespace` or `pg_roles`: what other catalogs refer to by oid. */
export interface NameRow {
  readonly oid: number
  readonly name: string
}

export const schemasSql: string = `select oid, nspname as name from pg_namespace`

export interface RoleRow extends NameRow {
  readonly superuser: boolean
  /** Oids, separated by spaces. */
  readonly memberOf: string | null
}

export const rolesSql: string = `
select
  r.oid,
  r.rolname as name,
  r.rolsuper as superuser,
  m.roles as "memberOf"
from pg_roles r
left join (select member, string_agg(roleid::text, ' ') as roles from pg_auth_members group by member) m
  on m.member = r.oid`

export type Names = ReadonlyMap<number, string>

export const indexNames = (rows: readonly NameRow[]): Names => new Map(rows.map(({ oid, name }) => [oid, name]))

/** The role's name; for a role that is gone, what Postgres itself shows: its number. */
export const roleName = (roles: Names, oid: number): string => roles.get(oid) ?? `${oid}`

export const buildRoles = (rows: readonly RoleRow[], names: Names): readonly Role[] =>
  rows
    .map(({ name, superuser, memberOf }) => ({
      name,
      superuser,
      memberOf: parseNumbers(memberOf)
        .map((oid) => roleName(names, oid))
        .sort(byCodePoint),
    }))
    .sort((a, b) => byCodePoint(a.name, b.name))
