import type { QualifiedName } from '../catalog/types.ts'

/**
 * The one place where an identifier becomes SQL text. Quotes always, so that no keyword list can be out of date, unless
 * the name is a plain lower-case word that no Postgres version reserves.
 *
 * @example
 * ```ts
 * import { identifier } from './quote.ts'
 *
 * identifier('mine') // mine
 * identifier('Mine "x"') // "Mine ""x"""
 * ```
 */
export const identifier = (name: string): string => {
  if (name === '' || name.includes('\0')) throw new RangeError(`not an identifier: ${JSON.stringify(name)}`)
  return /^[a-z_][a-z0-9_]*$/.test(name) && !keywords.has(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** `schema.name`, each part quoted where it must be. */
export const qualified = ({ schema, name }: QualifiedName): string => `${identifier(schema)}.${identifier(name)}`

/** The rows of a table without those of its children by INHERITS, as `FROM` takes it; those of partitions are its own. */
export const ownRows = (table: QualifiedName & { readonly inheritedBy: readonly QualifiedName[] }): string =>
  `${table.inheritedBy.length > 0 ? 'only ' : ''}${qualified(table)}`

export { quoteLiteral as literal } from '../history/sql.ts'

/** Every key word of PostgreSQL 14 to 18 that is not `unreserved` in `pg_get_keywords()`. */
const keywords: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case
  cast char character check coalesce collate collation column concurrently constraint create cross current_catalog
  current_date current_role current_schema current_time current_timestamp current_user dec decimal default
  deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant
  greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull join
  json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize
  json_table json_value lateral leading least left like limit localtime localtimestamp merge_action national
  natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay
  placing position precision primary real references returning right row select session_user setof similar
  smallint some substring symmetric system_user table tablesample then time timestamp to trailing treat trim true
  union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat
  xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`.split(/\s+/),
)
