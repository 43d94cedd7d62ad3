import type { Version } from './types.ts'
import { splitVersion } from './version-date.ts'

/** Gives the text of the version after this one. */
export type Steps = (previous: Version) => string

/**
 * Counts up the last number: `12` → `13`, `003` → `004`, `1.7` → `1.8`, `1_7` → `1_8`, and `30` → `40` where a folder
 * leaves room (`10`, `20`, `30`).
 */
export const countSteps = (models: readonly Version[]): Steps => {
  const size = stepSize(models)
  return (previous) => {
    const split = splitVersion(previous.text)
    if (split === null) return countParts(previous)
    const last = split.groups.at(-1) ?? '0'
    return previous.text.slice(0, previous.text.length - last.length) + increment(last, size)
  }
}

/** The number after this one, as many digits long. */
export const increment = (digits: string, size = 1n): string =>
  String(BigInt(digits) + size).padStart(digits.length, '0')

/** For versions with signs. */
const countParts = ({ parts }: Version): string => {
  const positive = parts.map((part) => (part < 0n ? 0n : part))
  return [...positive.slice(0, -1), (positive.at(-1) ?? 0n) + 1n].join('.')
}

/** The power of ten that divides the latest whole numbers, when there are at least three. */
const stepSize = (models: readonly Version[]): bigint => {
  const latest = models.slice(0, 5)
  if (latest.length < 3 || !latest.every(({ text }) => /^0*[1-9][0-9]*$/.test(text))) return 1n
  let size = 1n
  while (latest.every(({ parts: [part = 0n] }) => part % (size * 10n) === 0n)) size *= 10n
  return size
}
