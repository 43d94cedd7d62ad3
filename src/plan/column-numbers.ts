import type { Column, Relation } from '../catalog/types.ts'

const label = 'Columns by number: '

/**
 * The attribute numbers of the base columns that a version table keeps, in the order of its own columns, null for one
 * that is not the base table's: `1-22, 0, 0, 0, 23`. They stand in the version table's comment, because a name alone
 * does not tell a renamed column from a new one.
 */
export const formatNumbers = (numbers: readonly (number | null)[]): string => {
  const runs: { first: number; last: number }[] = []
  for (const number of numbers.map((each) => each ?? 0)) {
    const run = runs.at(-1)
    if (run !== undefined && number !== 0 && run.first !== 0 && number === run.last + 1) run.last = number
    else runs.push({ first: number, last: number })
  }
  while (runs.at(-1)?.first === 0) runs.pop()
  return `${label}${runs.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(', ')}.`
}

/**
 * Reads what {@link formatNumbers} wrote, by the names that the version table's columns have now. Where a column of the
 * version table was dropped since, those after it moved up: then its own attribute numbers say which is which, as long as
 * it was not dumped and restored. The reading that agrees with more of the base table's names is the right one.
 */
export const readNumbers = (version: Relation, base: Relation): ReadonlyMap<string, number> | undefined => {
  const list = /Columns by number: ([\d, -]+)\.$/.exec(version.comment ?? '')?.[1]
  if (list === undefined) return undefined
  const numbers = list.split(', ').flatMap((run) => {
    const [first = 0, last = first] = run.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
  const read = (indexOf: (column: Column, i: number) => number): ReadonlyMap<string, number> =>
    new Map(
      version.columns.flatMap((column, i) => {
        const number = numbers[indexOf(column, i)] ?? 0
        return number > 0 ? [[column.name, number] as const] : []
      }),
    )
  const agreement = (reading: ReadonlyMap<string, number>): number =>
    base.columns.filter(({ name, number }) => reading.get(name) === number).length
  const byPlace = read((_, i) => i)
  const byNumber = read(({ number }) => number - 1)
  return agreement(byNumber) > agreement(byPlace) ? byNumber : byPlace
}
