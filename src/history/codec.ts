import { parseArray } from './array-text.ts'
import { bytesFromHex, readArray, readFloat4, readFloat8, readInterval, viewOfHex } from './binary.ts'
import { normalizeInstant, parseDate } from './instant.ts'

/** How values of one kind travel and what they become. */
export interface Codec {
  /** The SQL that turns an expression into a text which depends on no setting of the session, and loses nothing. */
  select(expression: string): string
  decode(text: string): unknown
  /** The same for arrays of it, of any dimension. */
  readonly array: { select(expression: string): string; decode(text: string): unknown }
}

type Decode = (text: string) => unknown

const asText = (expression: string): string => `${expression}::text`
const asJsonText = (expression: string): string => `to_jsonb(${expression})::text`

/** Kinds whose own text, and that of their arrays, is the same in every session. */
const byText = (decode: Decode, options: { select?: Codec['select']; delimiter?: string } = {}): Codec => ({
  select: options.select ?? asText,
  decode,
  array: { select: asText, decode: (text) => parseArray(text, decode, options.delimiter) },
})

/** Dates and times: `DateStyle` does not reach JSON. */
const byJson = (decode: (text: string) => unknown): Codec => ({
  select: (expression) => `to_jsonb(${expression}) #>> '{}'`,
  decode,
  array: { select: asJsonText, decode: (text) => mapNested(JSON.parse(text) as Nested, decode) },
})

/** What `extra_float_digits` or `IntervalStyle` would change as text. */
const byBinary = (send: string, read: (view: DataView) => unknown): Codec => ({
  select: (expression) => `encode(${send}(${expression}), 'hex')`,
  decode: (text) => read(viewOfHex(text)),
  array: {
    select: (expression) => `encode(array_send(${expression}), 'hex')`,
    decode: (text) => readArray(viewOfHex(text), read),
  },
})

/** Ranges of dates and times, put together from their pinned bounds, and multiranges of those. */
const byBounds = (bound: (expression: string) => string): Codec => byText(same, { select: selectRange(bound) })

const selectRange =
  (bound: (expression: string) => string) =>
  (range: string): string => {
    const edge = (end: 'lower' | 'upper') =>
      `coalesce('"' || (to_jsonb(${bound(`${end}(${range})`)}) #>> '{}') || '"', '')`
    return (
      `case isempty(${range}) when true then 'empty' when false then ` +
      `case when lower_inc(${range}) then '[' else '(' end || ${edge('lower')} || ',' || ` +
      `${edge('upper')} || case when upper_inc(${range}) then ']' else ')' end end`
    )
  }

const byRanges = (bound: (expression: string) => string): Codec =>
  byText(same, {
    select: (multirange) =>
      `case when ${multirange} is not null then '{' || coalesce((select string_agg(${selectRange(bound)('r')}, ',' ` +
      `order by r) from unnest(${multirange}) as r), '') || '}' end`,
  })

type Nested = readonly (string | null | Nested)[]

const mapNested = (values: Nested, decode: Decode): unknown[] =>
  values.map((value) => (value === null ? null : typeof value === 'string' ? decode(value) : mapNested(value, decode)))

const same: Decode = (text) => text
const inUtc = (expression: string) => `${expression} at time zone 'UTC'`
/** `bytea` inside an array comes as the session likes: `\x6869` or `hi\000`. */
const decodeBytes = (text: string): Uint8Array => {
  if (text.startsWith('\\x')) return bytesFromHex(text.slice(2))
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\') bytes.push(text.charCodeAt(i))
    else if (text[i + 1] === '\\') bytes.push(text.charCodeAt(++i))
    else {
      bytes.push(Number.parseInt(text.slice(i + 1, i + 4), 8))
      i += 3
    }
  }
  return Uint8Array.from(bytes)
}

/** A kind of value. */
export type ScalarCodec =
  | 'text'
  | 'char'
  | 'inet'
  | 'box'
  | 'boolean'
  | 'number'
  | 'bigint'
  | 'json'
  | 'bytes'
  | 'float4'
  | 'float8'
  | 'interval'
  | 'iso'
  | 'Date'
  | 'instant'
  | 'isoRange'
  | 'instantRange'
  | 'isoMultirange'
  | 'instantMultirange'

/** A kind of value, or arrays of it. */
export type CodecName = ScalarCodec | `${ScalarCodec}[]`

const codecs: Readonly<Record<ScalarCodec, Codec>> = {
  /** The type's own text. */
  text: byText(same),
  /** `character(n)`, with its blanks, which a cast to text would drop. */
  char: byText(same, { select: (expression) => `textin(bpcharout(${expression}))` }),
  /** `inet`, without the `/32` that a cast to text would add. */
  inet: byText(same, { select: (expression) => `textin(inet_out(${expression}))` }),
  box: byText(same, { delimiter: ';' }),
  boolean: byText((text) => text.startsWith('t')),
  number: byText(Number),
  bigint: byText(BigInt),
  json: byText((text) => JSON.parse(text) as unknown),
  bytes: {
    ...byText(decodeBytes),
    select: (expression: string) => `encode(${expression}, 'hex')`,
    decode: bytesFromHex,
  },
  float4: byBinary('float4send', readFloat4),
  float8: byBinary('float8send', readFloat8),
  interval: byBinary('interval_send', readInterval),
  /** `date` and `timestamp`: ISO 8601 text. */
  iso: byJson(same),
  /** `timestamptz` as a Date. */
  Date: byJson(parseDate),
  /** `timestamptz` as ISO 8601 text in UTC, with microseconds. */
  instant: byJson(normalizeInstant),
  isoRange: byBounds((bound) => bound),
  instantRange: byBounds(inUtc),
  isoMultirange: byRanges((bound) => bound),
  instantMultirange: byRanges(inUtc),
}

export const codecOf = (name: CodecName): Pick<Codec, 'select' | 'decode'> => {
  const scalar = (name.endsWith('[]') ? name.slice(0, -2) : name) as ScalarCodec
  if (!Object.hasOwn(codecs, scalar)) throw new TypeError(`unknown codec: ${name}; generate the accessors again`)
  const codec = codecs[scalar]
  return name.endsWith('[]') ? codec.array : codec
}
