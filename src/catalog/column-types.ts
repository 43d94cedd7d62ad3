import { hasColumns, inUserSchema } from './scope.ts'
import type { Names } from './names.ts'
import type { ColumnType } from './types.ts'

/** One pair of `atttypid` and `atttypmod` that some column has, or that such a type is made of. */
export interface TypeRow {
  readonly oid: number
  readonly modifier: number
  readonly sql: string
  readonly schema: number
  readonly name: string
  /** `pg_type.typtype` */
  readonly kind: string
  /** The element type of a true array, the base type of a domain, the subtype of a range, a multirange's range; else 0. */
  readonly of: number
  readonly ofModifier: number
  readonly ofDimensions: number
  readonly isArray: boolean
  readonly notNull: boolean
  readonly collation: number
  readonly hasOperators: boolean
  /** Of a composite type: name, type and modifier of each attribute, in order; else null. */
  readonly attributes: readonly (readonly [name: string, type: number, modifier: number])[] | null
}

/**
 * `format_type` runs once for each distinct pair, not once for each column. `hasOperators` follows `GetDefaultOpClass`:
 * a default btree operator class of the type itself or of one it is binary coercible to, as varchar is to text, and
 * `int2vector`, which is no true array, to `anyarray`.
 */
export const typesSql: string = `
with recursive used (oid, modifier) as (
  select distinct a.atttypid, a.atttypmod
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  where a.attnum > 0 and not a.attisdropped and ${hasColumns} and ${inUserSchema}
  union
  select part.oid, part.modifier
  from used
  join pg_type t on t.oid = used.oid
  cross join lateral (
    select t.typbasetype, t.typtypmod where t.typtype = 'd'
    union all
    select element.oid, used.modifier from pg_type element where element.oid = t.typelem and element.typarray = t.oid
    union all
    select r.rngsubtype, -1 from pg_range r where t.typtype = 'r' and r.rngtypid = t.oid
    union all
    select r.rngtypid, -1 from pg_range r where t.typtype = 'm' and r.rngmultitypid = t.oid
    union all
    select a.atttypid, a.atttypmod
    from pg_attribute a
    where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
  ) part (oid, modifier)
)
select
  t.oid,
  used.modifier,
  format_type(t.oid, used.modifier) as sql,
  t.typnamespace as schema,
  t.typname as name,
  t.typtype as kind,
  coalesce(element.oid, range.part, t.typbasetype) as of,
  case when element.oid is null then t.typtypmod else used.modifier end as "ofModifier",
  case when element.oid is null then t.typndims else 0 end as "ofDimensions",
  element.oid is not null as "isArray",
  t.typnotnull as "notNull",
  t.typcollation as collation,
  t.typsubscript = 'array_subscript_handler'::regproc or exists (
    select
    from pg_opclass operators
    join pg_am method on method.oid = operators.opcmethod and method.amname = 'btree'
    where operators.opcdefault
      and (operators.opcintype = t.oid or operators.opcintype in (
        select casttarget from pg_cast where castsource = t.oid and castmethod = 'b' and castcontext = 'i'))
  ) as "hasOperators",
  case when t.typtype = 'c' then (
    select coalesce(json_agg(json_build_array(a.attname, a.atttypid::int8, a.atttypmod) order by a.attnum), '[]')
    from pg_attribute a
    where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
  ) end as attributes
from used
join pg_type t on t.oid = used.oid
left join pg_type element on element.oid = t.typelem and element.typarray = t.oid
left join lateral (
  select case t.typtype when 'r' then r.rngsubtype else r.rngtypid end as part
  from pg_range r
  where (t.typtype = 'r' and r.rngtypid = t.oid) or (t.typtype = 'm' and r.rngmultitypid = t.oid)
) range on true`

export interface EnumRow {
  readonly type: number
  readonly labels: readonly string[]
}

export const enumsSql: string = `
select enumtypid as type, array_agg(enumlabel::text order by enumsortorder) as labels
from pg_enum
group by enumtypid`

export interface TypeLookup {
  /** The type of a column; one object for all columns of the same type, modifier and dimensions. */
  find(oid: number, modifier: number, dimensions: number): ColumnType
  /** The type's own collation; 0 when it has none. */
  collation(oid: number): number
}

export const buildTypes = (rows: readonly TypeRow[], enums: readonly EnumRow[], schemas: Names): TypeLookup => {
  const rowOf = new Map(rows.map((row) => [typeKey(row.oid, row.modifier), row]))
  const collations = new Map(rows.map((row) => [row.oid, row.collation]))
  const labelsOf = new Map(enums.map((row) => [row.type, row.labels]))
  const comparable = new Map<TypeRow, boolean>()
  const types = new Map<string, ColumnType>()

  const requireRow = (oid: number, modifier: number): TypeRow => {
    const row = rowOf.get(typeKey(oid, modifier))
    if (!row) throw new Error(`pg_type has no row for type ${oid} with modifier ${modifier}`)
    return row
  }

  const isComparable = (row: TypeRow): boolean => {
    const known = comparable.get(row)
    if (known !== undefined) return known
    const answer =
      row.of !== 0
        ? isComparable(requireRow(row.of, row.ofModifier))
        : row.attributes !== null
          ? row.attributes.every(([, part, partModifier]) => isComparable(requireRow(part, partModifier)))
          : row.hasOperators || kindsWithOperators.has(row.kind)
    comparable.set(row, answer)
    return answer
  }

  const build = (oid: number, modifier: number, dimensions: number): ColumnType => {
    const row = requireRow(oid, modifier)
    const of = row.of === 0 ? null : find(row.of, row.ofModifier, row.ofDimensions)
    const kind = row.isArray ? 'array' : typeKind(row.kind)
    return {
      oid,
      sql: row.sql,
      schema: schemas.get(row.schema) ?? '',
      name: row.name,
      kind,
      modifier,
      dimensions,
      enumLabels:
        kind === 'enum'
          ? (labelsOf.get(oid) ?? [])
          : kind === 'range' || kind === 'multirange'
            ? null
            : (of?.enumLabels ?? null),
      of,
      domainNotNull: kind === 'domain' && (row.notNull || of?.domainNotNull === true),
      attributes:
        row.attributes?.map(([name, part, partModifier]) => ({ name, type: find(part, partModifier, 0) })) ?? null,
      comparable: isComparable(row),
    }
  }

  const find = (oid: number, modifier: number, dimensions: number): ColumnType => {
    const key = `${typeKey(oid, modifier)},${dimensions}`
    const known = types.get(key)
    if (known) return known
    const type = build(oid, modifier, dimensions)
    types.set(key, type)
    return type
  }

  return { find, collation: (oid) => collations.get(oid) ?? 0 }
}

const typeKey = (oid: number, modifier: number): string => `${oid},${modifier}`

/** Enums, ranges and multiranges: their operator classes are those of `anyenum`, `anyrange`, `anymultirange`. */
const kindsWithOperators: ReadonlySet<string> = new Set(['e', 'r', 'm'])

const typeKind = (typtype: string): ColumnType['kind'] => {
  switch (typtype) {
    case 'b':
      return 'base'
    case 'c':
      return 'composite'
    case 'd':
      return 'domain'
    case 'e':
      return 'enum'
    case 'm':
      return 'multirange'
    case 'p':
      return 'pseudo'
    case 'r':
      return 'range'
    default:
      throw new RangeError(`not a typtype of Postgres 14 to 18: ${typtype}`)
  }
}
