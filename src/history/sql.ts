import type { TableName } from './descriptor.ts'

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const quoteTable = ({ schema, name }: TableName): string => `${quote(schema)}.${quote(name)}`

/** A string constant, safe under either setting of `standard_conforming_strings`. */
export const quoteLiteral = (text: string): string => {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** Whether a value is null: `is null` would hold for a composite that has nothing but nulls, too. */
export const isNull = (sql: string, yes = true): string => `${sql} is ${yes ? 'not ' : ''}distinct from null`

/** Collects the parameters of one statement. */
export interface Parameters {
  readonly values: string[]
  /** Adds a text; returns its place in the statement. */
  add(value: string): string
}

export const createParameters = (): Parameters => {
  const values: string[] = []
  return { values, add: (value) => `$${values.push(value)}::text` }
}
