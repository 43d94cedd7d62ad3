import type { Relation } from '../catalog/types.ts'

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

/** Reads what {@link formatNumbers} wrote, by the names that the version table's columns have now. */
export const readNumbers = (version: Relation): ReadonlyMap<string, number> | undefined => {
  const list = /Columns by number: ([\d, -]+)\.$/.exec(version.comment ?? '')?.[1]
  if (list === undefined) return undefined
  const numbers = list.split(', ').flatMap((run) => {
    const [first = 0, last = first] = run.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
  const byName = new Map<string, number>()
  version.columns.forEach(({ name }, i) => {
    const number = numbers[i]
    if (number !== undefined && number > 0) byName.set(name, number)
  })
  return byName
}
