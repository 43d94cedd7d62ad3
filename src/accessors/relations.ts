import type { ForeignKey } from '../catalog/types.ts'
import { byCodePoint } from '../order.ts'
import type { VersionedTable } from '../plan/types.ts'
import { type AccessorName, nameProperties } from './names.ts'

/** What a foreign key lets a row find: the row it refers to, or the rows that refer to it. */
export interface Relation {
  /** Among the relations of its table. */
  readonly name: string
  /** Columns of the table it starts from, pairwise with {@link targetColumns}. */
  readonly columns: readonly string[]
  readonly target: VersionedTable
  readonly targetName: AccessorName
  readonly targetColumns: readonly string[]
  /** Whether there may be several rows. */
  readonly many: boolean
  /** The columns of the foreign key, on whichever side it is. */
  readonly foreignKey: ForeignKey
  readonly outgoing: boolean
}

/**
 * The relations between tables whose histories fit together: both keep the columns of the foreign key, and they share a
 * transaction table.
 *
 * A row that is referred to is called as the column that refers to it, without `_id` or the like, or, where there are several
 * columns, as its table. Rows that refer to it are called as their table, in the plural unless there can be but one; where
 * that could mean several foreign keys, `_by_` and the name in the other direction follows, unless that is the table's.
 */
export const relateTables = (
  names: ReadonlyMap<VersionedTable, AccessorName>,
  naming: 'preserve' | 'camelCase',
): ReadonlyMap<VersionedTable, readonly Relation[]> => {
  const byName = new Map(
    [...names.keys()].map((table) => [JSON.stringify([table.base.schema, table.base.name]), table]),
  )
  const links = [...names.keys()]
    .toSorted((a, b) => byCodePoint(a.base.schema, b.base.schema) || byCodePoint(a.base.name, b.base.name))
    .flatMap((child) =>
      child.base.foreignKeys
        .toSorted((a, b) => byCodePoint(a.name, b.name))
        .flatMap((foreignKey) => {
          const { schema, name } = foreignKey.references
          const parent = byName.get(JSON.stringify([schema, name]))
          return parent && fits(child, parent, foreignKey) ? [{ child, parent, foreignKey }] : []
        }),
    )

  const relations = new Map<VersionedTable, Relation[]>([...names.keys()].map((table) => [table, []]))
  const add = (table: VersionedTable, wanted: readonly string[], relation: Omit<Relation, 'name'>): void => {
    const found = relations.get(table) ?? []
    const taken = new Set(found.map(({ name }) => name))
    const last = wanted.at(-1) ?? ''
    let name = wanted.find((each) => !taken.has(each)) ?? last
    for (let n = 2; taken.has(name); n++) name = `${last}_${n}`
    found.push({ ...relation, name })
  }

  const spell = (name: string): string => nameProperties([{ name }], naming).get(name) ?? name
  for (const { child, parent, foreignKey } of links) {
    const targetName = names.get(parent)
    if (!targetName) continue
    const referred = referredName(parent, foreignKey)
    add(child, [spell(referred), spell(`${parent.base.name}_by_${foreignKey.columns.join('_')}`)], {
      columns: foreignKey.columns,
      target: parent,
      targetName,
      targetColumns: foreignKey.references.columns,
      many: false,
      foreignKey,
      outgoing: true,
    })
  }
  for (const { child, parent, foreignKey } of links) {
    const targetName = names.get(child)
    if (!targetName) continue
    const many = !isUnique(child, foreignKey.columns)
    const plain = many ? plural(child.base.name) : child.base.name
    const alike = links.filter((other) => other.child === child && other.parent === parent).length
    const referred = referredName(parent, foreignKey)
    const byColumns = `${plain}_by_${foreignKey.columns.join('_')}`
    // What is named after the table would say nothing more.
    const wanted =
      referred === parent.base.name
        ? [plain, byColumns]
        : alike > 1 || child === parent
          ? [`${plain}_by_${referred}`, byColumns]
          : [plain, `${plain}_by_${referred}`, byColumns]
    add(parent, wanted.map(spell), {
      columns: foreignKey.references.columns,
      target: child,
      targetName,
      targetColumns: foreignKey.columns,
      many,
      foreignKey,
      outgoing: false,
    })
  }
  return relations
}

const fits = (child: VersionedTable, parent: VersionedTable, { columns, references }: ForeignKey): boolean => {
  const keeps = (table: VersionedTable, names: readonly string[]) =>
    names.every((name) => table.columns.some((column) => column.name === name))
  return (
    keeps(child, columns) &&
    keeps(parent, references.columns) &&
    child.transaction.schema === parent.transaction.schema &&
    child.transaction.name === parent.transaction.name
  )
}

/** At most one row has the same values. */
const isUnique = ({ base }: VersionedTable, columns: readonly string[]): boolean =>
  base.indexes.some(
    (index) =>
      index.unique &&
      index.valid &&
      !index.partial &&
      index.columns.every((name) => name !== null && columns.includes(name)),
  )

const referredName = (parent: VersionedTable, { columns }: ForeignKey): string => {
  const [column] = columns
  if (column === undefined || columns.length > 1) return parent.base.name
  const bare = column.replace(/(?:_(?:id|guid|uuid|key|fk|no|code)|Id|Guid|Uuid)$/, '')
  return bare === '' || bare === '_' ? column : bare
}

const plural = (name: string): string => {
  if (/s$/i.test(name)) return name
  if (/[^aeiou]y$/i.test(name)) return `${name.slice(0, -1)}ies`
  return /(?:x|z|ch|sh)$/i.test(name) ? `${name}es` : `${name}s`
}
