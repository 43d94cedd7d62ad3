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
    const steps = editDistance(wanted, candidate.toLowerCase())
    if (steps < least && steps <= Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3))) {
      nearest = candidate
      least = steps
    }
  }
  return nearest
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment) that turn `a` into `b`. */
const editDistance = (a: string, b: string): number => {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let steps = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) steps = Math.min(steps, (beforeLast[column - 2] ?? 0) + 1)
      current.push(steps)
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}
