import { editDistance } from '../edit-distance.ts'
import { byCodePoint } from '../order.ts'
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

/**
 * For "did you mean": the candidates that a person may have meant by `name`, nearest first, at most `limit` (3). One
 * that differs in case only counts as nearest; one that differs in more than a third of its letters is left out.
 *
 * @example
 * ```ts
 * import { nearestNames } from './lookup.ts'
 *
 * nearestNames('mien', ['permit', 'mine', 'mines']) // ['mine', 'mines']
 * ```
 */
export const nearestNames = (name: string, candidates: Iterable<string>, limit = 3): readonly string[] => {
  const wanted = [...name.toLowerCase()]
  const near: { readonly candidate: string; readonly distance: number }[] = []
  for (const candidate of new Set(candidates)) {
    const letters = [...candidate.toLowerCase()]
    const allowed = Math.max(2, Math.floor(Math.max(wanted.length, letters.length) / 3))
    const distance = editDistance(wanted, letters, allowed)
    if (distance <= allowed && distance < letters.length) near.push({ candidate, distance })
  }
  return near
    .sort((a, b) => a.distance - b.distance || byCodePoint(a.candidate, b.candidate))
    .slice(0, limit)
    .map(({ candidate }) => candidate)
}
