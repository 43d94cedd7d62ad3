import type { QualifiedName } from '../catalog/types.ts'

/** The command line that brings a table's history in line: what findings name as their repair. */
export const versionCommand = ({ schema, name }: QualifiedName): string => {
  const table = schema === 'public' ? name : `${schema}.${name}`
  return `versiongen --table ${/^[\w.]+$/.test(table) ? table : `'${table.replaceAll("'", `'\\''`)}'`}`
}
