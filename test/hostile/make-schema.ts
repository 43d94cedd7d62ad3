import { identifier, qualified } from '../../src/sql/quote.ts'
import { makeRandom } from '../recording-torture/random.ts'
import { columnTypes, typeDefinitions, type TestType } from './column-types.ts'
import { awkwardNames, internalNames, plpgsqlNames, takenNames } from './names.ts'

export interface TestColumn {
  readonly name: string
  readonly type: TestType
  /** Postgres gives it its value. */
  readonly computed: 'stored' | 'identity' | null
  readonly notNull: boolean
}

export interface TestTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly TestColumn[]
  readonly key: readonly TestColumn[]
  readonly kind: 'table' | 'list' | 'range' | 'hash'
  /** The statements that make it, partitions included. */
  readonly sql: string
  /** Of `__versioned__`, besides table and schema. */
  readonly options: Readonly<Record<string, string | boolean>>
}

export interface TestSchema {
  readonly schemas: readonly string[]
  /** What comes before the tables: schemas and types. */
  readonly sql: string
  readonly tables: readonly TestTable[]
}

export interface Size {
  readonly schemas: number
  readonly tables: number
  readonly columns: number
  readonly serverMajor: number
}

/** The same schema for the same seed: hostile in its names, and with every type a column can have. */
export const makeSchema = (seed: number, size: Size): TestSchema => {
  const random = makeRandom(seed)
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }
  const shuffled = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item)

  const names = [...awkwardNames, ...takenNames, ...internalNames, ...plpgsqlNames]
  const isSchema = (name: string): boolean => !name.startsWith('pg_')
  const schemas = ['public', ...shuffled(awkwardNames.filter(isSchema)).slice(0, size.schemas - 1)]
  const types = columnTypes(schemas[1] ?? 'public').filter(({ since = 0 }) => since <= size.serverMajor)
  const keyTypes = types.filter(({ key }) => key !== undefined)
  // Each type is met, each key type is a key, before any is met again.
  const deal = <T>(items: readonly T[]): (() => T) => {
    let rest: T[] = []
    return () => {
      if (rest.length === 0) rest = shuffled(items)
      const item = rest.pop()
      if (item === undefined) throw new RangeError('nothing to deal')
      return item
    }
  }
  const nextType = deal(types)
  const nextKeyType = deal(keyTypes)
  const nextTableName = deal(names)
  const nextColumnName = deal([...names, ...internalNames, ...plpgsqlNames])
  const used = new Set<string>(['public\0transaction', 'public\0flyway_schema_history'])

  const makeTable = (index: number): TestTable => {
    const schema = schemas[index % schemas.length] ?? 'public'
    let name = nextTableName()
    while (used.has(`${schema}\0${name}`)) name = nextTableName()
    used.add(`${schema}\0${name}`)
    const kind = (['table', 'table', 'table', 'list', 'table', 'range', 'table', 'hash'] as const)[index % 8] ?? 'table'
    const keyCount = 1 + (index % 4)
    const extra = index % 11 === 0 ? 0 : 1 + Math.floor(random() * size.columns)
    const options: Record<string, string | boolean> = {}
    if (index % 5 === 1) options['indexes'] = 'continuum'
    if (index % 7 === 2) options['strategy'] = 'subquery'
    if (index % 9 === 3) options['trackModified'] = true
    const taken = new Set<string>(['transaction_id', 'end_transaction_id', 'operation_type'])
    const columnName = (): string => {
      for (;;) {
        const candidate = nextColumnName()
        if (taken.has(candidate)) continue
        taken.add(candidate)
        return candidate
      }
    }
    // A hash of every type is not to be had, and a list or range of some is no fun to write: partition keys are integers.
    const integer = types.find(({ sql }) => sql === 'integer')
    if (integer === undefined) throw new RangeError('no integer')
    const key = Array.from({ length: keyCount }, (_, i): TestColumn => {
      const type = kind !== 'table' && i === 0 ? integer : nextKeyType()
      return { name: columnName(), type, computed: null, notNull: true }
    })
    const identity: readonly TestColumn[] =
      index % 6 === 5 && kind === 'table'
        ? [{ name: columnName(), type: integer, computed: 'identity', notNull: true }]
        : []
    const stored: readonly TestColumn[] =
      index % 6 === 4 && kind === 'table'
        ? [{ name: columnName(), type: integer, computed: 'stored', notNull: false }]
        : []
    const plain = Array.from({ length: extra }, (): TestColumn => {
      const type = nextType()
      return { name: columnName(), type, computed: null, notNull: type.notNull ?? random() < 0.2 }
    })
    const columns = [...shuffled([...key, ...plain]), ...identity, ...stored]
    const table = { schema, name, columns, key, kind, options }
    return { ...table, sql: createTable(table, index, { dropped: index % 3 === 0, pick }) }
  }

  return {
    schemas,
    sql: [
      ...schemas.filter((name) => name !== 'public').map((name) => `create schema ${identifier(name)};`),
      typeDefinitions(schemas[1] ?? 'public'),
    ].join('\n'),
    tables: Array.from({ length: size.tables }, (_, index) => makeTable(index)),
  }
}

const definition = ({ name, type, computed, notNull }: TestColumn): string => {
  const rest =
    computed === 'identity'
      ? ' generated always as identity'
      : computed === 'stored'
        ? ' generated always as (1 + 1) stored'
        : ''
  return `${identifier(name)} ${type.sql}${rest}${notNull && computed === null ? ' not null' : ''}`
}

const createTable = (
  { schema, name, columns, key, kind }: Omit<TestTable, 'sql'>,
  index: number,
  { dropped }: { readonly dropped: boolean; readonly pick: unknown },
): string => {
  const table = qualified({ schema, name })
  const primaryKey = `primary key (${key.map((column) => identifier(column.name)).join(', ')})`
  const definitions = columns.map(definition)
  // A dropped column keeps its number: rows are then wider than what can be seen of them.
  const middle = Math.floor(columns.length / 2)
  if (dropped) definitions.splice(middle, 0, '"to be dropped" text')
  const lines = [`create table ${table} (${[...definitions, primaryKey].join(', ')})`]
  const by = identifier(key[0]?.name ?? '')
  if (kind !== 'table') lines[0] += ` partition by ${kind} (${by})`
  if (dropped) lines.push(`alter table ${table} drop column "to be dropped"`)
  if (kind === 'table') return `${lines.join(';\n')};`

  // One partition is made apart, with its columns the other way round and one dropped, and one is partitioned again.
  const partition = (suffix: string): string => qualified({ schema, name: `partition ${index} ${suffix}` })
  const [low, mid, high] = {
    list: ['in (0, 1, 2, 3, 4)', 'in (5, 6, 7, 8, 9)', ''],
    range: ['from (minvalue) to (5)', 'from (5) to (20)', ''],
    hash: ['with (modulus 3, remainder 0)', 'with (modulus 3, remainder 1)', 'with (modulus 3, remainder 2)'],
    table: ['', '', ''],
  }[kind]
  const clause = kind === 'hash' ? '' : 'values '
  const forValues = (bound: string | undefined): string =>
    kind === 'hash' ? `for values ${bound}` : `for ${clause}${bound}`
  const backwards = [...columns].reverse().map(definition)
  backwards.splice(1, 0, '"only here" integer')
  lines.push(
    `create table ${partition('a')} (${[...backwards, primaryKey].join(', ')})`,
    `alter table ${partition('a')} drop column "only here"`,
    `alter table ${table} attach partition ${partition('a')} ${forValues(low)}`,
    `create table ${partition('b')} partition of ${table} ${forValues(mid)} partition by hash (${by})`,
    `create table ${partition('b0')} partition of ${partition('b')} for values with (modulus 2, remainder 0)`,
    `create table ${partition('b1')} partition of ${partition('b')} for values with (modulus 2, remainder 1)`,
    `create table ${partition('c')} partition of ${table} ${kind === 'hash' ? forValues(high) : 'default'}`,
  )
  return `${lines.join(';\n')};`
}
