import type { ColumnType } from '../catalog/types.ts'

/**
 * Whether a TypeScript type, as written, may hold the values of a column. Only what is certain counts against it: unions
 * of the language's own types, `Date`, literals and arrays of these, against types of Postgres's own. Any other name (an
 * alias, a class such as `Decimal`, a brand, `unknown`) may stand for everything. What a value comes back as is also a
 * matter of the driver, so each type may hold whatever one of them can be told to make of it: `int8` is a string, a
 * number or a bigint.
 */
export const mayHold = (written: string, type: ColumnType): boolean => {
  const shapes = readShapes(written)
  return shapes === undefined || shapes.length === 0 || shapes.some((shape) => fits(shape, type))
}

type Primitive = 'string' | 'number' | 'boolean' | 'bigint' | 'Date'
type Shape = Primitive | { readonly of: readonly Shape[] }

const text = 'text varchar bpchar'
const document = 'json jsonb'
const opaque = 'uuid bytea inet cidr macaddr macaddr8 xml tsvector'
const integers = 'int2 int4'
const floats = 'float4 float8'
const days = 'date timestamp timestamptz'
const times = 'time timetz interval'

const names = (...lists: readonly string[]): ReadonlySet<string> => new Set(lists.join(' ').split(' '))

/** Types of `pg_catalog` whose values a type of TypeScript cannot be, whatever the driver; `enum` stands for all enums. */
const never: Readonly<Record<Primitive | 'array', ReadonlySet<string>>> = {
  string: names('bool', integers, floats),
  number: names('bool enum', text, document, opaque),
  bigint: names('bool enum', text, document, opaque, floats, days, times),
  boolean: names('int8 numeric money enum', integers, floats, text, document, opaque, days, times),
  Date: names('bool enum', integers, floats, text, document, opaque),
  array: names('bool int8 numeric money enum uuid inet cidr macaddr macaddr8', integers, floats, days, times),
}

/** Types whose arrays every driver takes apart. */
const elements = names('bool int8 numeric uuid', integers, floats, text, document, days)

const fits = (shape: Shape, type: ColumnType): boolean => {
  if (type.kind === 'domain') return type.of === null || fits(shape, type.of)
  if (type.kind === 'array') {
    if (type.of === null) return true
    // Postgres does not keep track of dimensions.
    if (typeof shape === 'object')
      return shape.of.some((inner) => fits(inner, typeof inner === 'object' ? type : (type.of ?? type)))
    return !(type.of.schema === 'pg_catalog' && elements.has(type.of.name))
  }
  const name =
    type.kind === 'enum' ? 'enum' : type.kind === 'base' && type.schema === 'pg_catalog' ? type.name : undefined
  return name === undefined || !never[typeof shape === 'object' ? 'array' : shape].has(name)
}

/** The few types that a project's models are made of are read once each. */
const readShapes = (written: string): readonly Shape[] | undefined => {
  if (!known.has(written)) known.set(written, parseShapes(written))
  return known.get(written)
}

const known = new Map<string, readonly Shape[] | undefined>()

/** Undefined when there is anything in it that may be everything. Null and undefined are left out. */
const parseShapes = (written: string): readonly Shape[] | undefined => {
  const parts = splitUnion(written.trim())
  if (parts.length > 1) {
    const shapes = parts.map(readShapes)
    return shapes.includes(undefined) ? undefined : shapes.flatMap((each) => each ?? [])
  }
  const [part = ''] = parts
  if (part === '' || part === 'null' || part === 'undefined') return []
  if (primitives.has(part)) return [part as Primitive]
  if (/^(["'`])(?:(?!\1|[\\$]).)*\1$/s.test(part)) return ['string']
  if (/^-?[\d_.]+(?:e[+-]?\d+)?$/i.test(part)) return ['number']
  if (/^-?\d+n$/.test(part)) return ['bigint']
  if (part === 'true' || part === 'false') return ['boolean']
  const inner = /^(?:readonly\s+)?(.+)\[\s*\]$/s.exec(part)?.[1] ?? /^(?:Readonly)?Array<(.+)>$/s.exec(part)?.[1]
  if (inner !== undefined && isWhole(inner)) {
    const of = readShapes(inner)
    return of === undefined ? undefined : [{ of }]
  }
  const wrapped =
    /^(?:Generated|GeneratedAlways|CreationOptional|Opt)<(.+)>$/s.exec(part)?.[1] ?? /^\((.+)\)$/s.exec(part)?.[1]
  return wrapped !== undefined && isWhole(wrapped) ? readShapes(wrapped) : undefined
}

const primitives: ReadonlySet<string> = new Set(['string', 'number', 'boolean', 'bigint', 'Date'])

/** Whether brackets are balanced, so that the text was not cut out of `(a) | (b)`. */
const isWhole = (part: string): boolean => {
  let depth = 0
  for (const sign of part) {
    if ('(<[{'.includes(sign)) depth++
    else if (')>]}'.includes(sign) && --depth < 0) return false
  }
  return depth === 0
}

/** At the bars that are in no bracket and no quotes. */
const splitUnion = (written: string): readonly string[] => {
  const parts = ['']
  let depth = 0
  for (const [token] of written.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|=>|[^]/g)) {
    if ('(<[{'.includes(token)) depth++
    else if (')>]}'.includes(token)) depth--
    if (token === '|' && depth === 0) parts.push('')
    else parts[parts.length - 1] += token
  }
  const trimmed = parts.map((part) => part.trim())
  return trimmed.length > 1 ? trimmed.filter((part) => part !== '') : trimmed
}
