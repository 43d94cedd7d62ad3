import type { TableName } from './descriptor.ts'

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const quoteTable = ({ schema, name }: TableName): string => `${quote(schema)}.${quote(name)}`

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
