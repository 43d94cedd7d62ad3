import { format } from 'prettier'
import type { Catalog, ColumnType } from '../../src/catalog/types.ts'

/**
 * A catalog as text to compare and to read: without what differs from one server to the next (oids, row estimates,
 * versions), and without whatever is empty, null or false.
 */
export const describeCatalog = (catalog: Catalog): Promise<string> => {
  const { schemas, relations, functions, helperFunctions, sequences } = catalog
  return format(JSON.stringify(prune({ schemas, relations, functions, helperFunctions, sequences })), {
    parser: 'json',
    printWidth: 120,
  })
}

/** Differ between two databases that are alike. */
const passing = new Set(['oid', 'estimatedRows'])

const prune = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(prune)
  if (typeof value !== 'object' || value === null) return value
  if (isColumnType(value)) return describeType(value)
  const kept = Object.entries(value)
    .filter(([name]) => !passing.has(name))
    .map(([name, item]) => [name, prune(item)] as const)
    .filter(([, item]) => !isEmpty(item))
  return Object.fromEntries(kept)
}

/** An ordinary type by its SQL alone; one that is out of the ordinary in full. */
const describeType = (type: ColumnType): unknown => {
  if (type.kind === 'base' && type.comparable) return type.sql
  const { sql, kind, schema, name, comparable, of, enumLabels, attributes, dimensions, domainNotNull } = type
  return {
    sql,
    kind,
    name: `${schema}.${name}`,
    ...(of && { of: describeType(of) }),
    ...(enumLabels && { enumLabels }),
    ...(attributes && { attributes: attributes.map((each) => ({ name: each.name, type: describeType(each.type) })) }),
    ...(dimensions !== 0 && { dimensions }),
    ...(domainNotNull && { domainNotNull }),
    ...(!comparable && { comparable }),
  }
}

const isColumnType = (value: object): value is ColumnType => 'comparable' in value

const isEmpty = (item: unknown): boolean =>
  item === null || item === false || (Array.isArray(item) ? item.length === 0 : isEmptyObject(item))

const isEmptyObject = (item: unknown): boolean =>
  typeof item === 'object' && item !== null && Object.keys(item).length === 0
