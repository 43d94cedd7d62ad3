import { editDistance } from '../edit-distance.ts'
import { byCodePoint } from '../order.ts'

/**
 * The candidate that was most likely meant: at most a third of its letters away, the closest first. Undefined when none
 * is that near.
 *
 * @example
 * ```ts
 * import { nearestName } from './nearest-name.ts'
 *
 * nearestName('tabel', ['table', 'all']) // 'table'
 * ```
 */
export const nearestName = (name: string, candidates: Iterable<string>): string | undefined => {
  const wanted = name.toLowerCase()
  let nearest: string | undefined
  let least = Infinity
  for (const candidate of [...candidates].sort(byCodePoint)) {
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3))
    const steps = editDistance(wanted.split(''), candidate.toLowerCase().split(''), allowed)
    if (steps < least && steps <= allowed) {
      nearest = candidate
      least = steps
    }
  }
  return nearest
}
