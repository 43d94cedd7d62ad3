/**
 * Conditions that several queries share. They expect `pg_class c` joined with `pg_namespace n`. All queries of this
 * folder are written for a `search_path` of `pg_catalog` alone, which is also what makes the server's own deparsing
 * (`format_type`, `pg_get_expr`, `pg_get_triggerdef`, `pg_get_indexdef`) qualify every name outside `pg_catalog`.
 */

/** Postgres reserves every schema name that starts with `pg_`: the catalog, TOAST and temporary schemas. */
export const inUserSchema: string = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`

/** On `pg_proc p`: functions of an instant or of two texts, and nothing else, which versiongen writes too. */
export const isHelper: string = `(p.prokind = 'f'
  and (p.proargtypes = '1184'::oidvector or p.proargtypes = '25 25'::oidvector and p.prorettype = 'bool'::regtype)
  and p.pronamespace in (select n.oid from pg_namespace n where ${inUserSchema}))`

export const isSystemSchema = (schema: string): boolean => schema.startsWith('pg_') || schema === 'information_schema'

/** Tables, partitioned tables, views, materialized views, foreign tables. */
export const hasColumns: string = `c.relkind in ('r', 'p', 'v', 'm', 'f')`

/** `1 3 2`, as Postgres prints an `int2vector`, or what `array_to_string(…, ' ')` makes of an array of numbers. */
export const parseNumbers = (text: string | null): readonly number[] =>
  text === null || text === '' ? [] : text.split(' ').map(Number)
