import { beginAt, parseArray, readDimensions } from './array-text.ts'
import { bytesFromHex, readArray, readFloat4, readFloat8, readInterval, viewOfHex } from './binary.ts'
import { define } from './define.ts'
import { encodeValue } from './encode.ts'
import { readBox, readCircle, readLine, readPath, readPoint, readPolygon, readSegment } from './geometry.ts'
import { normalizeInstant, parseDate, parseExactDate } from './instant.ts'
import { quote } from './sql.ts'

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
/** With its dimensions before it, which JSON does not tell. */
const asJsonText = (array: string): string => `coalesce(array_dims(${array}), '') || to_jsonb(${array})::text`

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
  array: {
    select: asJsonText,
    decode: (text) => {
      const [dimensions = ''] = /^(\[-?\d+:-?\d+\])*/.exec(text) ?? []
      const values = mapNested(JSON.parse(text.slice(dimensions.length)) as Nested, decode)
      return beginAt(values, readDimensions(dimensions))
    },
  },
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

type Selected = Pick<Codec, 'select' | 'decode'>

/** Ranges whose bounds would be written as the session likes: put together from their pinned bounds. */
const rangeOf = (bounds: ValueCodec): Selected => {
  const { select, decode } = codecOf(bounds)
  const edge = (text: unknown): string =>
    typeof text === 'string' ? `"${encodeValue(decode(text), bounds, 'a bound').replace(/["\\]/g, '\\$&')}"` : ''
  return {
    select: (range) =>
      `case isempty(${range}) when true then 'empty' when false then ` +
      `array[case when lower_inc(${range}) then '[' else '(' end, ${select(`lower(${range})`)}, ` +
      `${select(`upper(${range})`)}, case when upper_inc(${range}) then ']' else ')' end]::text end`,
    decode: (text) => {
      if (text === 'empty') return text
      const [open, lower, upper, close] = parseArray(text, same)
      return `${String(open)}${edge(lower)},${edge(upper)}${String(close)}`
    },
  }
}

const multirangeOf = (range: ValueCodec): Selected => {
  const { select, decode } = codecOf(range)
  return {
    select: (multirange) =>
      `case when ${multirange} is not null then array(select ${select('r')} from unnest(${multirange}) as r order by r)::text end`,
    decode: (text) => `{${parseArray(text, decode).join(',')}}`,
  }
}

/** Composites: an object with what each attribute is. */
const compositeOf = (fields: readonly FieldCodec[]): Selected => {
  const parts = fields.map(({ name, property = name, codec }) => ({
    name: quote(name),
    property,
    select: codecOf(codec).select,
    decode: codec === 'Date' ? parseExactDate : codecOf(codec).decode,
  }))
  return {
    // A row of nulls is not null, though `is null` says so.
    select: (composite) =>
      `case when num_nulls(${composite}) = 0 then ` +
      `array[${parts.map(({ name, select }) => select(`(${composite}).${name}`)).join(', ')}]::text[]::text end`,
    decode: (text) => {
      const values = parseArray(text, same)
      const composite = {}
      for (const [i, { property, decode }] of parts.entries()) {
        const value = values[i]
        define(composite, property, typeof value === 'string' ? decode(value) : null)
      }
      return composite
    },
  }
}

/** Arrays whose elements have to be asked one by one: their shape, and all elements in a row. */
const arrayOf = (elements: ValueCodec): Selected => {
  const { select, decode } = codecOf(elements)
  return {
    select: (array) =>
      `case when ${array} is not null then array[array_dims(${array}), ` +
      `array(select ${select('s.e')} from (select unnest(${array}) as e) as s)::text]::text end`,
    decode: (text) => {
      const [shape, list] = parseArray(text, same)
      const values = parseArray(String(list), decode)
      const dimensions = readDimensions(String(shape ?? ''))
      // From the innermost dimension out; the outermost is the list itself.
      const nested = dimensions.slice(1).reduceRight((parts, { length }) => chunk(parts, length), values)
      return beginAt(nested, dimensions)
    },
  }
}

const chunk = (values: readonly unknown[], length: number): unknown[] =>
  Array.from({ length: values.length / length }, (_, i) => values.slice(i * length, (i + 1) * length))

type Nested = readonly (string | null | Nested)[]

const mapNested = (values: Nested, decode: Decode): unknown[] =>
  values.map((value) => (value === null ? null : typeof value === 'string' ? decode(value) : mapNested(value, decode)))

const same: Decode = (text) => text
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
  | 'boolean'
  | 'number'
  | 'bigint'
  | 'json'
  | 'bytes'
  | 'float4'
  | 'float8'
  | 'interval'
  | 'point'
  | 'lseg'
  | 'box'
  | 'line'
  | 'path'
  | 'polygon'
  | 'circle'
  | 'iso'
  | 'Date'
  | 'instant'
  | 'isoRange'
  | 'instantRange'
  | 'isoMultirange'
  | 'instantMultirange'

/** A kind of value, or arrays of it. */
export type CodecName = ScalarCodec | `${ScalarCodec}[]`

/** How values of a type travel and what they become: a kind, or what they are made of. */
export type ValueCodec =
  | CodecName
  /** A composite: an object. */
  | { readonly fields: readonly FieldCodec[] }
  /** An array of what no kind of array holds. */
  | { readonly elements: ValueCodec }
  /** A range: Postgres' text. */
  | { readonly bounds: ValueCodec }
  /** A multirange, of ranges of that kind. */
  | { readonly ranges: ValueCodec }

/** An attribute of a composite. */
export interface FieldCodec {
  /** In the database. */
  readonly name: string
  /** In the object, where that is not {@link name}. */
  readonly property?: string
  /** What its values are. */
  readonly codec: ValueCodec
}

const codecs: Readonly<Record<Exclude<ScalarCodec, RangeCodec>, Codec>> = {
  /** The type's own text. */
  text: byText(same),
  /** `character(n)`, with its blanks, which a cast to text would drop. */
  char: byText(same, { select: (expression) => `textin(bpcharout(${expression}))` }),
  /** `inet`, without the `/32` that a cast to text would add. */
  inet: byText(same, { select: (expression) => `textin(inet_out(${expression}))` }),
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
  point: byBinary('point_send', readPoint),
  lseg: byBinary('lseg_send', readSegment),
  box: byBinary('box_send', readBox),
  line: byBinary('line_send', readLine),
  path: byBinary('path_send', readPath),
  polygon: byBinary('poly_send', readPolygon),
  circle: byBinary('circle_send', readCircle),
  /** `date` and `timestamp`: ISO 8601 text. */
  iso: byJson(same),
  /** `timestamptz` as a Date. */
  // Inside another value, where it is compared as it is, a Date is no whole millisecond.
  Date: { ...byJson(parseDate), array: byJson(parseExactDate).array },
  /** `timestamptz` as ISO 8601 text in UTC, with microseconds. */
  instant: byJson(normalizeInstant),
}

/** Kinds that are made of others. */
type RangeCodec = 'isoRange' | 'instantRange' | 'isoMultirange' | 'instantMultirange'

const ranges: Readonly<Record<RangeCodec, ValueCodec>> = {
  isoRange: { bounds: 'iso' },
  instantRange: { bounds: 'instant' },
  isoMultirange: { ranges: 'isoRange' },
  instantMultirange: { ranges: 'instantRange' },
}

/** @throws TypeError for a codec of another release. */
export const codecOf = (codec: ValueCodec): Selected => {
  if (typeof codec === 'string') return named(codec)
  if ('fields' in codec) return compositeOf(codec.fields)
  if ('elements' in codec) return arrayOf(codec.elements)
  if ('bounds' in codec) return rangeOf(codec.bounds)
  if ('ranges' in codec) return multirangeOf(codec.ranges)
  throw new TypeError(`unknown codec: ${JSON.stringify(codec)}; generate the accessors again`)
}

const named = (name: CodecName): Selected => {
  const scalar = scalarOf(name)
  if (Object.hasOwn(ranges, scalar)) {
    const range = ranges[scalar as RangeCodec]
    return name === scalar ? codecOf(range) : arrayOf(range)
  }
  if (!Object.hasOwn(codecs, scalar)) throw new TypeError(`unknown codec: ${name}; generate the accessors again`)
  const codec = codecs[scalar as Exclude<ScalarCodec, RangeCodec>]
  return name === scalar ? codec : codec.array
}

const scalarOf = (name: CodecName): ScalarCodec => (name.endsWith('[]') ? name.slice(0, -2) : name) as ScalarCodec

/**
 * The same codec, but for what JavaScript rounds: what it decodes is text that Postgres reads as the very same value.
 */
export const exactCodec = (codec: ValueCodec): ValueCodec => {
  if (typeof codec !== 'string') {
    if ('fields' in codec)
      return { fields: codec.fields.map((field) => ({ ...field, codec: exactCodec(field.codec) })) }
    return 'elements' in codec ? { elements: exactCodec(codec.elements) } : codec
  }
  const array = codec === scalarOf(codec) ? '' : '[]'
  const exact = new Map<ScalarCodec, ScalarCodec>([
    ['Date', 'instant'],
    ['json', 'text'],
  ]).get(scalarOf(codec))
  return exact === undefined ? codec : `${exact}${array}`
}
