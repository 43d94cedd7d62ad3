import { qualified } from '../sql/quote.ts'
import { hasColumns, inUserSchema } from './scope.ts'
import type { TypeLookup } from './column-types.ts'
import { groupBy } from './group.ts'
import type { ByRelation } from './group.ts'
import type { Column } from './types.ts'

export interface ColumnRow {
  readonly relation: number
  readonly number: number
  readonly name: string
  readonly type: number
  readonly modifier: number
  readonly dimensions: number
  readonly notNull: boolean
  /** `pg_attribute.attgenerated`: `s`, `v` (from 18 on), or empty. */
  readonly generated: string
  /** `pg_attribute.attidentity`: `a`, `d`, or empty. */
  readonly identity: string
  readonly collation: number
  readonly default: string | null
  /** Rights on this column alone, as {@link RelationRow} has them; null for none. */
  readonly acl: string | null
  readonly comment: string | null
}

/** The type stays a number here: see {@link TypeLookup}. A generated column keeps its expression where others keep a default. */
export const columnsSql: string = `
select
  a.attrelid as relation,
  a.attnum as number,
  a.attname as name,
  a.atttypid as type,
  a.atttypmod as modifier,
  a.attndims::int4 as dimensions,
  a.attnotnull as "notNull",
  a.attgenerated as generated,
  a.attidentity as identity,
  a.attcollation as collation,
  pg_get_expr(d.adbin, d.adrelid) as default,
  a.attacl::text as acl,
  comment.description as comment
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum and a.attgenerated = ''
left join pg_description comment
  on comment.classoid = 'pg_class'::regclass and comment.objoid = a.attrelid and comment.objsubid = a.attnum
where a.attnum > 0 and not a.attisdropped and ${hasColumns} and ${inUserSchema}`

/** A collation that some column names on its own. */
export interface CollationRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
}

export const collationsSql: string = `
select l.oid, n.nspname as schema, l.collname as name
from pg_collation l
join pg_namespace n on n.oid = l.collnamespace
where l.oid in (select a.attcollation from pg_attribute a)`

/** In the order of their numbers. */
export const buildColumns = (
  rows: readonly ColumnRow[],
  collations: readonly CollationRow[],
  types: TypeLookup,
): ByRelation<Column> => {
  const collationSql = new Map(collations.map((collation) => [collation.oid, qualified(collation)]))
  const columns = new Map<number, Column[]>()
  for (const row of rows) {
    const column: Column = {
      number: row.number,
      name: row.name,
      type: types.find(row.type, row.modifier, row.dimensions),
      notNull: row.notNull,
      default: row.default,
      generated: row.generated === 's' ? 'stored' : row.generated === 'v' ? 'virtual' : null,
      identity: row.identity === 'a' ? 'always' : row.identity === 'd' ? 'by default' : null,
      collation: row.collation === types.collation(row.type) ? null : (collationSql.get(row.collation) ?? null),
      comment: row.comment,
    }
    const siblings = columns.get(row.relation)
    if (siblings) siblings.push(column)
    else columns.set(row.relation, [column])
  }
  for (const siblings of columns.values()) siblings.sort((a, b) => a.number - b.number)
  return columns
}

/** Resolves attribute numbers of a relation to names. */
export type ColumnNames = (relation: number, numbers: readonly number[]) => readonly string[]

export const indexColumnNames = (columnsOf: ByRelation<Column>): ColumnNames => {
  const nameOf = (relation: number, number: number): string => {
    const columns = columnsOf.get(relation) ?? []
    const candidate = columns[number - 1]
    const column = candidate?.number === number ? candidate : columns.find((other) => other.number === number)
    if (!column) throw new Error(`relation ${relation} has no column number ${number}`)
    return column.name
  }
  return (relation, numbers) => numbers.map((number) => nameOf(relation, number))
}

/** The columns that somebody has rights on besides those on their table. */
export const indexColumnAcls = (rows: readonly ColumnRow[]): ByRelation<ColumnRow> =>
  groupBy(
    rows.filter(({ acl }) => acl !== null),
    ({ relation }) => relation,
  )
