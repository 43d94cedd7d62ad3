import * as assert from 'uvu/assert'
import type { Database } from '../../src/database/types.ts'
import type { History } from '../../src/history/mod.ts'
import { parseArray } from '../../src/history/array-text.ts'
import { identifier, qualified } from '../../src/sql/quote.ts'
import type { Reading } from './column-types.ts'
import type { TestColumn, TestTable } from './make-schema.ts'

export type AnyHistory = History<Record<string, unknown>, Record<string, unknown>>

/** Holds what the accessor says of some rows against the rows themselves, as Postgres writes them. */
export const compareWithRows = async (
  db: Database,
  table: TestTable,
  history: AnyHistory,
  limit: number,
): Promise<number> => {
  const columns = table.columns.map((column, i) => `${textOf(column)} as c${i}`).join(', ')
  const rows = await db.query<Record<string, string | null>>(
    `select ${columns} from ${qualified(table)} b order by tableoid, ctid limit ${limit}`,
  )
  for (const row of rows) {
    const expected = Object.fromEntries(
      table.columns.map((column, i) => [column.name, read(column, row[`c${i}`] ?? null)] as const),
    )
    const key = Object.fromEntries(table.key.map(({ name }) => [name, expected[name]] as const))
    const current = await history.current(key)
    const place = `${qualified(table)} ${JSON.stringify(key)}`
    assert.ok(current, `${place}: no current version`)
    for (const { name, type } of table.columns) {
      const [actual, wanted] = [Object.entries(current.data), Object.entries(expected)].map(
        (entries) => entries.find(([column]) => column === name)?.[1],
      )
      const said = type.reading === 'range' && typeof actual === 'string' ? rangeText(actual) : actual
      assert.equal(plain(said), plain(wanted), `${place}: ${name} ${type.sql}`)
    }
    const versions = await history.versions(key)
    assert.is(versions.at(-1)?.transaction.id, current.transaction.id, place)
    assert.is(versions.length, await history.count(key), place)
  }
  return rows.length
}

/** `assert.equal` knows of no `-0`, NaN inside or bytes of another realm. */
const plain = (value: unknown): unknown => {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (value instanceof Uint8Array) return [...value]
  return Array.isArray(value) ? value.map(plain) : value
}

/** The session writes dates as ISO, in UTC, bytes as hex, and floats exactly. */
export const sessionSettings = `set datestyle = 'ISO, MDY'; set timezone = 'UTC'; set bytea_output = hex; set extra_float_digits = 1; set intervalstyle = postgres; set lc_monetary = 'C'`

/** As the type's own output function writes it, which a cast to text does not always do. */
const textOf = ({ name, type }: TestColumn): string => {
  const column = `b.${identifier(name)}`
  const text = type.reading === 'composite' ? `to_jsonb(${column})::text` : `format('%s', ${column})`
  return `case when num_nulls(${column}) = 0 then ${text} end`
}

const read = ({ type }: TestColumn, text: string | null): unknown => {
  if (text === null) return null
  if (type.reading === 'composite') return readScalar('composite', text)
  const scalar = (each: string): unknown => readScalar(type.reading, each)
  return type.array ? parseArray(text, scalar, type.sql.startsWith('box') ? ';' : ',') : scalar(text)
}

const readScalar = (reading: Reading, text: string): unknown => {
  switch (reading) {
    case 'text':
      return text
    case 'range':
      return rangeText(text)
    case 'number':
      return Number(text)
    case 'boolean':
      return text === 't'
    case 'json':
      return JSON.parse(text)
    case 'composite':
      return JSON.parse(text, (_, value: unknown) =>
        typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/.test(value) ? new Date(value) : value,
      )
    case 'bytes':
      return new Uint8Array(Buffer.from(text.slice(2), 'hex'))
    case 'iso':
      return text.replace(' ', 'T').replace('TBC', ' BC')
    case 'date':
      return new Date(text.replace(/\+00$/, 'Z').replace(' ', 'T'))
  }
}

/** Two ways to write one range of times: `["2024-01-01T00:00:00Z",)` and `["2024-01-01 00:00:00+00",)`. */
const rangeText = (text: string): string =>
  text
    .replaceAll('"', '')
    .replaceAll(/T(?=\d)/g, ' ')
    .replaceAll(/(?<=\d)(\+00|Z)/g, '')
