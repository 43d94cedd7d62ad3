import type { QualifiedName } from '../catalog/types.ts'
import { byCodePoint } from '../order.ts'
import type { VersionedTable } from '../plan/types.ts'

/** What one accessor is called. */
export interface AccessorName {
  /** The file, without its extension. */
  readonly stem: string
  /** Starts its types: `Mine` of `MineVersion`. */
  readonly type: string
  /** Starts its values: `mine` of `mineHistory`. */
  readonly value: string
}

/**
 * Names all accessors of a project, so that no two share a file or an export, on any file system. A table is called by its
 * own name; where another schema has one of that name, only the one in `public` is, and the others get their schema in
 * front. Give it every model's table, or the names will depend on which ones were given.
 */
export const nameAccessors = (tables: readonly VersionedTable[]): ReadonlyMap<VersionedTable, AccessorName> =>
  nameTables(tables, ({ base }) => base)

/** The same for tables of any kind. */
export const nameTables = <Table>(
  tables: readonly Table[],
  baseOf: (table: Table) => QualifiedName,
): ReadonlyMap<Table, AccessorName> => {
  const sorted = tables
    .map((table) => ({ table, base: baseOf(table) }))
    .toSorted(
      (a, b) =>
        Number(b.base.schema === 'public') - Number(a.base.schema === 'public') ||
        byCodePoint(a.base.schema, b.base.schema) ||
        byCodePoint(a.base.name, b.base.name),
    )
  const sharing = new Map<string, number>()
  for (const { base } of sorted) sharing.set(sameness(base.name), (sharing.get(sameness(base.name)) ?? 0) + 1)

  const names = new Map<Table, AccessorName>()
  const taken = new Set<string>()
  for (const { table, base } of sorted) {
    const { schema, name } = base
    const shared = (sharing.get(sameness(name)) ?? 0) > 1
    const wanted = shared && schema !== 'public' ? `${schema}_${name}` : name
    let stem = fileStem(wanted)
    for (let n = 2; taken.has(sameness(stem)); n++) stem = fileStem(`${wanted}_${n}`)
    taken.add(sameness(stem))
    names.set(table, { stem, type: pascalCase(stem), value: camelCase(stem) })
  }
  return names
}

/** The accessors' file names, such as `mine.ts`; see {@link nameAccessors}. */
export const accessorFileNames = (tables: readonly VersionedTable[]): ReadonlyMap<VersionedTable, string> =>
  new Map([...nameAccessors(tables)].map(([table, { stem }]) => [table, `${stem}.ts`]))

/** Names that would meet in a file system that ignores case, or as an identifier. */
const sameness = (name: string): string => camelCase(fileStem(name)).normalize('NFC').toLowerCase()

/** `index` is the accessors' own; Windows keeps the others to itself. */
const reservedStems = /^(index|con|prn|aux|nul|com\d|lpt\d)$/i

const fileStem = (name: string): string => {
  const stem = name.replace(/[^\p{ID_Continue}-]+/gu, '_')
  return /[\p{L}\p{N}]/u.test(stem) ? (reservedStems.test(stem) ? `${stem}_table` : stem) : 'table'
}

const words = (name: string): readonly string[] => {
  const found = name.split(/[^\p{ID_Continue}]+|_+/u).filter((word) => word !== '')
  const shouted = name === name.toUpperCase()
  return shouted ? found.map((word) => word.toLowerCase()) : found
}

const capitalize = (word: string): string => {
  const [first = '', ...rest] = word
  return first.toUpperCase() + rest.join('')
}

/** `MineDocument`, always an identifier. */
export const pascalCase = (name: string): string => {
  const joined = words(name).map(capitalize).join('')
  return /^\p{ID_Start}/u.test(joined) ? joined : `Table${joined}`
}

/** `mineDocument`, always an identifier. */
export const camelCase = (name: string): string => {
  const [first = '', ...rest] = pascalCase(name)
  return first.toLowerCase() + rest.join('')
}

/**
 * The property of each column, by column name. In camel case, two columns that would meet keep their own names, but for
 * one that is written so.
 */
export const nameProperties = (
  columns: readonly { readonly name: string }[],
  naming: 'preserve' | 'camelCase',
): ReadonlyMap<string, string> => {
  if (naming === 'preserve') return new Map(columns.map(({ name }) => [name, name]))
  const wanted = columns.map(({ name }) => ({ name, property: camelProperty(name) }))
  const taken = new Set(wanted.filter(({ name, property }) => name === property).map(({ name }) => name))
  return new Map(
    wanted.map(({ name, property }) => {
      if (name === property || taken.has(property)) return [name, name]
      taken.add(property)
      return [name, property]
    }),
  )
}

const camelProperty = (name: string): string =>
  (name === name.toUpperCase() ? name.toLowerCase() : name).replace(
    /(?<=[\p{L}\p{N}])_+([\p{L}\p{N}])/gu,
    (_, letter: string) => letter.toUpperCase(),
  )
