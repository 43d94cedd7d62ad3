import { formatArray } from './array-text.ts'
import { codecOf } from './codec.ts'
import { encodeValue } from './encode.ts'
import { formatDate, lastMicrosecond } from './instant.ts'
import { isPlainObject, type PlainObject } from './plain-object.ts'
import { isNull, type Parameters } from './sql.ts'
import type { Table, TableColumn } from './table.ts'
import { isTextual } from './textual.ts'

/** Something that can be compared, of one type. */
interface Subject {
  /** For messages. */
  readonly name: string
  readonly sql: string
  /** What `is null` is asked of. */
  readonly presence: string
  /** Its text, for `like`; null where that depends on the session. */
  readonly text: string | null
  /** That of its type, whatever the search path. */
  operator(sign: string): string
  /** A value as a parameter, of the same type. */
  operand(value: unknown, parameters: Parameters): string
  readonly dates: boolean
  readonly json: boolean
}

/**
 * Conditions as SQL over `v`, a version.
 *
 * @throws TypeError for a column or a comparison there is not, and for a value that cannot be said exactly.
 */
export const writeWhere = (table: Table, where: unknown, parameters: Parameters): string => {
  if (!isPlainObject(where)) throw new TypeError('where is an object of conditions')
  return all(
    Object.entries(where).map(([name, condition]) => {
      const column = table.byProperty.get(name)
      if (column) return writeCondition(subjectOf(column), condition, parameters)
      switch (name) {
        case 'and':
          return all(list(name, condition).map((each) => writeWhere(table, each, parameters)))
        case 'or':
          return any(list(name, condition).map((each) => writeWhere(table, each, parameters)))
        case 'not':
          return otherwise(writeWhere(table, condition, parameters))
        default:
          throw new TypeError(`${table.descriptor.table.name} has no column ${name} with history`)
      }
    }),
  )
}

/** A column to order by. */
export const checkOrdered = (table: Table, name: string): TableColumn => {
  const column = table.byProperty.get(name)
  if (!column) throw new TypeError(`${table.descriptor.table.name} has no column ${name} with history`)
  if (column.cast === undefined) throw new TypeError(`${name} has no order to sort by`)
  return column
}

const writeCondition = (subject: Subject, condition: unknown, parameters: Parameters): string => {
  if (condition === undefined) throw new TypeError(`the condition on ${subject.name} is undefined`)
  if (condition === null) return isNull(subject.presence)
  if (!isPlainObject(condition)) {
    if (!subject.json) return equal(subject, condition, parameters)
    throw new TypeError(`the condition on ${subject.name} is an object of comparisons: json is compared with { eq: … }`)
  }
  const { path, ...comparisons } = condition
  if (path === undefined) return writeComparisons(subject, condition, parameters)
  if (!subject.json) throw new TypeError(`${subject.name} is not json, and has no path`)
  return writeComparisons(atPath(subject, list('path', path), parameters), comparisons, parameters)
}

const writeComparisons = (subject: Subject, comparisons: PlainObject, parameters: Parameters): string => {
  const entries = Object.entries(comparisons)
  if (entries.length === 0) throw new TypeError(`the condition on ${subject.name} says nothing`)
  return all(entries.map(([operator, value]) => writeComparison(subject, operator, value, parameters)))
}

const writeComparison = (subject: Subject, operator: string, value: unknown, parameters: Parameters): string => {
  if (value === undefined) throw new TypeError(`${operator} of ${subject.name} is undefined`)
  switch (operator) {
    case 'eq':
      return equal(subject, value, parameters)
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return `${subject.sql} ${subject.operator(signs[operator])} ${bound(subject, operator, value, parameters)}`
    case 'in':
      return oneOf(subject, list(operator, value), parameters)
    case 'like':
    case 'ilike':
      if (subject.text === null) throw new TypeError(`${subject.name} is no text, which ${operator} compares`)
      if (typeof value !== 'string') throw new TypeError(`${operator} of ${subject.name} is a text`)
      return `${subject.text} ${subject.operator(signs[operator])} ${parameters.add(value)}`
    case 'contains':
      if (!subject.json) throw new TypeError(`${subject.name} is not json, and contains nothing`)
      return `${subject.sql} @> ${subject.operand(value, parameters)}`
    case 'isNull':
      if (typeof value !== 'boolean') throw new TypeError(`isNull of ${subject.name} is true or false`)
      return isNull(subject.presence, value)
    case 'not':
      return otherwise(writeCondition(subject, value, parameters))
    default:
      throw new TypeError(`${subject.name} cannot be compared by ${operator}`)
  }
}

const signs = { gt: '>', gte: '>=', lt: '<', lte: '<=', like: '~~', ilike: '~~*' } as const

const equal = (subject: Subject, value: unknown, parameters: Parameters): string => {
  if (value === null && !subject.json) return isNull(subject.presence)
  if (!subject.dates || !(value instanceof Date)) {
    return `${subject.sql} ${subject.operator('=')} ${subject.operand(value, parameters)}`
  }
  return `${subject.sql} between ${bound(subject, 'gte', value, parameters)} and ${bound(subject, 'lte', value, parameters)}`
}

/** A Date is the whole of its millisecond. */
const bound = (subject: Subject, operator: keyof typeof signs, value: unknown, parameters: Parameters): string => {
  if (!subject.dates || !(value instanceof Date)) return subject.operand(value, parameters)
  const first = formatDate(value)
  return subject.operand(operator === 'gt' || operator === 'lte' ? lastMicrosecond(first) : first, parameters)
}

/** One parameter for all values, whatever their number. */
const oneOf = (subject: Subject, values: readonly unknown[], parameters: Parameters): string => {
  // Names the subject, for Postgres wants to know the type of each parameter, and a path is one.
  if (values.length === 0) return `(false and ${isNull(subject.presence)})`
  const apart = values.filter((value) => (value === null && !subject.json) || value instanceof Date)
  const together = values.filter((value) => !apart.includes(value))
  const tests = apart.map((value) => equal(subject, value, parameters))
  if (together.length > 0) {
    // The operand of each is written to parameters of its own, for their texts.
    const texts: string[] = []
    let cast = ''
    for (const value of together) {
      cast = subject.operand(value, { values: texts, add: (text) => (texts.push(text), 'x') })
    }
    const array = parameters.add(formatArray(texts, String))
    tests.push(`${subject.sql} ${subject.operator('=')} any (select ${cast} from unnest(${array}::text[]) as x)`)
  }
  return any(tests)
}

const subjectOf = (column: TableColumn): Subject => {
  const sql = `v.${column.quoted}`
  const { codec, cast, property } = column
  if (codec === 'json') {
    return { ...jsonSubject(property, `${sql}::jsonb`, `${sql}::jsonb #>> '{}'`), presence: sql }
  }
  const citext = /^(.+)\.citext$/.exec(cast ?? '')
  return {
    name: property,
    sql,
    presence: sql,
    text: citext ? sql : isTextual(codec) ? codecOf(codec).select(sql) : null,
    operator: citext ? (sign) => `operator(${citext[1]}.${sign})` : same,
    dates: codec === 'Date' || codec === 'instant',
    json: false,
    operand: (value, parameters) => {
      if (cast === undefined) throw new TypeError(`${property} is of a type that cannot be compared`)
      return `${parameters.add(encodeValue(value, codec, property))}::${cast}`
    },
  }
}

const same = (sign: string): string => sign

const jsonSubject = (name: string, sql: string, text: string): Subject => ({
  name,
  sql,
  presence: text,
  text: `(${text})`,
  operator: same,
  dates: false,
  json: true,
  operand: (value, parameters) => {
    if (value === undefined) throw new TypeError(`${name} is compared with undefined`)
    return `${parameters.add(encodeValue(value, 'json', name))}::jsonb`
  },
})

const atPath = (subject: Subject, path: readonly unknown[], parameters: Parameters): Subject => {
  const steps = path.map((step) => {
    if (typeof step === 'string' || Number.isSafeInteger(step)) return String(step)
    throw new TypeError(`a path in ${subject.name} is made of keys and positions`)
  })
  const place = `${parameters.add(formatArray(steps, String))}::text[]`
  return jsonSubject(`${subject.name} at a path`, `(${subject.sql} #> ${place})`, `(${subject.sql} #>> ${place})`)
}

const list = (name: string, value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new TypeError(`${name} is a list`)
  return value
}

const all = (tests: readonly string[]): string => (tests.length === 0 ? 'true' : `(${tests.join(' and ')})`)
const any = (tests: readonly string[]): string => (tests.length === 0 ? 'false' : `(${tests.join(' or ')})`)
/** True where `test` is false or unknown. */
const otherwise = (test: string): string => `((${test}) is not true)`
