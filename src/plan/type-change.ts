import type { ColumnType } from '../catalog/types.ts'
import { typeWithoutModifier } from '../sql/column-type.ts'

/** What has to happen to a version column so that it holds all values of a base column, and all it holds already. */
export type TypeChange =
  /** Nothing: it has the type, or a wider one. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'convert'
      readonly to: ColumnType
      /** Whether Postgres writes every row anew, under ACCESS EXCLUSIVE. */
      readonly rewrite: boolean
      /** Casts that take an old value to the new type, in order; none when Postgres knows the way. */
      readonly using: readonly string[]
    }
  /** `zone`: an instant cannot be told from a local time without a zone that only a person knows. */
  | { readonly kind: 'refuse'; readonly reason: 'zone' | 'incompatible' }

const none: TypeChange = { kind: 'none' }
const refuse: TypeChange = { kind: 'refuse', reason: 'incompatible' }
const zone: TypeChange = { kind: 'refuse', reason: 'zone' }

const convert = (to: ColumnType, options: { rewrite: boolean; using?: readonly string[] }): TypeChange => ({
  kind: 'convert',
  to,
  rewrite: options.rewrite,
  using: options.using ?? [],
})

/**
 * Compares the type of a version column with the type its base column has now. History is never made narrower: what was
 * wider stays, and where neither type holds the values of the other, a type that holds both takes over, if there is one.
 */
export const compareTypes = (version: ColumnType, base: ColumnType): TypeChange => {
  if (version.sql === base.sql) return none
  if (version.kind === 'domain' && version.of !== null && version.oid !== base.oid) {
    const inner = compareTypes(version.of, base)
    return inner.kind === 'none' ? convert(version.of, { rewrite: false }) : inner
  }
  if (base.kind === 'domain' && base.of !== null) return compareTypes(version, base.of)
  if (version.oid === base.oid) return compareModifiers(version, base)
  if (version.kind === 'array' && base.kind === 'array') return compareArrays(version, base)
  const [from, to] = [family(version), family(base)]
  if (from === 'text' || to === 'text') return compareWithText(version, base)
  if (version.kind === 'enum' && base.kind === 'enum') return compareEnums(version, base)
  if (from === undefined || to === undefined) return refuse
  if (from === 'clock' && to === 'clock') return compareClocks(version, base)
  for (const ladder of ladders) {
    const [a, b] = [ladder.indexOf(version.name), ladder.indexOf(base.name)]
    if (a < 0 || b < 0) continue
    if (a > b) return isUnlimited(version) ? none : convert(unlimited(version), { rewrite: false })
    return convert(unlimited(base), { rewrite: base.name !== 'inet' })
  }
  if (version.name === 'json' && base.name === 'jsonb') return convert(base, { rewrite: true, using: ['jsonb'] })
  if (version.name === 'jsonb' && base.name === 'json') return convert(base, { rewrite: true, using: ['json'] })
  return refuse
}

/** From narrow to wide: each holds every value of those before it. */
const ladders: readonly (readonly string[])[] = [
  ['int2', 'int4', 'int8', 'numeric'],
  ['float4', 'float8'],
  ['cidr', 'inet'],
]

const family = (type: ColumnType): 'text' | 'clock' | 'other' | undefined => {
  if (type.kind !== 'base' || type.schema !== 'pg_catalog') return undefined
  if (['text', 'varchar', 'bpchar'].includes(type.name)) return 'text'
  return ['date', 'timestamp', 'timestamptz'].includes(type.name) ? 'clock' : 'other'
}

/** Types whose text is the same whatever the settings of a session: their values survive as text. */
const plain: ReadonlySet<string> = new Set(
  'int2 int4 int8 numeric float4 float8 uuid bool inet cidr macaddr macaddr8 json jsonb oid bit varbit name'.split(' '),
)

const isPlain = (type: ColumnType): boolean =>
  type.kind === 'enum' || (type.kind === 'base' && type.schema === 'pg_catalog' && plain.has(type.name))

const isUnlimited = (type: ColumnType): boolean => type.modifier < 0

const unlimited = (type: ColumnType): ColumnType =>
  isUnlimited(type) ? type : { ...type, modifier: -1, sql: typeWithoutModifier(type) }

const text: ColumnType = {
  oid: 25,
  sql: 'text',
  schema: 'pg_catalog',
  name: 'text',
  kind: 'base',
  modifier: -1,
  dimensions: 0,
  enumLabels: null,
  of: null,
  domainNotNull: false,
  attributes: null,
  comparable: true,
}

const compareModifiers = (version: ColumnType, base: ColumnType): TypeChange => {
  if (isUnlimited(version)) return none
  if (isUnlimited(base)) return convert(base, { rewrite: false })
  if (version.kind === 'array') return convert(unlimited(base), { rewrite: false })
  if (version.schema === 'pg_catalog' && version.name === 'numeric') return compareNumerics(version, base)
  if (version.schema === 'pg_catalog' && ['varchar', 'varbit', 'time', 'timetz'].includes(version.name)) {
    return version.modifier >= base.modifier ? none : convert(base, { rewrite: false })
  }
  if (version.schema === 'pg_catalog' && ['timestamp', 'timestamptz'].includes(version.name)) {
    return version.modifier >= base.modifier ? none : convert(base, { rewrite: false })
  }
  return convert(unlimited(base), { rewrite: false })
}

const compareNumerics = (version: ColumnType, base: ColumnType): TypeChange => {
  const digits = ({ modifier }: ColumnType): { readonly precision: number; readonly scale: number } => ({
    precision: ((modifier - 4) >> 16) & 0xffff,
    scale: (modifier - 4) & 0x7ff,
  })
  const [a, b] = [digits(version), digits(base)]
  // Values of another scale would come out with other digits than they have in the base table: no limit keeps both.
  if (a.scale !== b.scale) return convert(unlimited(base), { rewrite: false })
  return a.precision >= b.precision ? none : convert(base, { rewrite: false })
}

const compareArrays = (version: ColumnType, base: ColumnType): TypeChange => {
  if (version.of === null || base.of === null) return refuse
  const inner = compareTypes({ ...version.of, modifier: version.modifier }, { ...base.of, modifier: base.modifier })
  if (inner.kind !== 'convert') return inner
  return inner.to.oid === base.of.oid && inner.using.length === 0 ? convert(unlimited(base), { rewrite: true }) : refuse
}

const compareWithText = (version: ColumnType, base: ColumnType): TypeChange => {
  const [from, to] = [family(version), family(base)]
  if (from === 'text' && to === 'text') {
    if (version.name !== 'bpchar' && isUnlimited(version)) return none
    const isShorter = version.name !== 'bpchar' && base.name !== 'bpchar' && version.modifier <= base.modifier
    if (isUnlimited(base) || isShorter)
      return convert(base.name === 'bpchar' ? text : base, { rewrite: version.name === 'bpchar' })
    return convert(text, { rewrite: version.name === 'bpchar' })
  }
  if (from === 'text' && isPlain(base)) {
    return version.name !== 'bpchar' && isUnlimited(version)
      ? none
      : convert(text, { rewrite: version.name === 'bpchar' })
  }
  return to === 'text' && isPlain(version) ? convert(text, { rewrite: true, using: ['text'] }) : refuse
}

const compareEnums = (version: ColumnType, base: ColumnType): TypeChange => {
  const labels = new Set(base.enumLabels)
  return (version.enumLabels ?? []).every((label) => labels.has(label))
    ? convert(base, { rewrite: true, using: ['text', base.sql] })
    : convert(text, { rewrite: true, using: ['text'] })
}

const compareClocks = (version: ColumnType, base: ColumnType): TypeChange => {
  if (version.name === 'timestamptz' || base.name === 'timestamptz') return zone
  return version.name === 'date' ? convert(unlimited(base), { rewrite: true }) : none
}
