import type { Version } from './types.ts'

/**
 * Reads a version as Flyway does (MigrationVersion): `_` counts as `.`, leading zeros and trailing zero parts do not
 * matter, each part may be as long as it likes and may carry a sign. Null for what Flyway refuses, and for its magic
 * words `current`, `next` and `latest`, which name no version.
 *
 * @example
 * ```ts
 * import { parseVersion } from './version.ts'
 *
 * parseVersion('1_07.0') // { parts: [1n, 7n], text: '1_07.0' }
 * parseVersion('1..2') // null
 * ```
 */
export const parseVersion = (text: string): Version | null => {
  const words = text.replaceAll('_', '.').split(/\.(?=[0-9])/)
  if (!words.every((word) => /^[+-]?[0-9]+$/.test(word))) return null
  const parts = words.map((word) => toBigInt(word))
  while (parts.length > 1 && parts.at(-1) === 0n) parts.pop()
  return { parts, text }
}

/** Negative, zero or positive: part by part, a missing part counts as zero. */
export const compareVersions = (a: Version, b: Version): number => {
  const length = Math.max(a.parts.length, b.parts.length)
  for (let i = 0; i < length; i++) {
    const left = a.parts[i] ?? 0n
    const right = b.parts[i] ?? 0n
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}

/** Equal for versions that Flyway takes as the same, in whatever spelling: `01`, `1.0` and `1_0` are all `1`. */
export const versionKey = ({ parts }: Version): string => parts.join('.')

/** The version as Flyway prints it: with dots. */
export const displayVersion = ({ text }: Version): string => text.replaceAll('_', '.')

/** Whether Flyway reads this as one of its magic words instead of a version. */
export const isMagicVersion = (text: string): boolean =>
  /^(current|next|latest)$/i.test(text) || text === String(2n ** 63n - 1n)

/** The highest of these, the first of equals; undefined when there are none. */
export const highestVersion = (versions: Iterable<Version>): Version | undefined => {
  let highest: Version | undefined
  for (const version of versions) if (!highest || compareVersions(version, highest) > 0) highest = version
  return highest
}

/** Java's `new BigInteger(text)`: unlike `BigInt`, takes a sign before leading zeros. */
const toBigInt = (text: string): bigint =>
  text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace('+', ''))
