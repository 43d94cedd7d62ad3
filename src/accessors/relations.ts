import type { ForeignKey, Relation as CatalogRelation } from '../catalog/types.ts'
import { byCodePoint } from '../order.ts'
import type { VersionedTable } from '../plan/types.ts'
import { type AccessorName, nameProperties, nameTables } from './names.ts'

/** What foreign keys let a row find. */
export type Relation = ForeignKeyRelation | ThroughRelation

/** The row that a foreign key refers to, or the rows that refer to it. */
export interface ForeignKeyRelation {
  readonly kind: 'foreign key'
  /** Among the relations of its table. */
  readonly name: string
  /** Columns of the table it starts from, pairwise with {@link targetColumns}. */
  readonly columns: readonly string[]
  readonly target: RelatedTable
  readonly targetColumns: readonly string[]
  /** Whether there may be several rows. */
  readonly many: boolean
  /** The columns of the foreign key, on whichever side it is. */
  readonly foreignKey: ForeignKey
  readonly outgoing: boolean
}

/** The rows that a join table ties a row to: many to many. */
export interface ThroughRelation {
  readonly kind: 'through'
  readonly name: string
  readonly target: RelatedTable
  readonly many: true
  readonly join: VersionedTable
  /** Names of the relations that lead to the join table and on from there. */
  readonly path: readonly [string, string]
}

/** The other table of a relation. */
export interface RelatedTable {
  readonly base: CatalogRelation
  readonly name: AccessorName
  /** Undefined: it keeps no history, and its rows are found as they are now. */
  readonly history: VersionedTable | undefined
}

interface Link {
  readonly child: Side
  readonly parent: Side
  readonly foreignKey: ForeignKey
}

/** A table at one end of a foreign key. */
interface Side {
  readonly base: CatalogRelation
  readonly history: VersionedTable | undefined
}

/**
 * The relations of tables with history: to each other, where both keep the columns of the foreign key and they share a
 * transaction table, and to tables without.
 *
 * A row that is referred to is called as the column that refers to it, without `_id` or the like, or, where there are several
 * columns, as its table. Rows that refer to it are called as their table, in the plural unless there can be but one; where
 * that could mean several foreign keys, `_by_` and the name in the other direction follows, unless that is the table's.
 * Rows behind a join table are called as their table, in the plural.
 *
 * @param unversioned tables without history
 */
export const relateTables = (
  names: ReadonlyMap<VersionedTable, AccessorName>,
  naming: 'preserve' | 'camelCase',
  unversioned: readonly CatalogRelation[] = [],
): ReadonlyMap<VersionedTable, readonly Relation[]> => {
  const sides: readonly Side[] = [
    ...[...names.keys()].map((history) => ({ base: history.base, history })),
    ...unversioned.map((base) => ({ base, history: undefined })),
  ]
  const links = linkTables(sides)
  const relations = new Map<VersionedTable, Relation[]>([...names.keys()].map((table) => [table, []]))
  const byChild = groupBy(links, ({ child }) => child)
  const byParent = groupBy(links, ({ parent }) => parent)
  const liveNames = new Map(
    sides.flatMap((side) => (side.history ? [[side.history, nameLive(side, byChild, byParent)]] : [])),
  )
  const add = <Kind extends Relation>(
    table: VersionedTable,
    target: Side,
    wanted: readonly string[],
    relation: Omit<Kind, 'name' | 'target'>,
  ): string => {
    const found = relations.get(table) ?? []
    // What has a `then` is waited for.
    const taken = new Set(['then', ...found.map(({ name }) => name)])
    const spelled = wanted.map((name) => nameProperties([{ name }], naming).get(name) ?? name)
    const last = spelled.at(-1) ?? ''
    let name = spelled.find((each) => !taken.has(each)) ?? last
    for (let n = 2; taken.has(name); n++) name = `${last}_${n}`
    const targetName = (target.history && names.get(target.history)) ?? liveNames.get(table)?.get(target.base)
    if (!targetName) throw new RangeError(`a table without a name: ${target.base.name}`)
    found.push({ ...relation, name, target: { ...target, name: targetName } } as Kind)
    return name
  }

  const outgoing = new Map<Link, string>()
  for (const link of links) {
    const { child, parent, foreignKey } = link
    if (!child.history) continue
    const wanted = [referredName(parent.base, foreignKey), `${parent.base.name}_by_${foreignKey.columns.join('_')}`]
    const name = add<ForeignKeyRelation>(child.history, parent, wanted, {
      kind: 'foreign key',
      columns: foreignKey.columns,
      targetColumns: foreignKey.references.columns,
      many: false,
      foreignKey,
      outgoing: true,
    })
    outgoing.set(link, name)
  }
  const incoming = new Map<Link, string>()
  for (const link of links) {
    const { child, parent, foreignKey } = link
    if (!parent.history) continue
    const many = !isUnique(child.base, foreignKey.columns)
    const plain = many ? plural(child.base.name) : child.base.name
    const alike = (byChild.get(child) ?? []).filter((other) => other.parent === parent).length
    const referred = referredName(parent.base, foreignKey)
    const byColumns = `${plain}_by_${foreignKey.columns.join('_')}`
    // What is named after the table would say nothing more.
    const wanted =
      referred === parent.base.name
        ? [plain, byColumns]
        : alike > 1 || child === parent
          ? [`${plain}_by_${referred}`, byColumns]
          : [plain, `${plain}_by_${referred}`, byColumns]
    const name = add<ForeignKeyRelation>(parent.history, child, wanted, {
      kind: 'foreign key',
      columns: foreignKey.references.columns,
      targetColumns: foreignKey.columns,
      many,
      foreignKey,
      outgoing: false,
    })
    incoming.set(link, name)
  }
  for (const [to, from] of pairJoins(links, byChild)) {
    const { child: join, parent } = to
    const [first, second] = [incoming.get(to), outgoing.get(from)]
    if (!parent.history || !join.history || first === undefined || second === undefined) continue
    const referred = plural(referredName(from.parent.base, from.foreignKey))
    const byJoin = `${referred}_by_${join.base.name}`
    const wanted = from.parent === parent ? [referred, byJoin] : [plural(from.parent.base.name), referred, byJoin]
    add<ThroughRelation>(parent.history, from.parent, wanted, {
      kind: 'through',
      many: true,
      join: join.history,
      path: [first, second],
    })
  }
  return relations
}

/** All foreign keys that lead from or to a table with history, in a fixed order. */
const linkTables = (sides: readonly Side[]): readonly Link[] => {
  const byName = new Map(sides.map((side) => [JSON.stringify([side.base.schema, side.base.name]), side]))
  return sides
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
}

const fits = (child: Side, parent: Side, { columns, references }: ForeignKey): boolean => {
  const keeps = ({ history }: Side, names: readonly string[]) =>
    !history || names.every((name) => history.columns.some((column) => column.name === name))
  const [a, b] = [child.history?.transaction, parent.history?.transaction]
  return (
    (a ?? b) !== undefined &&
    keeps(child, columns) &&
    keeps(parent, references.columns) &&
    (!a || !b || (a.schema === b.schema && a.name === b.name))
  )
}

/** For each join table, whose key is made of two foreign keys, those: from each side to the other. */
const pairJoins = (
  links: readonly Link[],
  byChild: ReadonlyMap<Side, readonly Link[]>,
): readonly (readonly [to: Link, from: Link])[] =>
  links.flatMap((to) => {
    const key = to.child.base.primaryKey?.columns ?? []
    const covers = (...columns: readonly string[]) =>
      columns.every((name) => key.includes(name)) && key.every((name) => columns.includes(name))
    return (byChild.get(to.child) ?? [])
      .filter(({ foreignKey: { columns } }) => covers(...columns, ...to.foreignKey.columns))
      .filter(({ foreignKey: { columns } }) => !covers(...columns) && !covers(...to.foreignKey.columns))
      .map((from) => [to, from] as const)
  })

/** Names for the tables without history that one table is related to: they appear in its file alone. */
const nameLive = (
  table: Side,
  byChild: ReadonlyMap<Side, readonly Link[]>,
  byParent: ReadonlyMap<Side, readonly Link[]>,
): ReadonlyMap<CatalogRelation, AccessorName> => {
  const children = (byParent.get(table) ?? []).map(({ child }) => child)
  // Two steps away at most: behind a join table.
  const parents = [table, ...children].flatMap((child) => (byChild.get(child) ?? []).map(({ parent }) => parent))
  const live = [...children, ...parents].flatMap(({ base, history }) => (history ? [] : base))
  return nameTables([...new Set(live)], (base) => base)
}

const groupBy = <Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): ReadonlyMap<Key, readonly Item[]> => {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

/** At most one row has the same values. */
const isUnique = (base: CatalogRelation, columns: readonly string[]): boolean =>
  base.indexes.some(
    (index) =>
      index.unique &&
      index.valid &&
      !index.partial &&
      index.columns.every((name) => name !== null && columns.includes(name)),
  )

const referredName = (parent: CatalogRelation, { columns }: ForeignKey): string => {
  const [column] = columns
  if (column === undefined || columns.length > 1) return parent.name
  const bare = column.replace(/(?:_(?:id|guid|uuid|key|fk|no|code)|Id|Guid|Uuid)$/, '')
  return bare === '' || bare === '_' ? column : bare
}

const plural = (name: string): string => {
  if (/s$/i.test(name)) return name
  if (/[^aeiou]y$/i.test(name)) return `${name.slice(0, -1)}ies`
  return /(?:x|z|ch|sh)$/i.test(name) ? `${name}es` : `${name}s`
}
