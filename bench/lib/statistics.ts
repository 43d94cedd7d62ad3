export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Of at least one number. */
export const spreadOf = (samples: readonly number[]): Spread => {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) }
}

/** A new list in random order (Fisher-Yates). */
export const shuffle = <T>(items: readonly T[], random: () => number): readonly T[] => {
  const shuffled = [...items]
  for (let index = shuffled.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const [a, b] = [shuffled[index], shuffled[other]]
    if (a === undefined || b === undefined) throw new RangeError('no such item')
    shuffled[index] = b
    shuffled[other] = a
  }
  return shuffled
}
