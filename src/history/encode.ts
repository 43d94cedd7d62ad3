import { formatArray } from './array-text.ts'
import { hexFromBytes } from './binary.ts'
import type { CodecName } from './codec.ts'
import { formatDate } from './instant.ts'

/**
 * A JavaScript value as the text Postgres reads, so that no driver has a say in it.
 *
 * @throws TypeError for what has no exact text: unsafe integers, invalid Dates, null, undefined, functions.
 */
export const encodeValue = (value: unknown, codec: CodecName, what: string): string => {
  if (codec === 'json') return JSON.stringify(value)
  if (Array.isArray(value)) return formatArray(value, (element) => encodeValue(element, codec, what))
  if (value instanceof Date) {
    if (codec.startsWith('Date') || codec.startsWith('instant')) return formatDate(value)
    throw new TypeError(`${what} is a date or time without a zone: give its text, not a Date`)
  }
  if (value instanceof Uint8Array) return `\\x${hexFromBytes(value)}`
  switch (typeof value) {
    case 'string':
      return value
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'number':
      if (Number.isInteger(value) && !Number.isSafeInteger(value) && !codec.startsWith('float')) {
        throw new TypeError(`${what} is ${value}, which a number does not hold exactly: give a string or a bigint`)
      }
      return Object.is(value, -0) ? '-0' : String(value)
    default:
      throw new TypeError(`${what} is ${value === null ? 'null' : typeof value}`)
  }
}
