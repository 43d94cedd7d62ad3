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

/** `character varying` for `character varying(60)`: for casts that neither cut nor round. */
export const typeWithoutModifier = (type: ColumnType): string => {
  if (type.modifier < 0) return type.sql
  if (type.kind === 'array' && type.of !== null)
    return `${typeWithoutModifier({ ...type.of, modifier: type.modifier })}[]`
  if (type.schema !== 'pg_catalog') return qualified(type)
  // `character` and `bit` alone mean a length of one.
  if (type.name === 'bpchar') return 'bpchar'
  if (type.name === 'bit') return '"bit"'
  return type.sql.replace(/\([\d,]+\)/, '')
}
