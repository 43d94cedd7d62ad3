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

/** Damerau-Levenshtein distance with adjacent transpositions; gives up with `allowed + 1` once it must be greater. */
const editDistance = (a: readonly string[], b: readonly string[], allowed: number): number => {
  if (Math.abs(a.length - b.length) > allowed) return allowed + 1
  let beforePrevious: readonly number[] = []
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current.push(
        Math.min(
          at(previous, column) + 1,
          at(current, column - 1) + 1,
          at(previous, column - 1) + (same ? 0 : 1),
          swapped ? at(beforePrevious, column - 2) + 1 : Infinity,
        ),
      )
    }
    if (Math.min(...current) > allowed && Math.min(...previous) > allowed) return allowed + 1
    beforePrevious = previous
    previous = current
  }
  return at(previous, b.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Infinity
