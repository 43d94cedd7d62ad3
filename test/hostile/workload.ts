import { identifier, qualified } from '../../src/sql/quote.ts'
import { makeRandom } from '../recording-torture/random.ts'
import type { TestColumn, TestTable } from './make-schema.ts'

/** Transactions, as scripts, that write to all tables in every way there is; the same for the same seed. */
export const makeWorkload = (tables: readonly TestTable[], seed: number, rounds: number): readonly string[] => {
  const random = makeRandom(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  const keys = new Map<TestTable, number>()
  const nextKey = (table: TestTable): number => {
    const key = keys.get(table) ?? 0
    keys.set(table, key + 1)
    return key
  }
  const value = ({ type: { samples }, notNull }: TestColumn): string =>
    !notNull && random() < 0.25 ? 'null' : (samples[below(samples.length)] ?? 'null')
  const row = (table: TestTable, n: number): string =>
    `(${table.columns
      .map((column) =>
        column.computed !== null ? 'default' : table.key.includes(column) ? keyValue(table, column, n) : value(column),
      )
      .join(', ')})`
  const insert = (table: TestTable, ...numbers: readonly number[]): string =>
    `insert into ${qualified(table)} (${table.columns.map(({ name }) => identifier(name)).join(', ')}) values ${numbers
      .map((n) => row(table, n))
      .join(', ')}`
  const some = (table: TestTable, limit: number): string =>
    `where (tableoid, ctid) in (select tableoid, ctid from ${qualified(table)} order by 1, 2 offset ${below(6)} limit ${limit})`
  const set = (columns: readonly TestColumn[]): string =>
    columns.map((column) => `${identifier(column.name)} = ${value(column)}`).join(', ')

  const statement = (table: TestTable): string => {
    const name = qualified(table)
    const free = table.columns.filter((column) => column.computed === null && !table.key.includes(column))
    const key = nextKey(table)
    const chosen = free.filter(() => random() < 0.5)
    const columns = chosen.length > 0 ? chosen : free.slice(0, 1)
    switch (below(9)) {
      case 0:
        return insert(table, key, nextKey(table), nextKey(table))
      case 1:
      case 2:
        return columns.length === 0 ? insert(table, key) : `update ${name} set ${set(columns)} ${some(table, 3)}`
      case 3:
        return `delete from ${name} ${some(table, 1)}`
      case 4: {
        const keySet = table.key
          .map((column) => `${identifier(column.name)} = ${keyValue(table, column, key)}`)
          .join(', ')
        return `update ${name} set ${keySet} ${some(table, 1)}`
      }
      case 5:
        return `${insert(table, key)} on conflict do nothing`
      case 6:
        return `savepoint s;\n${insert(table, key)};\ndelete from ${name} ${some(table, 2)};\nrollback to savepoint s`
      case 7:
        return random() < 0.15 ? `truncate ${name}` : insert(table, key)
      default:
        return columns.length === 0 ? insert(table, key) : `update ${name} set ${set(columns)}`
    }
  }
  const transactions = tables.map(
    (table) => `${insert(table, nextKey(table), nextKey(table), nextKey(table), nextKey(table))};`,
  )
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < tables.length; at += 3) {
      const group = tables.slice(at, at + 3)
      transactions.push(
        [
          'begin',
          ...group.flatMap((table) => [
            statement(table),
            statement(table),
            ...(random() < 0.5 ? [statement(table)] : []),
          ]),
        ]
          .concat(random() < 0.1 ? 'rollback' : 'commit')
          .join(';\n'),
      )
    }
  }
  return transactions
}

/** Of a key of several columns the last one tells rows apart; of a partitioned table the first, as far as it goes. */
const keyValue = (table: TestTable, column: TestColumn, n: number): string => {
  const make = column.type.key
  if (make === undefined) throw new RangeError(`${column.type.sql} is not a key`)
  const position = table.key.indexOf(column)
  return make(position === table.key.length - 1 || position === 0 ? n : n % (position + 2))
}
