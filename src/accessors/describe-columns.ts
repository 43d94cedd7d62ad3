import type { Column, ColumnType } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { identifier, qualified } from '../sql/quote.ts'
import { type AccessorName, nameProperties } from './names.ts'
import type { NamedImport } from './render-imports.ts'
import type { RenderOptions } from './render-options.ts'
import { commentText, propertyName, stringLiteral } from './text.ts'
import type { ValueCodec } from '../history/mod.ts'
import { isTextual } from '../history/textual.ts'
import { describeValue, underlyingType, type ValueType } from './value-type.ts'

/** A column, and what becomes of it. */
export interface DescribedColumn {
  readonly column: Column
  readonly property: string
  readonly value: ValueType
  readonly required: boolean
  readonly nullable: boolean
  /** Only history has it. */
  readonly dropped?: boolean
}

/** One of the table's own, whose types may be narrower than those of its kind. */
interface SpecialColumn extends DescribedColumn {
  /** The table whose key it holds. */
  readonly brand: AccessorName | undefined
  /** What its values are without the brand: read, and given. */
  readonly instanceOutput: string
  readonly instanceInput: string
}

/** What history has kept: columns of the table, then those that it has no longer, which may be null. */
export const keptColumns = ({ columns, history }: VersionedTable): readonly Column[] => [
  ...columns,
  ...(history?.isHistory === true ? history.former : []).map((column) => ({
    ...column,
    notNull: false,
    type: { ...column.type, domainNotNull: false },
    generated: null,
    identity: null,
  })),
]

export const describeColumns = (columns: readonly Column[], options: RenderOptions): readonly DescribedColumn[] => {
  const properties = nameProperties(columns, options.naming)
  return columns.map((column) => ({
    column,
    property: properties.get(column.name) ?? column.name,
    value: describeValue(column.type, options.values, options.naming),
    required: isRequired(column),
    nullable: !isRequired(column),
  }))
}

const isRequired = ({ notNull, type }: Column): boolean => notNull || type.domainNotNull

/** Added, perhaps again, when there was a history already: there are versions that hold nothing there. */
export const isYounger = ({ base, history, key, transactionColumn }: VersionedTable, column: Column): boolean => {
  if (history?.isHistory !== true || key.some(({ name }) => name === column.name)) return false
  // Version tables are made with their own columns last.
  const own = history.relation.columns.find(({ name }) => name === transactionColumn)
  const kept = history.match.keeps.get(column.name)
  if (own === undefined) return false
  if (kept === undefined || kept.number > own.number) return true
  // Dropped and added again it has left a gap in the table, and stands there after columns that in the history come later.
  const earlier = base.columns.filter(({ number }) => number < column.number)
  return (
    earlier.length < column.number - 1 &&
    earlier.some(({ name }) => (history.match.keeps.get(name)?.number ?? 0) > kept.number)
  )
}

export const specialize = (
  described: DescribedColumn,
  imported: ReadonlyMap<string, NamedImport>,
  brands: RenderOptions['brands'],
): SpecialColumn => {
  const { column, value } = described
  const brand = brands?.get(column.name)
  const type = imported.get(column.name)
  const plain = { ...described, brand, instanceOutput: value.output, instanceInput: value.input }
  if (brand) return { ...plain, value: { ...value, output: `${brand.type}Id`, input: `${brand.type}Id` } }
  if (!type) return plain
  return {
    ...plain,
    value: { ...value, output: value.output.replace('Json', `${type.local}${type.list ? '[]' : ''}`) },
  }
}

export const renderProperty = ({
  column,
  property,
  value,
  nullable,
  dropped = false,
}: DescribedColumn): readonly string[] => [
  `  /** ${describeColumn(column)}${dropped ? '; the table has it no longer' : ''} */`,
  `  readonly ${propertyName(property)}: ${value.output}${nullable ? ' | null' : ''}`,
]

const describeColumn = ({ type, comment }: Column): string =>
  comment === null ? `\`${commentText(type.sql)}\`` : `\`${commentText(type.sql)}\`: ${commentText(comment)}`

/** What values of a column can be compared with, as TypeScript: which comparisons there are depends on the type. */
export const comparedWith = ({ column, value: { codec, input } }: DescribedColumn): string => {
  if (!column.type.comparable) return codec === 'json' ? `Unordered<${input}>` : 'Unordered'
  const single = typeof codec === 'string' ? !codec.endsWith('[]') : 'bounds' in codec || 'ranges' in codec
  const citext = underlyingType(column.type).name === 'citext'
  return single && !citext && !isTextual(codec) && /\bstring\b/.test(input) ? `Ordered<${input}>` : input
}

/** As TypeScript: a name, or the parts it is made of. */
export const renderCodec = (codec: ValueCodec): string => {
  if (typeof codec === 'string') return stringLiteral(codec)
  if ('elements' in codec) return `{ elements: ${renderCodec(codec.elements)} }`
  if ('bounds' in codec) return `{ bounds: ${renderCodec(codec.bounds)} }`
  if ('ranges' in codec) return `{ ranges: ${renderCodec(codec.ranges)} }`
  const fields = codec.fields.map((field) => {
    const property = field.property === undefined ? '' : `property: ${stringLiteral(field.property)}, `
    return `{ name: ${stringLiteral(field.name)}, ${property}codec: ${renderCodec(field.codec)} }`
  })
  return `{ fields: [${fields.join(', ')}] }`
}

/** Without a modifier, for an explicit cast to `varchar(3)` would cut what is too long, and so find another row. */
export const castType = (type: ColumnType): string => {
  const { schema, name } = underlyingType(type)
  return schema === 'pg_catalog' ? identifier(name) : qualified({ schema, name })
}
