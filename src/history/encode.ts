import { formatArray } from './array-text.ts'
import { hexFromBytes } from './binary.ts'
import type { CodecName, ValueCodec } from './codec.ts'
import { formatExactDate, pinBounds, pinInstant } from './instant.ts'

/**
 * A JavaScript value as the text Postgres reads, so that no driver has a say in it.
 *
 * @throws TypeError for what has no exact text: unsafe integers, invalid Dates, null, undefined, functions.
 */
export const encodeValue = (value: unknown, codec: ValueCodec, what: string): string => {
  if (codec === 'json') return JSON.stringify(value)
  if (typeof codec === 'object') return encodeParts(value, codec, what)
  if (Array.isArray(value)) return formatArray(value, (element) => encodeValue(element, elementOf(codec), what))
  if (value instanceof Date) {
    if (codec.startsWith('Date') || codec.startsWith('instant')) return formatExactDate(value)
    throw new TypeError(`${what} is a date or time without a zone: give its text, not a Date`)
  }
  if (value instanceof Uint8Array) return `\\x${hexFromBytes(value)}`
  switch (typeof value) {
    case 'string':
      return pinText(value, codec)
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

const elementOf = (codec: CodecName): CodecName => (codec.endsWith('[]') ? codec.slice(0, -2) : codec) as CodecName

/** A text that no setting of the session gives another meaning. */
const pinText = (text: string, codec: ValueCodec): string => {
  if (typeof codec === 'object') {
    const part = 'bounds' in codec ? codec.bounds : 'ranges' in codec ? codec.ranges : undefined
    return part === 'instant' ? pinBounds(text) : part === undefined ? text : pinText(text, part)
  }
  if (codec === 'Date' || codec === 'instant') return pinInstant(text)
  return codec === 'instantRange' || codec === 'instantMultirange' ? pinBounds(text) : text
}

/** What is made of other values, or, as it stands, Postgres' own text of it. */
const encodeParts = (value: unknown, codec: Exclude<ValueCodec, string>, what: string): string => {
  if (typeof value === 'string') return pinText(value, codec)
  if ('elements' in codec && Array.isArray(value)) {
    return formatArray(value, (element) => encodeValue(element, codec.elements, what))
  }
  if (!('fields' in codec) || typeof value !== 'object' || value === null) {
    throw new TypeError(`${what} is ${value === null ? 'null' : typeof value}`)
  }
  const texts = codec.fields.map(({ name, property = name, codec: part }) => {
    const field: unknown = Object.hasOwn(value, property) ? (value as Record<string, unknown>)[property] : undefined
    if (field === null) return ''
    return `"${encodeValue(field, part, `${what}.${property}`).replace(/["\\]/g, '$&$&')}"`
  })
  return `(${texts.join(',')})`
}
