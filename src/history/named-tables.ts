import type { TableDescriptor } from './descriptor.ts'
import type { Moment } from './moment.ts'
import { prepareTable, type Table } from './table.ts'

/** A table, and what its accessor is called. */
export interface NamedTable {
  readonly name: string
  readonly table: Table
}

export const nameTables = (descriptors: object): readonly NamedTable[] =>
  Object.entries(descriptors as Record<string, TableDescriptor>).map(([name, descriptor]) => ({
    name,
    table: prepareTable(descriptor),
  }))

/** @throws TypeError for a table there is not. */
export const chooseTables = (
  all: readonly NamedTable[],
  names: readonly string[] | undefined,
): readonly NamedTable[] => {
  if (names === undefined) return all
  if (!Array.isArray(names)) throw new TypeError('tables is a list of tables')
  for (const name of names) {
    if (!all.some((each) => each.name === name)) throw new TypeError(`there is no history of a table ${String(name)}`)
  }
  return all.filter(({ name }) => names.includes(name))
}

/** @throws TypeError when the tables do not share a transaction table: an id may then mean several transactions. */
export const checkShared = (tables: readonly NamedTable[]): void => {
  const apart = new Map(tables.map(({ table, name }) => [table.transactions, name]))
  if (apart.size < 2) return
  throw new TypeError(
    `${[...apart.keys()].join(' and ')} number their transactions apart: name tables of one of them in the option tables, ` +
      `such as ${[...apart.values()][0]}`,
  )
}

export const checkMoment = (tables: readonly NamedTable[], moment: Moment): Moment => {
  if (moment.kind === 'transaction') checkShared(tables)
  return moment
}
