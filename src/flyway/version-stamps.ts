import { increment, type Steps } from './version-counter.ts'
import {
  countFields,
  instantOf,
  readCounter,
  readDate,
  shapeKey,
  splitVersion,
  unitOf,
  type DatedVersion,
  type DateShape,
} from './version-date.ts'
import type { Version } from './types.ts'
import { compareVersions, parseVersion } from './version.ts'

/** How many of the latest versions show how a folder is numbered now. */
const sampleSize = 10

/**
 * Steps for versions that are dates throughout, the likeliest first: in the commonest shape of the latest versions,
 * then in that of the highest. Empty when neither is a date.
 */
export const dateSteps = (models: readonly Version[], now: Date): readonly Steps[] => {
  const samples = readSamples(models)
  const shapes = [findCommonest(samples.slice(0, sampleSize)), samples[0]?.shape ?? null].filter(
    (shape) => shape !== null,
  )
  return shapes.map((shape) => {
    const key = shapeKey(shape)
    const alike = samples.filter((sample) => sample !== null).filter((sample) => shapeKey(sample.shape) === key)
    const formatDate = makeFormat(shape, alike)
    return shape.counter === null
      ? stepDates(formatDate, unitOf(countFields(shape)), now)
      : stepCounters(shape, alike, formatDate, now)
  })
}

/**
 * Steps for a stamp after other numbers: `1.20240424221200`, or Redgate's `003_20240829163045`, where the number
 * before it counts up, too; and for seconds or milliseconds since 1970.
 */
export const stampSteps = (models: readonly Version[], highest: Version, now: Date): readonly Steps[] => {
  const split = splitVersion(highest.text)
  if (split === null) return []
  const epoch = epochUnit(highest.text)
  if (epoch !== null) return [stepEpoch(epoch, now)]
  const last = split.groups.at(-1) ?? ''
  const dated = split.groups.length > 1 && /^(?:\d{8}|\d{12}|\d{14})$/.test(last) ? readDate(last) : null
  if (dated === null) return []
  const head = highest.text.slice(0, highest.text.length - last.length)
  const counter = countsUp(models, split.groups.length) ? (split.groups.at(-2) ?? '') : null
  return [stepStamps(head, counter, dated.shape, now)]
}

const stepEpoch =
  (unit: number, now: Date): Steps =>
  ({ parts: [before = 0n] }) => {
    const clock = BigInt(Math.floor(now.getTime() / unit))
    return String(clock > before ? clock : before + 1n)
  }

const stepStamps = (head: string, counter: string | null, shape: DateShape, now: Date): Steps => {
  const formatDate = makeFormat(shape, [])
  const unit = unitOf(countFields(shape))
  return ({ text }) => {
    const groups = splitVersion(text)?.groups ?? []
    const before = readDate(groups.at(-1) ?? '')
    const instant = Math.max(floor(now.getTime(), unit), before ? floor(instantOf(before), unit) + unit : 0)
    if (counter === null) return head + formatDate(instant)
    const start = head.slice(0, head.length - counter.length - 1)
    return start + increment(groups.at(-2) ?? counter) + head.slice(-1) + formatDate(instant)
  }
}

/** The latest versions as dates; where hours turn out to count files within a day, as that. */
const readSamples = (models: readonly Version[]): readonly (DatedVersion | null)[] => {
  const dates = models.map(({ text }) => readDate(text))
  const groups = new Map<string, DatedVersion[]>()
  for (const date of dates)
    if (date) groups.set(shapeKey(date.shape), [...(groups.get(shapeKey(date.shape)) ?? []), date])
  const counting = new Set([...groups].flatMap(([key, list]) => (isCounting(list.map(readCounter)) ? [key] : [])))
  const numbered = new Set([...groups].flatMap(([key, list]) => (isNumbered(list) ? [key] : [])))
  return dates.map((date) => {
    if (date === null || numbered.has(shapeKey(date.shape))) return null
    return counting.has(shapeKey(date.shape)) ? readCounter(date) : date
  })
}

/** Whether what follows the day counts 1, 2, 3 (or from 0) on every day. */
const isCounting = (list: readonly (DatedVersion | null)[]): boolean =>
  list.every((item) => item !== null) &&
  countsFromStart(list.map((item) => [item?.digits.join('.') ?? '', Number(item?.counter)] as const))

/** Whether what looks like days counts releases within a month: `2024.1.1`, `2024.1.2`, `2024.2.1`. */
const isNumbered = (list: readonly DatedVersion[]): boolean =>
  list.length > 1 &&
  list.every(({ shape }) => shape.counter === null && countFields(shape) === 3 && shape.layout.length === 3) &&
  countsFromStart(list.map(({ values: [year, month, day] }) => [`${year}.${month}`, day ?? 0] as const))

const countsFromStart = (items: readonly (readonly [string, number])[]): boolean => {
  const groups = new Map<string, Set<number>>()
  for (const [key, value] of items) groups.set(key, (groups.get(key) ?? new Set<number>()).add(value))
  return [...groups.values()].every((values) => {
    const least = Math.min(...values)
    return least <= 1 && Math.max(...values) === least + values.size - 1
  })
}

/** The commonest shape; of equally common ones that of the highest version. Null when most are no dates. */
const findCommonest = (samples: readonly (DatedVersion | null)[]): DateShape | null => {
  const counts = new Map<string, { readonly shape: DateShape | null; count: number }>()
  for (const sample of samples) {
    const key = sample === null ? '' : shapeKey(sample.shape)
    const entry = counts.get(key)
    if (entry) entry.count++
    else counts.set(key, { shape: sample?.shape ?? null, count: 1 })
  }
  let best: { readonly shape: DateShape | null; count: number } | undefined
  for (const entry of counts.values()) if (entry.count > (best?.count ?? 0)) best = entry
  return best?.shape ?? null
}

const stepDates =
  (formatDate: (instant: number) => string, unit: number, now: Date): Steps =>
  (previous) => {
    const before = readDate(previous.text)
    const least = before ? floor(instantOf(before), unit) : Number.NEGATIVE_INFINITY
    const candidate = Math.max(floor(now.getTime(), unit), least)
    const text = formatDate(candidate)
    const version = parseVersion(text)
    return version && compareVersions(version, previous) <= 0 ? formatDate(candidate + unit) : text
  }

const stepCounters = (
  shape: DateShape,
  alike: readonly DatedVersion[],
  formatDate: (instant: number) => string,
  now: Date,
): Steps => {
  const day = unitOf(3)
  const today = floor(now.getTime(), day)
  const width = alike[0]?.counter.length ?? 1
  const padded =
    shape.counter === 'merged' || alike.some(({ counter }) => counter.length > 1 && counter.startsWith('0'))
  const separator = shape.counter === 'merged' ? '' : (shape.separators.at(-1) ?? '.')
  const start = alike.every(({ counter }) => Number(counter) > 0) ? 1n : 0n
  const write = (instant: number, count: bigint): string =>
    formatDate(instant) + separator + String(count).padStart(padded ? width : 1, '0')
  return (previous) => {
    const read = readDate(previous.text)
    const before = read && (readCounter(read) ?? read)
    if (before === null || floor(instantOf(before), day) < today) return write(today, start)
    const count = (before.counter === '' ? start - 1n : BigInt(before.counter)) + 1n
    const instant = floor(instantOf(before), day)
    const overflows = shape.counter === 'merged' && String(count).length > width
    return overflows ? write(instant + day, start) : write(instant, count)
  }
}

/** Writes an instant like these versions, the latest first: padded or not as the latest one that shows it. */
const makeFormat = (shape: DateShape, alike: readonly DatedVersion[]): ((instant: number) => string) => {
  const single = shape.layout.flatMap((fields) => Array<boolean>(fields).fill(fields === 1))
  const evidence = (index: number): boolean | undefined => {
    const sample = alike.find(({ values }) => (values[index] ?? 10) < 10)
    return sample && sample.digits[index]?.length === 2
  }
  const seen = single.map((alone, index) => (alone && index > 0 ? evidence(index) : undefined))
  const usual = seen.find((padded) => padded !== undefined) ?? true
  const padded = single.map((alone, index) => !alone || (seen[index] ?? usual))
  return (instant) => {
    const [, ...fields] = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)/.exec(new Date(instant).toISOString()) ?? []
    const digits = fields.map((field, index) => (padded[index] ? field : String(Number(field))))
    let at = 0
    return shape.layout
      .map(
        (count, index) =>
          (index === 0 ? '' : (shape.separators[index - 1] ?? '.')) + digits.slice(at, (at += count)).join(''),
      )
      .join('')
  }
}

/** Whether the number before the stamp grows with every file; from one file, whether it is written like a counter. */
const countsUp = (models: readonly Version[], length: number): boolean => {
  const alike = models.flatMap(({ text }) => {
    const split = splitVersion(text)
    return split?.groups.length === length ? [{ text, counter: split.groups.at(-2) ?? '' }] : []
  })
  if (alike.length < 2) return alike.every(({ text, counter }) => counter.startsWith('0') && text.includes('_'))
  return new Set(alike.map(({ counter }) => Number(counter))).size === alike.length
}

const epochUnit = (text: string): number | null => {
  if (/^1\d{9}$/.test(text)) return 1000
  return /^1\d{12}$/.test(text) ? 1 : null
}

const floor = (instant: number, unit: number): number => Math.floor(instant / unit) * unit
