import type { TextRow } from './types.ts'

/**
 * Makes a statement return each row as one column, a record as text: so that columns of one name do not fall together where
 * a library gives rows as objects.
 *
 * A `with` stays outside: what it changes, Postgres allows at the top only.
 */
export const selectRecords = (sql: string): string => {
  const start = /^\s*with\b/i.test(sql) ? mainQuery(sql) : 0
  return `${sql.slice(0, start)}select row(q.*)::text as "row" from (${sql.slice(start)}) as q`
}

/** Where the query after a `with` begins: at the first `select` outside of brackets and quotes. */
const mainQuery = (sql: string): number => {
  let depth = 0
  for (const { 0: token, index } of sql.matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[()]|\bselect\b/gi)) {
    if (token === '(') depth++
    else if (token === ')') depth--
    else if (depth === 0 && token.toLowerCase() === 'select') return index
  }
  throw new Error('a statement ends in a select')
}

/**
 * Parses a record as Postgres writes it: `(a,,"b ""c""")`; nothing between two commas is null.
 *
 * @see https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX
 */
export const parseRecord = (text: string): TextRow => {
  const row: (string | null)[] = []
  let at = 1
  while (at < text.length) {
    if (text[at] === '"') {
      let value = ''
      for (at++; ;) {
        const stop = nextOf(text, at)
        value += text.slice(at, stop)
        // A quote or a backslash is written twice; a single quote ends the value.
        if (text[stop + 1] !== text[stop]) {
          at = stop + 1
          break
        }
        value += text[stop]
        at = stop + 2
      }
      row.push(value)
    } else {
      const comma = text.indexOf(',', at)
      const end = comma < 0 ? text.length - 1 : comma
      row.push(at === end ? null : text.slice(at, end))
      at = end
    }
    at++ // the comma, or the last bracket
  }
  return row
}

const nextOf = (text: string, from: number): number => {
  const quote = text.indexOf('"', from)
  const backslash = text.indexOf('\\', from)
  return backslash < 0 || quote < backslash ? quote : backslash
}
