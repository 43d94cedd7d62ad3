import { byCodePoint } from '../order.ts'
import type { VersionedTable } from '../plan/types.ts'
import type { AccessorName } from './names.ts'
import { underlyingType } from './value-type.ts'

/** For each table the columns that hold the key of one: its own, or, by a foreign key, that of another. */
export type Brands = ReadonlyMap<VersionedTable, ReadonlyMap<string, AccessorName>>

/** Only a key of one column says by itself which row is meant. */
export const brandIds = (names: ReadonlyMap<VersionedTable, AccessorName>): Brands => {
  const byName = new Map([...names.keys()].map((table) => [nameOf(table.base), table]))

  const ownerOf = (table: VersionedTable, column: string, seen: readonly string[]): VersionedTable | undefined => {
    const here = JSON.stringify([nameOf(table.base), column])
    if (seen.includes(here)) return undefined
    for (const { columns, references } of table.base.foreignKeys.toSorted((a, b) => byCodePoint(a.name, b.name))) {
      const other = references.columns[columns.indexOf(column)]
      const target = byName.get(nameOf(references))
      if (!target || other === undefined || !isSameType(table, column, target, other)) continue
      const owner = ownerOf(target, other, [...seen, here])
      if (owner) return owner
    }
    return table.key.length === 1 && table.key[0]?.name === column ? table : undefined
  }

  return new Map(
    [...names.keys()].map((table) => {
      const owned = table.columns.flatMap(({ name }) => {
        const owner = ownerOf(table, name, [])
        // Keys that refer to each other in a circle are nobody's.
        const isOwn = owner && ownerOf(owner, owner.key[0]?.name ?? '', []) === owner
        const ownerName = isOwn && names.get(owner)
        return ownerName ? [[name, ownerName] as const] : []
      })
      return [table, new Map(owned)]
    }),
  )
}

/** The tables whose key is a type of its own. */
export const ownersOf = (brands: Brands | undefined): ReadonlySet<AccessorName> =>
  new Set([...(brands?.values() ?? [])].flatMap((owned) => [...owned.values()]))

/** An `int4` may refer to an `int8`, but is read as something else. */
const isSameType = (table: VersionedTable, column: string, target: VersionedTable, other: string): boolean => {
  const typeOf = ({ columns }: VersionedTable, name: string) => {
    const found = columns.find((each) => each.name === name)
    return found && underlyingType(found.type).oid
  }
  return typeOf(table, column) !== undefined && typeOf(table, column) === typeOf(target, other)
}

const nameOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  JSON.stringify([schema, name])
