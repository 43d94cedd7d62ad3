import type { Catalog, QualifiedName, Relation, StoredFunction } from './types.ts'

/**
 * The relation of this name, to the letter: nothing is folded to lower case. Without a schema the catalog's search
 * path decides, as it does for the server. Constant time.
 */
export const findRelation = (catalog: Catalog, schema: string | undefined, name: string): Relation | undefined => {
  const relations = indexByName(catalog.relations)
  for (const candidate of schema === undefined ? catalog.searchPath : [schema]) {
    const relation = relations.get(candidate)?.get(name)
    if (relation) return relation
  }
  return undefined
}

/** A function, as far as some trigger runs it. Constant time. */
export const findFunction = (catalog: Catalog, { schema, name }: QualifiedName): StoredFunction | undefined =>
  indexByName(catalog.functions).get(schema)?.get(name)

/** A function that takes what one of versiongen's does, whoever made it. Constant time. */
export const findHelperFunction = (catalog: Catalog, { schema, name }: QualifiedName): StoredFunction | undefined =>
  indexByName(catalog.helperFunctions).get(schema)?.get(name)

/** By schema, then by name. */
type Index<Item> = ReadonlyMap<string, ReadonlyMap<string, Item>>

/** Of each list of a catalog, for as long as it is kept. */
const indexes = new WeakMap<readonly QualifiedName[], Index<QualifiedName>>()

const indexByName = <Item extends QualifiedName>(items: readonly Item[]): Index<Item> => {
  const known = indexes.get(items)
  if (known) return known as Index<Item>
  const schemas = new Map<string, Map<string, Item>>()
  for (const item of items) {
    const names = schemas.get(item.schema)
    if (names) names.set(item.name, item)
    else schemas.set(item.schema, new Map([[item.name, item]]))
  }
  indexes.set(items, schemas)
  return schemas
}
