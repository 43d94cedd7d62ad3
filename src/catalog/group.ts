import { byCodePoint } from '../order.ts'

/** Rows by a key they carry, each group in the order of the rows. (`Map.groupBy` is not in Node 20.) */
export const groupBy = <Key, Row>(rows: Iterable<Row>, keyOf: (row: Row) => Key): Map<Key, Row[]> => {
  const groups = new Map<Key, Row[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return groups
}

/** What the relations have, by their oid. */
export type ByRelation<Item> = ReadonlyMap<number, readonly Item[]>

/** Builds one item from each row and sorts those of each relation by name. */
export const buildByRelation = <Row extends { readonly relation: number }, Item extends { readonly name: string }>(
  rows: Iterable<Row>,
  build: (row: Row) => Item,
): ByRelation<Item> => {
  const items = new Map<number, Item[]>()
  for (const row of rows) {
    const siblings = items.get(row.relation)
    if (siblings) siblings.push(build(row))
    else items.set(row.relation, [build(row)])
  }
  for (const siblings of items.values()) siblings.sort((a, b) => byCodePoint(a.name, b.name))
  return items
}
