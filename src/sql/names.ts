import { createHash } from 'node:crypto'
import type { QualifiedName } from '../catalog/types.ts'

const encoder = new TextEncoder()
const longest = 63

/**
 * `<name><suffix>` as Postgres would keep it: at most 63 bytes of UTF-8. A longer one loses the end of `name` and gains
 * eight hexadecimal digits of its hash, so that two long names do not become one.
 */
export const deriveName = (name: string, suffix: string): string => {
  if (encoder.encode(name + suffix).length <= longest) return name + suffix
  const tail = `_${createHash('sha256').update(name).digest('hex').slice(0, 8)}${suffix}`
  let head = ''
  for (const character of name) {
    if (encoder.encode(head + character + tail).length > longest) break
    head += character
  }
  return head + tail
}

/** The function that records what happens to a base table; beside its version table. */
export const recordFunctionName = (version: QualifiedName): QualifiedName => ({
  schema: version.schema,
  name: deriveName(version.name, '_record'),
})

/** The name of one recording trigger: `mine_version_insert`. */
export const triggerName = (version: QualifiedName, event: string): string => deriveName(version.name, `_${event}`)

/**
 * The custom setting in which a database transaction keeps the ids of its rows in one transaction table. Other transaction
 * tables have ids, and so a setting, of their own.
 */
export const transactionSetting = ({ schema, name }: QualifiedName): string =>
  schema === 'public' && name === 'transaction'
    ? 'versiongen.tx'
    : `versiongen.tx_${createHash('sha256').update(`${schema}\0${name}`).digest('hex').slice(0, 8)}`

/** Names for PL/pgSQL variables, none of them a column's: a column `tx` makes the variable `tx_`. */
export const variableNames = <Name extends string>(
  wanted: readonly Name[],
  taken: ReadonlySet<string>,
): Readonly<Record<Name, string>> => {
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name)
  return Object.fromEntries(wanted.map((name) => [name, free(name)])) as Record<Name, string>
}
