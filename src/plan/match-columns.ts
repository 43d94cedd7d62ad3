import type { Column, Relation } from '../catalog/types.ts'
import { readNumbers } from './column-numbers.ts'
import { compareTypes } from './type-change.ts'

/** Which column of an existing version table keeps which column of the base table. */
export interface ColumnMatch {
  /** By the base column's name. */
  readonly keeps: ReadonlyMap<string, Column>
  /** Version columns of dropped base columns whose name is needed for another column. */
  readonly setAside: readonly Column[]
  /** Version columns of base columns that are gone: neither recorded nor only excluded. */
  readonly former: ReadonlySet<Column>
  /** Base columns that are recorded from now on in a version column with older values. */
  readonly resumed: ReadonlySet<string>
  /** Base columns that are new, or one of those that disappeared under another name: nobody but a person can tell. */
  readonly doubts: readonly { readonly column: Column; readonly candidates: readonly string[] }[]
  /** The base attribute number of each version column, as far as it is known, dropped base columns included. */
  readonly numbers: ReadonlyMap<string, number>
}

/**
 * @param columns the base columns to keep
 * @param own names of the version table's own columns
 * @param renamed old to new, as the model says; if it says anything, whatever else is in doubt is new
 */
export const matchColumns = (
  base: Relation,
  columns: readonly Column[],
  version: Relation,
  own: ReadonlySet<string>,
  renamed: ReadonlyMap<string, string> | undefined,
): ColumnMatch => {
  const mirrors = version.columns.filter(({ name }) => !own.has(name))
  const noted = readNumbers(version, base)
  const numbers = noted !== undefined && isCurrent(noted, base) ? noted : new Map<string, number>()
  const found = matchByNumberAndName(base, columns, mirrors, numbers, renamed ?? new Map())
  const uncertain = inferRenames(base, columns, mirrors, numbers, found.keeps)
  const kept = new Set([...found.keeps.values()])
  const needed = new Set(columns.map(({ name }) => name))
  const setAside = mirrors.filter((column) => needed.has(column.name) && !kept.has(column))
  const inBase = new Map(base.columns.map(({ name, number }) => [name, number]))
  const isExcluded = ({ name }: Column): boolean => {
    const number = numbers.get(name)
    return number === undefined ? inBase.has(name) : [...inBase.values()].includes(number)
  }
  const former = new Set(mirrors.filter((column) => !kept.has(column) && !isExcluded(column)))
  return { ...found, setAside, former, doubts: renamed === undefined ? uncertain : [], numbers }
}

/** Dumping and restoring closes the gaps of dropped columns, so that every number noted before may be too high. */
const isCurrent = (noted: ReadonlyMap<string, number>, base: Relation): boolean => {
  const moved = base.columns.flatMap(({ name, number }) => {
    const before = noted.get(name)
    return before === undefined || before === number ? [] : [number - before]
  })
  return moved.length === 0 || moved.some((distance) => distance > 0)
}

const matchByNumberAndName = (
  base: Relation,
  columns: readonly Column[],
  mirrors: readonly Column[],
  numbers: ReadonlyMap<string, number>,
  renamed: ReadonlyMap<string, string>,
): { readonly keeps: Map<string, Column>; readonly resumed: Set<string> } => {
  const keeps = new Map<string, Column>()
  const resumed = new Set<string>()
  const byName = new Map(mirrors.map((column) => [column.name, column]))
  const byNumber = new Map(
    mirrors.flatMap((column) => {
      const number = numbers.get(column.name)
      return number === undefined ? [] : [[number, column] as const]
    }),
  )
  const oldNames = new Map([...renamed].map(([before, after]) => [after, before]))
  const inBase = new Set(base.columns.map(({ name }) => name))
  for (const column of columns) {
    const before = oldNames.get(column.name)
    const said = before === undefined || inBase.has(before) || byName.has(column.name) ? undefined : byName.get(before)
    const counted = byNumber.get(column.number)
    const isPlausible =
      counted !== undefined &&
      (counted.name === column.name || compareTypes(counted.type, column.type).kind !== 'refuse')
    const match = said ?? (isPlausible ? counted : undefined)
    if (match !== undefined) keeps.set(column.name, match)
  }
  const taken = new Set(keeps.values())
  for (const column of columns) {
    const namesake = byName.get(column.name)
    if (keeps.has(column.name) || namesake === undefined || taken.has(namesake)) continue
    // A new column under the name of a dropped one goes on in its place only if it can hold the same values.
    const wasAnother = numbers.has(namesake.name)
    if (wasAnother && namesake.type.sql !== column.type.sql) continue
    keeps.set(column.name, namesake)
    if (numbers.size > 0) resumed.add(column.name)
  }
  return { keeps, resumed }
}

/**
 * Without noted numbers, order tells: columns of both tables stand in the order they were added in. A column that is new
 * by name but older than its neighbours is one that was renamed; at the end of the table it may be either.
 */
const inferRenames = (
  base: Relation,
  columns: readonly Column[],
  mirrors: readonly Column[],
  numbers: ReadonlyMap<string, number>,
  keeps: Map<string, Column>,
): ColumnMatch['doubts'] => {
  const inBase = new Set(base.columns.map(({ name }) => name))
  const kept = new Map([...keeps].map(([name, column]) => [column, name]))
  const numberOf = new Map(base.columns.map(({ name, number }) => [name, number]))
  const numberAt = (column: Column): number => numberOf.get(kept.get(column) ?? '') ?? 0
  const known = mirrors.filter((column) => kept.has(column))
  const isInOrder = known.every((column, i) => i === 0 || numberAt(known[i - 1] ?? column) < numberAt(column))
  const missing = columns.filter(({ name }) => !keeps.has(name))
  const gone = new Set(mirrors.filter((each) => !kept.has(each) && !inBase.has(each.name) && !numbers.has(each.name)))
  const doubts: { column: Column; candidates: string[] }[] = []
  for (const column of missing) {
    const near = [...gone].filter((other) => {
      const after = Math.max(0, ...known.filter(({ number }) => number < other.number).map(numberAt))
      const before = Math.min(Infinity, ...known.filter(({ number }) => number > other.number).map(numberAt))
      const isBetween = after < column.number && column.number < before
      return other.type.oid === column.type.oid && (isBetween || !isInOrder)
    })
    const [only] = near
    if (only === undefined) continue
    const following = known.some(({ number }) => number > only.number)
    const before = Math.max(0, ...known.filter(({ number }) => number < only.number).map(numberAt))
    const rivals = missing.filter((other) => other !== column && other.number < column.number && other.number > before)
    const isCertain = isInOrder && near.length === 1 && rivals.length === 0
    if (isCertain && (following || column.number === before + 1)) {
      keeps.set(column.name, only)
      gone.delete(only)
    } else doubts.push({ column, candidates: near.map(({ name }) => name) })
  }
  return doubts
}
