import type { Column, ColumnType } from '../catalog/types.ts'
import { qualified } from './quote.ts'

/**
 * The type a column has in the version table: its own, but for a domain that forbids null, whose base type stands in,
 * because versions from before the column was added hold null.
 */
export const versionType = (column: Column): ColumnType => {
  const underlying = (type: ColumnType): ColumnType =>
    type.kind === 'domain' && type.domainNotNull && type.of !== null ? underlying(type.of) : type
  return underlying(column.type)
}

/** `varchar` for `character varying(60)`: for casts that neither cut nor round. */
export const castType = (type: ColumnType): string => shorten(typeWithoutModifier(type))

/** `character varying` for `character varying(60)`, in the catalog's words. */
export const typeWithoutModifier = (type: ColumnType): string => {
  if (type.modifier < 0) return type.sql
  if (type.kind === 'array' && type.of !== null)
    return `${typeWithoutModifier({ ...type.of, modifier: type.modifier })}[]`
  if (type.schema !== 'pg_catalog') return qualified(type)
  // `character` and `bit` alone mean a length of one.
  if (type.name === 'bpchar') return 'bpchar'
  if (type.name === 'bit') return '"bit"'
  // `interval day to second(3)`
  if (type.name === 'interval') return 'interval'
  return type.sql.replace(/\([\d,-]+\)/, '')
}

/** Postgres' own short names for the types of SQL whose names are long. */
const shorten = (sql: string): string => {
  const [, name = sql, dimensions = ''] = /^([^[]+)(.*)$/.exec(sql) ?? []
  return `${shortNames.get(name) ?? name}${dimensions}`
}

const shortNames: ReadonlyMap<string, string> = new Map([
  ['bit varying', 'varbit'],
  ['character varying', 'varchar'],
  ['time with time zone', 'timetz'],
  ['time without time zone', 'time'],
  ['timestamp with time zone', 'timestamptz'],
  ['timestamp without time zone', 'timestamp'],
])
