import type { TestTable } from './make-schema.ts'

/** TypeScript files with the models of all tables, a few to a file. */
export const makeModels = (tables: readonly TestTable[]): ReadonlyMap<string, string> => {
  const files = new Map<string, string>()
  tables.forEach((table, index) => {
    const { schema, name, options } = table
    const literal = JSON.stringify({ table: name, schema, ...options })
    const text =
      index % 2 === 0
        ? `export interface Model${index} {\n  __versioned__?: ${literal}\n}\n`
        : `export class Model${index} {\n  static readonly __versioned__ = ${literal} as const\n}\n`
    const file = `models-${Math.floor(index / 8)}.ts`
    files.set(file, (files.get(file) ?? '') + text)
  })
  return files
}
