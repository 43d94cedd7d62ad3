import type { ColumnType } from '../catalog/types.ts'
import type { ValueTypes } from '../config/types.ts'
import type { CodecName, ValueCodec } from '../history/mod.ts'
import { nameProperties } from './names.ts'
import { propertyName, stringLiteral } from './text.ts'

/** What values of a Postgres type are in TypeScript. */
export interface ValueType {
  readonly codec: ValueCodec
  /** As TypeScript, for values that are read. */
  readonly output: string
  /** As TypeScript, for values that are given: whatever says the value exactly. */
  readonly input: string
}

/** The one place that says how Postgres types and TypeScript types go together. */
export const describeValue = (
  type: ColumnType,
  values: ValueTypes,
  naming: 'preserve' | 'camelCase' = 'preserve',
): ValueType => {
  switch (type.kind) {
    case 'domain':
      return type.of ? describeValue(type.of, values, naming) : text
    case 'enum': {
      const labels = type.enumLabels?.map(stringLiteral).join(' | ')
      return labels ? { codec: 'text', output: labels, input: labels } : text
    }
    case 'array':
      return type.of ? describeArray(describeValue(type.of, values, naming), type.dimensions) : text
    case 'base':
      return type.schema === 'pg_catalog' ? (describeBuiltIn(type.name, values) ?? text) : text
    case 'range': {
      const known = type.schema === 'pg_catalog' ? describeBuiltIn(type.name, values) : undefined
      if (known || !type.of) return known ?? text
      const { codec } = describeValue(type.of, lossless)
      return isPlain(codec) ? text : { ...text, codec: { bounds: codec } }
    }
    case 'multirange': {
      const known = type.schema === 'pg_catalog' ? describeBuiltIn(type.name, values) : undefined
      if (known || !type.of) return known ?? text
      const { codec } = describeValue(type.of, lossless)
      return isPlain(codec) ? text : { ...text, codec: { ranges: codec } }
    }
    case 'composite':
      return describeComposite(type.attributes ?? [], values, naming)
    case 'pseudo':
      return text
  }
}

/** The base type under a domain. */
export const underlyingType = (type: ColumnType): ColumnType =>
  type.kind === 'domain' && type.of ? underlyingType(type.of) : type

const text: ValueType = { codec: 'text', output: 'string', input: 'string' }

/** For what becomes text again. */
const lossless: ValueTypes = { int8: 'string', numeric: 'string', timestamptz: 'string' }

/** Values whose text, alone and inside others, is the same in every session. */
const isPlain = (codec: ValueCodec): boolean =>
  typeof codec === 'string' && /^(?:text|char|inet|number|boolean)(?:\[\])?$/.test(codec)

/** Postgres keeps no attribute from being null. */
const describeComposite = (
  attributes: NonNullable<ColumnType['attributes']>,
  values: ValueTypes,
  naming: 'preserve' | 'camelCase',
): ValueType => {
  const properties = nameProperties(attributes, naming)
  const fields = attributes.map(({ name, type }) => ({
    name,
    property: properties.get(name) ?? name,
    value: describeValue(type, values, naming),
  }))
  const written = (side: 'input' | 'output') =>
    `{ ${fields.map(({ property, value }) => `readonly ${propertyName(property)}: ${value[side]} | null`).join('; ')} }`
  return {
    codec: {
      fields: fields.map(({ name, property, value: { codec } }) => ({
        name,
        ...(property === name ? {} : { property }),
        codec,
      })),
    },
    output: written('output'),
    input: written('input'),
  }
}

/** Postgres enforces no number of dimensions; the type says what was declared. */
const describeArray = ({ codec, output, input }: ValueType, dimensions: number): ValueType => {
  const array = typeof codec === 'string' && !codec.endsWith('[]') ? (`${codec}[]` as CodecName) : { elements: codec }
  return { codec: array, ...arrayOf({ output, input }, dimensions) }
}

const arrayOf = ({ output, input }: Pick<ValueType, 'output' | 'input'>, dimensions: number) => {
  const brackets = '[]'.repeat(Math.max(dimensions, 1))
  return { output: `(${output} | null)${brackets}`, input: `(${input} | null)${brackets}` }
}

const describeBuiltIn = (name: string, values: ValueTypes): ValueType | undefined => {
  switch (name) {
    case 'int2':
    case 'int4':
    case 'oid':
      return { codec: 'number', output: 'number', input: 'number' }
    case 'int8':
      return {
        codec: values.int8 === 'string' ? 'text' : values.int8,
        output: values.int8,
        input: 'string | number | bigint',
      }
    case 'numeric':
      return values.numeric === 'number'
        ? { codec: 'number', output: 'number', input: 'string | number' }
        : { codec: 'text', output: 'string', input: 'string | number' }
    case 'float4':
    case 'float8':
      return { codec: name, output: 'number', input: 'number' }
    case 'bool':
      return { codec: 'boolean', output: 'boolean', input: 'boolean' }
    case 'bytea':
      return { codec: 'bytes', output: 'Uint8Array', input: 'Uint8Array' }
    case 'json':
    case 'jsonb':
      return { codec: 'json', output: 'Json', input: 'Json' }
    case 'timestamptz':
      return values.timestamptz === 'Date'
        ? { codec: 'Date', output: 'Date', input: 'Date | string' }
        : { codec: 'instant', output: 'string', input: 'Date | string' }
    case 'date':
    case 'timestamp':
      return { ...text, codec: 'iso' }
    case 'interval':
      return { ...text, codec: 'interval' }
    case 'bpchar':
      return { ...text, codec: 'char' }
    case 'inet':
    case 'point':
    case 'lseg':
    case 'box':
    case 'line':
    case 'path':
    case 'polygon':
    case 'circle':
      return { ...text, codec: name }
    case 'daterange':
    case 'tsrange':
      return { ...text, codec: 'isoRange' }
    case 'tstzrange':
      return { ...text, codec: 'instantRange' }
    case 'datemultirange':
    case 'tsmultirange':
      return { ...text, codec: 'isoMultirange' }
    case 'tstzmultirange':
      return { ...text, codec: 'instantMultirange' }
    default:
      return undefined
  }
}
