import { editDistance } from './edit-distance.ts'
import { byCodePoint } from './order.ts'

/**
 * For "did you mean": the candidates that a person may have meant by `name`, nearest first, at most `limit` (3). One
 * that differs in case only counts as nearest; one that differs in more than two letters and more than a third of them is
 * left out, and so is one that has none in common.
 *
 * @example
 * ```ts
 * import { nearestNames } from './nearest-names.ts'
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
    if (distance <= allowed && distance < Math.max(wanted.length, letters.length)) near.push({ candidate, distance })
  }
  return near
    .sort((a, b) => a.distance - b.distance || byCodePoint(a.candidate, b.candidate))
    .slice(0, limit)
    .map(({ candidate }) => candidate)
}

/** The one that was most likely meant; undefined when none is near enough. */
export const nearestName = (name: string, candidates: Iterable<string>): string | undefined =>
  nearestNames(name, candidates, 1)[0]
