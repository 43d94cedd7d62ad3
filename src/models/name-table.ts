import { VersiongenError } from '../errors.ts'
import type { Node as MorphNode } from 'ts-morph'
import type { Literal } from './literal.ts'
import type { Reading } from './reading.ts'
import { combineTableNames, tableNameOf, type TableNameSource } from './table-name.ts'
import type { VersionedOptions } from './types.ts'

/** What one place in a file says about a table's name, as it was read. */
export interface NamingSource {
  readonly table?: Literal | undefined
  readonly schema?: Literal | undefined
}

/**
 * The table of a model, from its options, then from what its declaration says (the most important first), then from its
 * own name.
 *
 * @throws VersiongenError `model-table` when the name can only be known by running the program, or is none.
 */
export const nameTable = (
  name: string,
  at: MorphNode,
  options: VersionedOptions,
  sources: readonly NamingSource[],
  { resolver }: Reading,
): { readonly table: string; readonly schema: string | undefined } => {
  const refuse = (node: MorphNode, message: string): never => {
    throw new VersiongenError('model-table', message, {
      where: resolver.sources.placeOf(node),
      hint: "name the table in the options: { table: 'mine' } or { table: 'app.mine' }",
    })
  }
  const said: TableNameSource[] = [{ table: options.table, schema: options.schema }]
  const text = (what: 'table' | 'schema', value: Literal | undefined): string | undefined => {
    if (value === undefined || value.kind === 'undefined' || said.some((source) => source[what] !== undefined)) return
    if (value.kind === 'string') return value.value
    const reason = value.kind === 'unknown' ? `is not a literal: ${value.reason}` : 'is not a string'
    return refuse(value.node, `the name of the ${what} of ${name} ${reason}`)
  }
  for (const source of sources) said.push({ table: text('table', source.table), schema: text('schema', source.schema) })
  const { table = tableNameOf(name), schema } = combineTableNames(said)
  if (table === '' || schema === '' || table.includes('\0')) {
    refuse(
      at,
      `${name} stands for no table: ${JSON.stringify([schema, table].filter((part) => part !== undefined).join('.'))}`,
    )
  }
  return { table, schema }
}
