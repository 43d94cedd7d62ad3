import type { Catalog, Relation } from './types.ts'

/**
 * The relation of this name, to the letter: nothing is folded to lower case. Without a schema the catalog's search
 * path decides, as it does for the server. Constant time.
 */
export const findRelation = (catalog: Catalog, schema: string | undefined, name: string): Relation | undefined => {
  const relations = indexRelations(catalog)
  for (const candidate of schema === undefined ? catalog.searchPath : [schema]) {
    const relation = relations.get(candidate)?.get(name)
    if (relation) return relation
  }
  return undefined
}

const indexes = new WeakMap<Catalog, ReadonlyMap<string, ReadonlyMap<string, Relation>>>()

const indexRelations = (catalog: Catalog): ReadonlyMap<string, ReadonlyMap<string, Relation>> => {
  const known = indexes.get(catalog)
  if (known) return known
  const schemas = new Map<string, Map<string, Relation>>()
  for (const relation of catalog.relations) {
    const names = schemas.get(relation.schema)
    if (names) names.set(relation.name, relation)
    else schemas.set(relation.schema, new Map([[relation.name, relation]]))
  }
  indexes.set(catalog, schemas)
  return schemas
}
