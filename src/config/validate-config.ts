import * as v from 'valibot'
import { VersiongenError } from '../errors.ts'
import { nearestName } from '../nearest-names.ts'
import type { Config } from './types.ts'

const strings = v.array(v.string())
const text = v.pipe(v.string(), v.minLength(1))

const flyway = v.strictObject({
  sqlMigrationPrefix: v.optional(text),
  sqlMigrationSeparator: v.optional(text),
  sqlMigrationSuffixes: v.optional(strings),
  repeatableSqlMigrationPrefix: v.optional(text),
  placeholders: v.optional(v.record(v.string(), v.string())),
  placeholderReplacement: v.optional(v.boolean()),
  placeholderPrefix: v.optional(text),
  placeholderSuffix: v.optional(text),
  defaultSchema: v.optional(text),
  schemas: v.optional(strings),
  table: v.optional(text),
  outOfOrder: v.optional(v.boolean()),
  validateMigrationNaming: v.optional(v.boolean()),
})

const versioned = v.strictObject({
  versionTable: v.optional(text),
  strategy: v.optional(v.picklist(['validity', 'subquery'])),
  transactionColumn: v.optional(text),
  endTransactionColumn: v.optional(text),
  operationColumn: v.optional(text),
  trackModified: v.optional(v.boolean()),
  writer: v.optional(v.picklist(['trigger', 'orm'])),
  context: v.optional(v.picklist(['allow', 'warn', 'refuse'])),
  replication: v.optional(v.picklist(['ignore', 'record'])),
  indexes: v.optional(v.picklist(['minimal', 'continuum'])),
  exclude: v.optional(strings),
})

const values = v.strictObject({
  int8: v.optional(v.picklist(['string', 'bigint', 'number'])),
  numeric: v.optional(v.picklist(['string', 'number'])),
  timestamptz: v.optional(v.picklist(['Date', 'string'])),
})

const count = v.pipe(v.number(), v.integer(), v.minValue(0))

const backfill = v.strictObject({
  mode: v.optional(v.picklist(['auto', 'transaction', 'batches'])),
  above: v.optional(count),
  batchSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000))),
})

const importedType = v.strictObject({
  import: text,
  name: v.pipe(v.string(), v.regex(/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u)),
})

const schema = v.strictObject({
  url: v.optional(text),
  driver: v.optional(v.picklist(['pg', 'postgres', 'pglite'])),
  shadow: v.optional(v.boolean()),
  models: v.optional(v.union([text, strings])),
  migrations: v.optional(v.union([text, strings])),
  out: v.optional(text),
  importExtension: v.optional(v.picklist(['.ts', '.js', ''])),
  values: v.optional(values),
  naming: v.optional(v.picklist(['preserve', 'camelCase'])),
  types: v.optional(v.record(v.string(), v.record(v.string(), importedType))),
  brandedIds: v.optional(v.boolean()),
  versioned: v.optional(versioned),
  transactionTable: v.optional(text),
  lockTimeout: v.optional(text),
  statementTimeout: v.optional(text),
  backfill: v.optional(backfill),
  concurrentIndexes: v.optional(v.boolean()),
  asOfFunctions: v.optional(v.boolean()),
  flyway: v.optional(flyway),
})

/** The names a user may write, by the path of the object they stand in. */
const namesIn: ReadonlyMap<string, readonly string[]> = new Map([
  ['', Object.keys(schema.entries)],
  ['values', Object.keys(values.entries)],
  ['versioned', Object.keys(versioned.entries)],
  ['backfill', Object.keys(backfill.entries)],
  ['flyway', Object.keys(flyway.entries)],
])

/** Finds the line and column of a setting in the text it came from, by its path. */
export type Locate = (path: readonly string[]) => { readonly line: number; readonly column: number } | undefined

/**
 * Checks what a user wrote and returns it, typed.
 *
 * @param file - absolute, for the error; undefined when the configuration came by function call
 * @throws {VersiongenError} `config-invalid` for the first unknown key or unfit value, with the nearest valid name
 */
export const validateConfig = (input: unknown, file?: string, locate: Locate = () => undefined): Config => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new VersiongenError('config-invalid', `the configuration must be an object, not ${describe(input)}`, {
      ...(file === undefined ? {} : { where: { file } }),
      hint: 'export an object: export default defineConfig({ … })',
    })
  }
  const result = v.safeParse(schema, input)
  if (result.success) return result.output as Config
  const [issue] = result.issues
  const path = (issue.path ?? []).map((item) => String(item.key))
  const where = file === undefined ? undefined : { where: { file, ...locate(path) } }
  const name = path.at(-1) ?? ''
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const inside = path.slice(0, -1).join('.')
    const names = namesIn.get(inside) ?? (path[0] === 'types' ? Object.keys(importedType.entries) : [])
    const nearest = nearestName(name, names)
    throw new VersiongenError('config-invalid', `unknown setting ${JSON.stringify(path.join('.'))}`, {
      ...where,
      hint: nearest === undefined ? `the settings here are ${names.join(', ')}` : `did you mean ${nearest}?`,
    })
  }
  const message = `${path.join('.')} must be ${describeExpected(issue)}, not ${describe(issue.input)}`
  throw new VersiongenError('config-invalid', message, where)
}

const describeExpected = (issue: v.BaseIssue<unknown>): string => {
  if (issue.type === 'min_length') return 'a text that is not empty'
  if (issue.type === 'regex') return 'a name that a module can export'
  if (['integer', 'min_value', 'max_value', 'number'].includes(issue.type)) return describeNumber(issue)
  const expected = (issue.expected ?? '').replace(/^\((.*)\)$/, '$1').replaceAll('"', "'")
  const words = new Map([
    ['string', 'a text'],
    ['boolean', 'true or false'],
    ['Array', 'a list of texts'],
    ['Object', 'an object'],
    ['string | Array', 'a text or a list of texts'],
  ])
  return words.get(expected) ?? `one of ${expected.replaceAll(' | ', ', ')}`
}

const describeNumber = ({ type, requirement }: { readonly type: string; readonly requirement?: unknown }): string =>
  type === 'min_value'
    ? `at least ${String(requirement)}`
    : type === 'max_value'
      ? `at most ${String(requirement)}`
      : 'a whole number'

/** The kind of a value, and the value itself where it is short and cannot be a secret. */
const describe = (value: unknown): string => {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value)
  if (typeof value === 'string') return value.includes('://') || value.length > 40 ? 'a text' : `'${value}'`
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : typeof value
}
