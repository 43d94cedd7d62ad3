import { readArray, writeArray } from './array-text.ts'

type Parse = (text: string) => unknown

const keepText: Parse = (text) => text
const toNumber: Parse = (text) => Number(text)
const toBoolean: Parse = (text) => text === 't'
const toJson: Parse = (text) => JSON.parse(text)

/** `pg_type.oid` of `bool`, `int2`, `int4`, `oid`, `json`, `jsonb`, with that of the array over each. */
const scalars: readonly (readonly [oid: number, array: number, parse: Parse])[] = [
  [16, 1000, toBoolean],
  [21, 1005, toNumber],
  [23, 1007, toNumber],
  [26, 1028, toNumber],
  [114, 199, toJson],
  [3802, 3807, toJson],
]

const boxArray = 1020

/** Every other array type that PostgreSQL 14 to 18 are born with: `pg_type.typarray` of base, range and multirange types. */
const textArrays: readonly number[] = [
  143, 271, 629, 651, 719, 775, 791, 1001, 1002, 1003, 1006, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 1016, 1017,
  1018, 1019, 1021, 1022, 1027, 1034, 1040, 1041, 1115, 1182, 1183, 1185, 1187, 1231, 1263, 1270, 1561, 1563, 2201,
  2207, 2208, 2209, 2210, 2211, 2949, 2951, 3221, 3643, 3644, 3645, 3735, 3770, 3905, 3907, 3909, 3911, 3913, 3927,
  4073, 4090, 4097, 4192, 5039, 6150, 6151, 6152, 6153, 6155, 6157,
]

/** By type oid, how to read a value's text. A type that is not here stays text. */
export const parsers: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  ...scalars.flatMap(([oid, array, parse]): [number, Parse][] => [
    [oid, parse],
    [array, (text) => readArray(text, parse)],
  ]),
  ...textArrays.map((oid): [number, Parse] => [oid, (text) => readArray(text, keepText)]),
  [boxArray, (text) => readArray(text, keepText, ';')],
])

/** How to read the text of a value of this type; {@link Database} has the rules. */
export const parserOf = (oid: number): Parse => parsers.get(oid) ?? keepText

/** A parameter as the text every driver sends unchanged. */
export const writeParameter = (value: unknown): string | null => {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return writeArray(value, writeParameter)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
