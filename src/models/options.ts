import type { Node } from 'ts-morph'
import { nearestName } from '../nearest-names.ts'
import { VersiongenError } from '../errors.ts'
import type { Literal, LiteralEntry } from './literal.ts'
import type { Problems } from './problems.ts'
import type { Sources } from './sources.ts'
import type { VersionedOptions } from './types.ts'

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] }
type OptionName = keyof VersionedOptions

interface Reader {
  /** Reports at `node`; with a hint on what to write. */
  readonly refuse: (node: Node, message: string, hint: string) => undefined
}

type ReadOption<Value> = (value: Literal, option: string, reader: Reader) => Value | undefined

/**
 * Checks the value of `__versioned__`. What is wrong goes to `problems`, with its place; what is right comes back.
 */
export const readOptions = (literal: Literal, sources: Sources, problems: Problems): VersionedOptions => {
  const refuse = (node: Node, message: string, hint: string): undefined => {
    problems.add(new VersiongenError('model-option', message, { where: sources.placeOf(node), hint }))
    return undefined
  }
  if (literal.kind === 'unknown') {
    return refuse(literal.node, `__versioned__ is not a literal: ${literal.reason}`, writeItOut) ?? {}
  }
  if (literal.kind !== 'object') {
    return refuse(literal.node, '__versioned__ must be an object', 'write {} for the defaults') ?? {}
  }
  const options: Writable<VersionedOptions> = {}
  for (const entry of literal.entries) {
    const name = optionName(entry, refuse)
    if (name !== undefined && entry.value.kind !== 'undefined') readInto(options, name, entry.value, { refuse })
  }
  refuseContradictions(literal.entries, options, refuse)
  return options
}

const writeItOut = 'models are read, never run: write the value out, or name a const that holds it'

const optionName = ({ key, keyNode, value }: LiteralEntry, refuse: Reader['refuse']): OptionName | undefined => {
  if (key === undefined) {
    const reason = value.kind === 'unknown' ? value.reason : 'its name is computed'
    return refuse(keyNode, `an option of __versioned__ is not a literal: ${reason}`, writeItOut)
  }
  const known = optionNames.find((name) => name === key)
  if (known !== undefined) return known
  const nearest = nearestName(key, optionNames)
  return refuse(
    keyNode,
    `__versioned__ has no option ${quote(key)}`,
    nearest === undefined ? `the options are ${optionNames.join(', ')}` : `did you mean ${quote(nearest)}?`,
  )
}

const readInto = <Name extends OptionName>(
  options: Writable<VersionedOptions>,
  name: Name,
  value: Literal,
  reader: Reader,
): void => {
  const readOption: ReadOption<Required<VersionedOptions>[Name]> = optionReaders[name]
  const read = readOption(value, name, reader)
  if (read !== undefined) options[name] = read
}

const readText: ReadOption<string> = (value, option, { refuse }) => {
  if (value.kind === 'unknown') return refuse(value.node, `${option} is not a literal: ${value.reason}`, writeItOut)
  if (value.kind !== 'string') return refuse(value.node, `${option} must be a string`, 'write the name in quotes')
  if (value.value === '' || value.value.includes('\0')) {
    return refuse(value.node, `${option} is not a name: ${quote(value.value)}`, 'write the name as the database has it')
  }
  return value.value
}

const readIdentifier: ReadOption<string> = (value, option, reader) => {
  const name = readText(value, option, reader)
  if (name === undefined || Buffer.byteLength(name) <= 63) return name
  return reader.refuse(value.node, `${option} is longer than the 63 bytes that Postgres keeps`, 'write a shorter name')
}

const readBoolean: ReadOption<boolean> = (value, option, { refuse }) => {
  if (value.kind === 'unknown') return refuse(value.node, `${option} is not a literal: ${value.reason}`, writeItOut)
  return value.kind === 'boolean'
    ? value.value
    : refuse(value.node, `${option} must be true or false`, `write one of them, or leave ${option} out`)
}

const oneOf =
  <Choice extends string>(...choices: readonly Choice[]): ReadOption<Choice> =>
  (value, option, { refuse }) => {
    if (value.kind === 'unknown') return refuse(value.node, `${option} is not a literal: ${value.reason}`, writeItOut)
    const choice = choices.find((name) => value.kind === 'string' && value.value === name)
    if (choice !== undefined) return choice
    const nearest = value.kind === 'string' ? nearestName(value.value, choices) : undefined
    return refuse(
      value.node,
      `${option} must be ${choices.map(quote).join(' or ')}`,
      nearest === undefined ? `write one of them, or leave ${option} out` : `did you mean ${quote(nearest)}?`,
    )
  }

const readColumns: ReadOption<readonly string[]> = (value, option, reader) => {
  const { refuse } = reader
  if (value.kind === 'unknown') return refuse(value.node, `${option} is not a literal: ${value.reason}`, writeItOut)
  if (value.kind !== 'array') {
    return refuse(value.node, `${option} must be an array of column names`, `write ${option}: ['name']`)
  }
  const columns = new Set<string>()
  for (const item of value.items) {
    const column = readIdentifier(item, `a column of ${option}`, reader)
    if (column === undefined) continue
    if (columns.has(column)) refuse(item.node, `${option} names ${quote(column)} twice`, 'leave one of them out')
    columns.add(column)
  }
  return [...columns]
}

const readRenamed: ReadOption<Readonly<Record<string, string>>> = (value, option, reader) => {
  const { refuse } = reader
  if (value.kind === 'unknown') return refuse(value.node, `${option} is not a literal: ${value.reason}`, writeItOut)
  if (value.kind !== 'object') {
    return refuse(value.node, `${option} must be an object`, `write ${option}: { old_name: 'new_name' }`)
  }
  const renamed = new Map<string, string>()
  for (const { key, keyNode, value: target } of value.entries) {
    if (key === undefined) {
      refuse(keyNode, `a column of ${option} is not a literal`, writeItOut)
      continue
    }
    const column = readIdentifier(target, `the new name of ${quote(key)}`, reader)
    if (column === undefined) continue
    if (column === key) refuse(target.node, `${option} gives ${quote(key)} its own name`, 'leave it out')
    else if ([...renamed.values()].includes(column)) {
      refuse(target.node, `${option} gives two columns the name ${quote(column)}`, 'one column has one old name')
    } else renamed.set(key, column)
  }
  return Object.fromEntries(renamed)
}

const refuseContradictions = (
  entries: readonly LiteralEntry[],
  options: VersionedOptions,
  refuse: Reader['refuse'],
): void => {
  const include = entries.find(({ key }) => key === 'include')?.value
  for (const item of include?.kind === 'array' ? include.items : []) {
    if (item.kind === 'string' && options.exclude?.includes(item.value)) {
      refuse(item.node, `${quote(item.value)} is both included and excluded`, 'leave it out of one of the two')
    }
  }
  const taken = new Map<string, string>()
  for (const name of ['transactionColumn', 'endTransactionColumn', 'operationColumn'] as const) {
    const column = options[name]
    const value = entries.find(({ key }) => key === name)?.value
    if (column === undefined || value === undefined) continue
    const other = taken.get(column)
    if (other !== undefined) refuse(value.node, `${name} is the same column as ${other}`, 'give each its own column')
    taken.set(column, name)
  }
}

const quote = (text: string): string => JSON.stringify(text)

/** The one list of options: what each may hold. */
const optionReaders: { readonly [Name in OptionName]: ReadOption<Required<VersionedOptions>[Name]> } = {
  table: readText,
  schema: readIdentifier,
  versionTable: readText,
  exclude: readColumns,
  include: readColumns,
  strategy: oneOf('validity', 'subquery'),
  transactionColumn: readIdentifier,
  endTransactionColumn: readIdentifier,
  operationColumn: readIdentifier,
  trackModified: readBoolean,
  writer: oneOf('trigger', 'orm'),
  context: oneOf('allow', 'warn', 'refuse'),
  replication: oneOf('ignore', 'record'),
  renamed: readRenamed,
  indexes: oneOf('minimal', 'continuum'),
}

const optionNames = Object.keys(optionReaders) as readonly OptionName[]
