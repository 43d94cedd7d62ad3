/** A row of `pg_namespace` or `pg_roles`: what other catalogs refer to by oid. */
export interface NameRow {
  readonly oid: number
  readonly name: string
}

export const schemasSql: string = `select oid, nspname as name from pg_namespace`

export const rolesSql: string = `select oid, rolname as name from pg_roles`

export type Names = ReadonlyMap<number, string>

export const indexNames = (rows: readonly NameRow[]): Names => new Map(rows.map(({ oid, name }) => [oid, name]))

/** The role's name; for a role that is gone, what Postgres itself shows: its number. */
export const roleName = (roles: Names, oid: number): string => roles.get(oid) ?? `${oid}`
