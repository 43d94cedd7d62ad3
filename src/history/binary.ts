import { beginAt } from './array-text.ts'

/**
 * Readers of Postgres' binary forms. Numbers with a fraction and intervals travel this way, because their text depends
 * on `extra_float_digits` and `IntervalStyle` of the session.
 */

export const bytesFromHex = (hex: string): Uint8Array => {
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = digit(hex, 2 * i) * 16 + digit(hex, 2 * i + 1)
  return bytes
}

/** The value of a hexadecimal digit in lower case, as Postgres writes them. */
const digit = (hex: string, position: number): number => {
  const code = hex.charCodeAt(position)
  return code < 58 ? code - 48 : code - 87
}

export const hexFromBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/**
 * Bytes to read from at once: short ones lie in a buffer that the next call uses again.
 */
export const viewOfHex = (hex: string): DataView => {
  // Numbers, intervals and arrays of them come in words of four bytes; a path does not.
  if (hex.length % 8 !== 0) return new DataView(bytesFromHex(hex).buffer)
  const view = hex.length <= 32 ? shared : new DataView(new ArrayBuffer(hex.length / 2))
  for (let i = 0; i < hex.length; i += 8) view.setUint32(i / 2, Number.parseInt(hex.slice(i, i + 8), 16))
  return view
}

const shared = new DataView(new ArrayBuffer(16))

/** The shortest decimal that is this single-precision number, as Postgres prints it: 0.1, not 0.10000000149011612. */
export const readFloat4 = (view: DataView): number => {
  const value = view.getFloat32(0)
  const outwards = new DataView(new ArrayBuffer(4))
  outwards.setInt32(0, view.getInt32(0) + 1)
  const inwards = new DataView(new ArrayBuffer(4))
  inwards.setInt32(0, view.getInt32(0) - 1)
  for (let precision = 1; precision < 9; precision++) {
    const shorter = Number(value.toPrecision(precision))
    // Half way to a neighbour it would round here too, but Postgres does not rely on that.
    const halfWay = [outwards, inwards].some((neighbour) => shorter * 2 === value + neighbour.getFloat32(0))
    if (Object.is(Math.fround(shorter), value) && !halfWay) return shorter
  }
  return value
}

export const readFloat8 = (view: DataView): number => view.getFloat64(0)

/** An interval in Postgres' default style: `1 year 2 mons -3 days +04:05:06.7`. */
export const readInterval = (view: DataView): string => {
  const time = view.getBigInt64(0)
  const days = view.getInt32(8)
  const months = view.getInt32(12)
  if (months === 0x7fffffff && days === 0x7fffffff && time === 0x7fffffffffffffffn) return 'infinity'
  if (months === -0x80000000 && days === -0x80000000 && time === -0x8000000000000000n) return '-infinity'

  const units = [
    { count: Math.trunc(months / 12), unit: 'year' },
    { count: months % 12, unit: 'mon' },
    { count: days, unit: 'day' },
  ]
  const parts: string[] = []
  let afterNegative = false
  for (const { count, unit } of units) {
    if (count === 0) continue
    parts.push(`${afterNegative && count > 0 ? '+' : ''}${count} ${unit}${count === 1 ? '' : 's'}`)
    afterNegative = count < 0
  }
  if (time !== 0n || parts.length === 0) parts.push(formatTime(time, afterNegative))
  return parts.join(' ')
}

const two = (part: bigint): string => String(part).padStart(2, '0')

const formatTime = (microseconds: bigint, afterNegative: boolean): string => {
  const size = microseconds < 0n ? -microseconds : microseconds
  const seconds = size / 1_000_000n
  const fraction = String(size % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  const sign = microseconds < 0n ? '-' : afterNegative ? '+' : ''
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`
  return `${sign}${clock}${fraction === '' ? '' : `.${fraction}`}`
}

/**
 * Reads what `array_send` writes: dimensions, a null flag and the element type; length and lower bound of each
 * dimension; then each element's length (-1: null) and bytes.
 */
export const readArray = (view: DataView, element: (view: DataView) => unknown): unknown[] => {
  const dimensions = view.getInt32(0)
  if (dimensions === 0) return []
  const lengths = Array.from({ length: dimensions }, (_, i) => view.getInt32(12 + 8 * i))
  let position = 12 + 8 * dimensions

  const read = (depth: number): unknown[] =>
    Array.from({ length: lengths[depth] ?? 0 }, () => {
      if (depth + 1 < dimensions) return read(depth + 1)
      const size = view.getInt32(position)
      position += 4
      if (size === -1) return null
      const value = element(new DataView(view.buffer, position, size))
      position += size
      return value
    })

  return beginAt(
    read(0),
    lengths.map((_, i) => ({ first: view.getInt32(16 + 8 * i) })),
  )
}
