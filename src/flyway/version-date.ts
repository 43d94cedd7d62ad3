/** How a dated version is written: `2024.04.24.22.12`, `20240424221200`, `20240424.2212`, `2024.04.24.001`. */
export interface DateShape {
  /** How many date fields (year, month, day, hour, minute, second, millisecond) each group of digits holds. */
  readonly layout: readonly number[]
  /** Between the groups, in order; also before a counter of its own. */
  readonly separators: readonly string[]
  /** A count within the day after the date: digits of their own, digits at the end of the last group, or none. */
  readonly counter: 'group' | 'merged' | null
}

/** A version read as a date. */
export interface DatedVersion {
  readonly shape: DateShape
  /** Year, month, …, as written. */
  readonly values: readonly number[]
  /** The digits of {@link values} as written. */
  readonly digits: readonly string[]
  /** The digits of the counter; empty without one. */
  readonly counter: string
}

/** Milliseconds of the last field of a date with this many fields. */
export const unitOf = (fields: number): number => [0, 0, 0, 86_400_000, 3_600_000, 60_000, 1000, 1][fields] ?? 1

export const countFields = ({ layout }: DateShape): number => layout.reduce((sum, fields) => sum + fields, 0)

/** Equal for versions written alike. */
export const shapeKey = ({ layout, separators, counter }: DateShape): string =>
  JSON.stringify([layout, separators, counter])

/** Milliseconds since 1970, in UTC; missing fields count as their first value. */
export const instantOf = ({
  values: [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0],
}: DatedVersion): number => Date.UTC(year, month - 1, day, hour, minute, second, ms)

/** Splits a version into digits and what stands between them; null for what is not only that. */
export const splitVersion = (
  text: string,
): { readonly groups: readonly string[]; readonly separators: readonly string[] } | null =>
  /^[0-9]+(?:[._][0-9]+)*$/.test(text) ? { groups: text.split(/[._]/), separators: text.match(/[._]/g) ?? [] } : null

/** Reads a version as a date down to the day or further; null when it is none. */
export const readDate = (text: string): DatedVersion | null => {
  const split = splitVersion(text)
  if (split === null) return null
  const { groups, separators } = split
  const layout: number[] = []
  const digits: string[] = []
  for (const [index, group] of groups.entries()) {
    const last = index === groups.length - 1
    const widths = fieldWidths(group, digits.length, last)
    const fields = widths && cut(group, widths)
    if (fields && isDate([...digits, ...fields])) {
      layout.push(fields.length)
      digits.push(...fields)
      continue
    }
    if (!last || (digits.length !== 0 && digits.length !== 3)) return null
    const merged = digits.length === 0
    const counter = merged ? group.slice(8) : group
    if (merged) {
      if (!/^\d{9}$|^\d{10,13}$/.test(group) || !isDate(cut(group.slice(0, 8), [4, 2, 2]))) return null
      layout.push(3)
      digits.push(...cut(group.slice(0, 8), [4, 2, 2]))
    }
    return {
      shape: { layout, separators, counter: merged ? 'merged' : 'group' },
      values: digits.map(Number),
      digits,
      counter,
    }
  }
  if (digits.length < 3) return null
  return { shape: { layout, separators, counter: null }, values: digits.map(Number), digits, counter: '' }
}

/** Reads hours, or hours and minutes, at the end as a count within the day instead; null where there are none. */
export const readCounter = (dated: DatedVersion): DatedVersion | null => {
  const { layout, separators } = dated.shape
  const fields = dated.digits.length
  const last = layout.at(-1) ?? 0
  if (dated.shape.counter !== null || fields < 4 || fields > 5) return null
  const merged = layout.length === 1
  if (!merged && last !== fields - 3) return null
  const shape: DateShape = {
    layout: merged ? [3] : layout.slice(0, -1),
    separators,
    counter: merged ? 'merged' : 'group',
  }
  return {
    shape,
    values: dated.values.slice(0, 3),
    digits: dated.digits.slice(0, 3),
    counter: dated.digits.slice(3).join(''),
  }
}

/** How a group's digits split into fields when this many fields came before; null when they cannot. */
const fieldWidths = (group: string, before: number, last: boolean): readonly number[] | null => {
  const { length } = group
  if (before === 0) return length === 6 && last ? null : (leading.get(length) ?? null)
  if (before === 6) return length === 3 ? [3] : null
  if (before > 6) return null
  if (length <= 2) return [length]
  return length % 2 === 0 && length <= 6 && before + length / 2 <= 6 ? Array<number>(length / 2).fill(2) : null
}

const leading: ReadonlyMap<number, readonly number[]> = new Map([
  [4, [4]],
  [6, [4, 2]],
  [8, [4, 2, 2]],
  [10, [4, 2, 2, 2]],
  [12, [4, 2, 2, 2, 2]],
  [14, [4, 2, 2, 2, 2, 2]],
  [17, [4, 2, 2, 2, 2, 2, 3]],
])

const cut = (text: string, widths: readonly number[]): readonly string[] => {
  let at = 0
  return widths.map((width) => text.slice(at, (at += width)))
}

const isDate = (digits: readonly string[]): boolean => {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = digits.map(Number)
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return (
    year >= 1990 &&
    year < 2200 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  )
}
