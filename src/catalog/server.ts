export interface ServerRow {
  readonly version: number
  readonly database: string
  readonly currentUser: string
  readonly searchPath: readonly string[]
}

export const serverSql: string = `
select
  current_setting('server_version_num')::int4 as "version",
  current_database()::text as "database",
  current_user::text as "currentUser",
  current_schemas(false)::text[] as "searchPath"`
