import { isPlainObject, type PlainObject } from './plain-object.ts'
import type { Changes, Difference, NestedChange } from './types.ts'

/**
 * What differs between two values, deep inside: parsed json, arrays, and whatever else a column holds. Lists come in the
 * order in which they turn `before` into `after`, so a position counts in an array in which everything before it is already
 * brought up to date, as in a JSON patch. What an array gains in the middle is one addition, not a change of all that follows.
 *
 * @returns nothing when both are alike; a path of no steps when nothing is alike. `undefined` stands for what is not there.
 *
 * @example
 * ```ts
 * import { diffNested } from 'versiongen/history'
 *
 * diffNested({ owner: { name: 'Ann' }, tags: ['a', 'c'] }, { owner: { name: 'Bob' }, tags: ['a', 'b', 'c'] })
 * // [{ path: ['owner', 'name'], before: 'Ann', after: 'Bob' }, { path: ['tags', 1], before: undefined, after: 'b' }]
 * ```
 */
export const diffNested = (before: unknown, after: unknown): Difference[] => {
  const differences: Difference[] = []
  compare(before, after, [], differences)
  return differences
}

/**
 * The same for all columns of a changeset, each path starting with the column. What a changeset lists because it is written
 * otherwise (the blanks of a `json`) and holds the same is left out.
 *
 * @example
 * ```ts
 * import { nestChanges } from 'versiongen/history'
 *
 * nestChanges({ permit: [{ open: true }, { open: false }] })
 * // [{ path: ['permit', 'open'], before: true, after: false }]
 * ```
 */
export const nestChanges = <Data extends object>(changes: Changes<Data>): NestedChange<Data>[] =>
  Object.entries(changes).flatMap(([column, change]) => {
    const [before, after] = change as readonly [unknown, unknown]
    return diffNested(before, after).map(({ path, ...rest }) => ({ path: [column, ...path], ...rest }))
  }) as readonly unknown[] as NestedChange<Data>[]

type Path = readonly (string | number)[]

const compare = (before: unknown, after: unknown, path: Path, found: Difference[]): void => {
  if (Array.isArray(before) && Array.isArray(after)) return compareArrays(before, after, path, found)
  if (isPlainObject(before) && isPlainObject(after)) return compareObjects(before, after, path, found)
  if (!isAlike(before, after)) found.push({ path, before, after })
}

const compareObjects = (before: PlainObject, after: PlainObject, path: Path, found: Difference[]): void => {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    compare(valueAt(before, name), valueAt(after, name), [...path, name], found)
  }
}

const valueAt = (object: PlainObject, name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined)

/** What is alike stays; of what lies between, the first of one side counts as what became of the first of the other. */
const compareArrays = (before: List, after: List, path: Path, found: Difference[]): void => {
  let [b, a] = [0, 0]
  for (const [nextB, nextA] of [...keepAlike(before, after), [before.length, after.length] as const]) {
    for (; b < nextB && a < nextA; b++, a++) compare(before[b], after[a], [...path, a], found)
    for (; b < nextB; b++) found.push({ path: [...path, a], before: before[b], after: undefined })
    for (; a < nextA; a++) found.push({ path: [...path, a], before: undefined, after: after[a] })
    b = nextB + 1
    a = nextA + 1
  }
}

type Pair = readonly [before: number, after: number]

/** Positions of elements that stay: a longest common subsequence, or, in arrays too long for that, what both begin and end with. */
const keepAlike = (before: List, after: List): readonly Pair[] => {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && isAlike(before[start], after[start])) start++
  let end = 0
  while (end < shorter - start && isAlike(before.at(-1 - end), after.at(-1 - end))) end++

  const first = Array.from({ length: start }, (_, i): Pair => [i, i])
  const last = Array.from({ length: end }, (_, i): Pair => [before.length - end + i, after.length - end + i])
  const middle = longestCommon(before.slice(start, before.length - end), after.slice(start, after.length - end))
  return [...first, ...middle.map(([b, a]): Pair => [start + b, start + a]), ...last]
}

const longestCommon = (before: List, after: List): readonly Pair[] => {
  if (before.length === 0 || after.length === 0 || before.length * after.length > 250_000) return []
  // Of the rest from each pair of positions on, how many elements both have in common.
  const width = after.length + 1
  const lengths = new Uint16Array((before.length + 1) * width)
  const lengthAt = (b: number, a: number): number => lengths[b * width + a] ?? 0
  for (let b = before.length - 1; b >= 0; b--) {
    for (let a = after.length - 1; a >= 0; a--) {
      lengths[b * width + a] = isAlike(before[b], after[a])
        ? lengthAt(b + 1, a + 1) + 1
        : Math.max(lengthAt(b + 1, a), lengthAt(b, a + 1))
    }
  }
  const pairs: Pair[] = []
  for (let [b, a] = [0, 0]; b < before.length && a < after.length;) {
    if (isAlike(before[b], after[a])) pairs.push([b++, a++])
    else if (lengthAt(b + 1, a) >= lengthAt(b, a + 1)) b++
    else a++
  }
  return pairs
}

/** Whether two values are the same, however they are told apart in memory. */
const isAlike = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((each, i) => isAlike(each, b[i]))
  }
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime())
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, i) => byte === b[i])
  }
  if (!isPlainObject(a) || !isPlainObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isAlike(a[name], b[name]))
  )
}

type List = readonly unknown[]
