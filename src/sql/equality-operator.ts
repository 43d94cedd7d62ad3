import type { ColumnType } from '../catalog/types.ts'
import { identifier } from './quote.ts'

/**
 * The operator that tells keys of a type apart, to be found whatever the search path. Types of extensions, such as
 * `citext`, bring their own, in their own schema; enums, arrays, composites and ranges share those of Postgres.
 */
export const equalityOperator = (type: ColumnType): string => {
  const schema = operatorSchema(type)
  return schema === 'pg_catalog' ? '=' : `operator(${identifier(schema)}.=)`
}

/** Where the comparison operators of a type are. */
export const operatorSchema = (type: ColumnType): string => {
  if (type.kind === 'domain' && type.of !== null) return operatorSchema(type.of)
  return type.kind === 'base' ? type.schema : 'pg_catalog'
}
