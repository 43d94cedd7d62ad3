import type { ColumnType } from '../catalog/types.ts'
import type { ValueTypes } from '../config/types.ts'
import type { CodecName } from '../history/mod.ts'
import { stringLiteral } from './text.ts'

/** What values of a Postgres type are in TypeScript. */
export interface ValueType {
  readonly codec: CodecName
  /** As TypeScript, for values that are read. */
  readonly output: string
  /** As TypeScript, for values that are given: whatever says the value exactly. */
  readonly input: string
}

/** The one place that says how Postgres types and TypeScript types go together. */
export const describeValue = (type: ColumnType, values: ValueTypes): ValueType => {
  switch (type.kind) {
    case 'domain':
      return type.of ? describeValue(type.of, values) : text
    case 'enum': {
      const labels = type.enumLabels?.map(stringLiteral).join(' | ')
      return labels ? { codec: 'text', output: labels, input: labels } : text
    }
    case 'array':
      return type.of ? describeArray(describeValue(type.of, values), type.dimensions) : text
    case 'base':
    case 'range':
    case 'multirange':
      return type.schema === 'pg_catalog' ? (describeBuiltIn(type.name, values) ?? text) : text
    case 'composite':
    case 'pseudo':
      return text
  }
}

/** The base type under a domain. */
export const underlyingType = (type: ColumnType): ColumnType =>
  type.kind === 'domain' && type.of ? underlyingType(type.of) : type

const text: ValueType = { codec: 'text', output: 'string', input: 'string' }

/** Postgres enforces no number of dimensions; the type says what was declared. */
const describeArray = ({ codec, output, input }: ValueType, dimensions: number): ValueType => {
  if (codec.endsWith('[]')) return { codec: 'text[]', ...arrayOf(text, dimensions) }
  return { codec: `${codec}[]` as CodecName, ...arrayOf({ output, input }, dimensions) }
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
    case 'box':
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
