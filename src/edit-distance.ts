/** Damerau-Levenshtein distance with adjacent transpositions; gives up with `allowed + 1` once it must be greater. */
export const editDistance = (a: readonly string[], b: readonly string[], allowed: number): number => {
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
