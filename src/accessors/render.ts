import type { Column, ColumnType } from '../catalog/types.ts'
import type { Settings } from '../config/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { byCodePoint } from '../order.ts'
import { identifier, qualified } from '../sql/quote.ts'
import type { JsonType } from './json-types.ts'
import { type AccessorName, nameAccessors, nameProperties, pascalCase } from './names.ts'
import type { ValueCodec } from '../history/mod.ts'
import type { RelatedTable, Relation } from './relations.ts'
import { commentText, propertyName, stringLiteral } from './text.ts'
import { describeValue, underlyingType, type ValueType } from './value-type.ts'

/** How accessors are to look. `name` is what {@link nameAccessors} says among all tables. */
export interface RenderOptions extends Pick<Settings, 'values' | 'naming'> {
  readonly name?: AccessorName
  /** What {@link relateTables} says. */
  readonly relations?: readonly Relation[] | undefined
  /** What {@link findJsonTypes} says of the table. */
  readonly jsonTypes?: ReadonlyMap<string, JsonType> | undefined
  /** What {@link brandIds} says of the table. */
  readonly brands?: ReadonlyMap<string, AccessorName> | undefined
  /** How accessors import each other. */
  readonly importExtension?: Settings['importExtension']
}

/** The module that reads one table's history: TypeScript, not formatted yet. */
export const renderAccessor = (table: VersionedTable, options: RenderOptions): string => {
  const name = options.name ?? nameAccessors([table]).get(table)
  if (!name) throw new RangeError('a table without a name')
  const relations = options.relations ?? []
  const live = liveTargets(relations, options)
  const imported = nameImports(options.jsonTypes ?? new Map(), reservedTypes(name, relations, options))
  const columns = describeColumns(table.columns, options)
    .map((each) => ({ ...each, nullable: !each.required || isYounger(table, each.column) }))
    .map((each) => specialize(each, imported, options.brands))
  const key = table.key.flatMap((part) => columns.filter(({ column }) => column.name === part.name))
  const instance = key.map((each) => ({ ...each, modelProperty: modelPropertyOf(table, each.column, each.property) }))
  // A model knows nothing of brands.
  const hasInstance = instance.some(
    ({ property, modelProperty, value, instanceInput }) => property !== modelProperty || value.input !== instanceInput,
  )

  const base = `\`${commentText(`${table.base.schema}.${table.base.name}`)}\``
  const kept = `\`${commentText(`${table.version.schema}.${table.version.name}`)}\``
  const [ownBrand] = columns.flatMap(({ brand, instanceOutput }) => (brand === name ? [instanceOutput] : []))
  // What can be compared with more than it is read as.
  const wider = columns.filter(({ value }) => value.input !== value.output)
  const related = relations.length > 0 ? [`${name.type}Related`] : []
  const parameters = [
    `${name.type}Key`,
    `${name.type}Data`,
    ...(hasInstance ? [`${name.type}Instance`] : wider.length + relations.length > 0 ? [`${name.type}Key`] : []),
    ...(wider.length > 0 ? [`${name.type}Input`] : relations.length > 0 ? ['None'] : []),
    ...related,
  ]
  const history = `History<${parameters.join(', ')}>`
  // What is behind a join table is described in the module of that table.
  const isDirect = ({ base: other }: LiveTarget) =>
    relations.some(({ kind, target }) => kind === 'foreign key' && target.base === other)
  const usesJson = [...columns, ...live.flatMap(({ columns }) => columns)].some(({ value }) =>
    /\bJson\b/.test(`${value.output} ${value.input}`),
  )

  // The history of a table called "create".
  const create = name.value === 'create' ? 'createHistoryOf' : 'createHistory'

  return [
    `import {`,
    `  type Connection,`,
    create === 'createHistory' ? `  createHistory,` : `  createHistory as ${create},`,
    `  type History,`,
    ...(usesJson ? [`  type Json,`] : []),
    ...(live.length > 0 ? [`  type Live,`] : []),
    ...(live.some(isDirect) ? [`  type LiveTableDescriptor,`] : []),
    ...(wider.length === 0 && relations.length > 0 ? [`  type None,`] : []),
    `  type State,`,
    `  type TableDescriptor,`,
    `  type Version,`,
    `} from "versiongen/history"`,
    ...importTargets(table, name, options),
    ...importTypes(imported),
    ``,
    ...(ownBrand === undefined
      ? []
      : [
          `/** The key of ${base}, told from those of other tables. */`,
          `export type ${name.type}Id = ${ownBrand} & { readonly __brand: ${stringLiteral(name.stem)} }`,
          ``,
        ]),
    `/** The key of ${base}. */`,
    `export interface ${name.type}Key {`,
    ...key.map(({ property, value }) => `  readonly ${propertyName(property)}: ${value.input}`),
    `}`,
    ``,
    `/** A row of ${base}, as its history keeps it. */`,
    `export interface ${name.type}Data {`,
    ...columns.flatMap(renderProperty),
    `}`,
    ``,
    ...(hasInstance
      ? [
          `/** What of a model instance says which row it stands for. */`,
          `export interface ${name.type}Instance {`,
          ...instance.map(
            ({ modelProperty, instanceInput }) => `  readonly ${propertyName(modelProperty)}: ${instanceInput}`,
          ),
          `}`,
          ``,
        ]
      : []),
    ...(wider.length > 0
      ? [
          `/** What columns of ${base} can be compared with, where that is more than what they are read as. */`,
          `export interface ${name.type}Input {`,
          ...wider.map(({ property, value }) => `  readonly ${propertyName(property)}: ${value.input}`),
          `}`,
          ``,
        ]
      : []),
    ...(relations.length > 0
      ? [
          `/** What foreign keys tie a row of ${base} to. */`,
          `export interface ${name.type}Related {`,
          ...relations.flatMap((relation) => [
            `  /** ${describeRelation(relation)} */`,
            `  readonly ${propertyName(relation.name)}: ${relatedType(relation, live)}${relation.many ? '[]' : ' | undefined'}`,
          ]),
          `}`,
          ``,
        ]
      : []),
    ...live.flatMap(({ base: other, name: { type }, columns: otherColumns }) => [
      `/** A row of \`${commentText(`${other.schema}.${other.name}`)}\`, which keeps no history: as it is now. */`,
      `export interface ${type}Row {`,
      ...otherColumns.flatMap(renderProperty),
      `}`,
      ``,
    ]),
    `/** A row of ${base} as it was at a moment. */`,
    `export type ${name.type}State = State<${[`${name.type}Key`, `${name.type}Data`, ...related].join(', ')}>`,
    ``,
    `/** One state of a row of ${base}, among all its states. */`,
    `export type ${name.type}Version = Version<${[`${name.type}Key`, `${name.type}Data`, ...related].join(', ')}>`,
    ``,
    `/**`,
    ` * The history of ${base}, kept in ${kept}.`,
    ` *`,
    ` * @param db a pg Client, Pool or PoolClient, a postgres.js \`sql\` or transaction, a PGlite or its transaction`,
    ` */`,
    `export const ${name.value}History = (db: Connection): ${history} => ${create}(db, ${name.value}Descriptor)`,
    ``,
    `/** What is known about ${base}, for the modules of tables it is related to. */`,
    `export const ${name.value}Descriptor: TableDescriptor = {`,
    `  table: ${tableName(table.base)},`,
    `  versionTable: ${tableName(table.version)},`,
    `  transactionTable: {`,
    `    schema: ${stringLiteral(table.transaction.schema)},`,
    `    name: ${stringLiteral(table.transaction.name)},`,
    `    issuedAt: ${issuedAt(table)},`,
    `    remoteAddr: ${table.transaction.remoteAddr !== null},`,
    `    userId: ${table.transaction.userId !== null},`,
    `  },`,
    `  transactionColumn: ${stringLiteral(table.transactionColumn)},`,
    `  endTransactionColumn: ${table.endTransactionColumn === null ? 'null' : stringLiteral(table.endTransactionColumn)},`,
    `  operationColumn: ${stringLiteral(table.operationColumn)},`,
    `  key: [${table.key.map((column) => stringLiteral(column.name)).join(', ')}],`,
    `  columns: [`,
    ...columns.map(({ column, property, value, required }) => {
      const ofKey = instance.find((each) => each.column === column)
      const entries = [
        `name: ${stringLiteral(column.name)}`,
        property === column.name ? '' : `property: ${stringLiteral(property)}`,
        ofKey && ofKey.modelProperty !== property ? `modelProperty: ${stringLiteral(ofKey.modelProperty)}` : '',
        `codec: ${renderCodec(value.codec)}`,
        column.type.comparable ? `cast: ${stringLiteral(castType(column.type))}` : '',
        required ? 'required: true' : '',
        column.generated === null ? '' : 'generated: true',
        column.identity === 'always' ? 'identityAlways: true' : '',
      ]
      return `    { ${entries.filter((entry) => entry !== '').join(', ')} },`
    }),
    `  ],`,
    ...(relations.length > 0 ? [`  relations: [`, ...relations.map(renderRelation), `  ],`] : []),
    `}`,
    ``,
    ...live.filter(isDirect).flatMap(({ base: other, name: { value }, columns: otherColumns }) => [
      `const ${value}Live: LiveTableDescriptor = {`,
      `  table: ${tableName(other)},`,
      `  key: ${literals(other.primaryKey?.columns ?? [])},`,
      `  columns: [`,
      ...otherColumns.map(({ column, property, value: { codec } }) => {
        const entries = [
          `name: ${stringLiteral(column.name)}`,
          property === column.name ? '' : `property: ${stringLiteral(property)}`,
          `codec: ${renderCodec(codec)}`,
          column.type.comparable ? `cast: ${stringLiteral(castType(column.type))}` : '',
        ]
        return `    { ${entries.filter((entry) => entry !== '').join(', ')} },`
      }),
      `  ],`,
      `}`,
      ``,
    ]),
  ].join('\n')
}

/** A column, and what becomes of it. */
interface DescribedColumn {
  readonly column: Column
  readonly property: string
  readonly value: ValueType
  readonly required: boolean
  readonly nullable: boolean
}

/** Added when there was a history already, whose older versions hold nothing there. */
const isYounger = ({ history, key, transactionColumn }: VersionedTable, column: Column): boolean => {
  if (history?.isHistory !== true || key.some(({ name }) => name === column.name)) return false
  // Version tables are made with their own columns last.
  const own = history.relation.columns.find(({ name }) => name === transactionColumn)
  const kept = history.match.keeps.get(column.name)
  return own !== undefined && (kept === undefined || kept.number > own.number)
}

/** One of the table's own, whose types may be narrower than those of its kind. */
interface SpecialColumn extends DescribedColumn {
  /** The table whose key it holds. */
  readonly brand: AccessorName | undefined
  /** What its values are without the brand: read, and given. */
  readonly instanceOutput: string
  readonly instanceInput: string
}

const specialize = (
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

const describeColumns = (columns: readonly Column[], options: RenderOptions): readonly DescribedColumn[] => {
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

const renderProperty = ({ column, property, value, nullable }: DescribedColumn): readonly string[] => [
  `  /** ${describeColumn(column)} */`,
  `  readonly ${propertyName(property)}: ${value.output}${nullable ? ' | null' : ''}`,
]

interface LiveTarget extends RelatedTable {
  readonly columns: readonly DescribedColumn[]
}

/** The tables without history among the related ones, by name. */
const liveTargets = (relations: readonly Relation[], options: RenderOptions): readonly LiveTarget[] => {
  const targets = new Map(relations.flatMap(({ target }) => (target.history ? [] : [[target.base, target] as const])))
  return [...targets.values()]
    .toSorted((a, b) => byCodePoint(a.name.stem, b.name.stem))
    .map((target) => ({ ...target, columns: describeColumns(target.base.columns, options) }))
}

const renderRelation = (relation: Relation): string => {
  const name = `name: ${stringLiteral(relation.name)}`
  if (relation.kind === 'through') return `    { ${name}, through: ${literals(relation.path)} },`
  const { columns, target, targetColumns, many, outgoing } = relation
  const descriptor = `${target.name.value}${target.history ? 'Descriptor' : 'Live'}`
  return (
    `    { ${name}, columns: ${literals(columns)}, target: () => ${descriptor}, ` +
    `targetColumns: ${literals(targetColumns)}, many: ${many}, refers: ${outgoing} },`
  )
}

/** As TypeScript: a name, or the parts it is made of. */
const renderCodec = (codec: ValueCodec): string => {
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

const literals = (texts: readonly string[]): string => `[${texts.map(stringLiteral).join(', ')}]`

/** One import for each other accessor that this one needs. */
const importTargets = (
  table: VersionedTable,
  own: AccessorName,
  { relations = [], brands = new Map(), importExtension = '.ts' }: RenderOptions,
): string[] => {
  const modules = new Map<string, Set<string>>()
  const add = (stem: string, ...names: readonly string[]): void => {
    const known = modules.get(stem) ?? new Set()
    for (const each of names) known.add(each)
    modules.set(stem, known)
  }
  for (const { kind, target } of relations) {
    const { stem, type, value } = target.name
    if (!target.history || target.history === table) continue
    add(stem, ...(kind === 'foreign key' ? [`${value}Descriptor`] : []), `type ${type}State`)
  }
  for (const { stem, type } of brands.values()) if (stem !== own.stem) add(stem, `type ${type}Id`)
  return [...modules]
    .toSorted(([a], [b]) => byCodePoint(a, b))
    .map(([stem, found]) => {
      const isType = (each: string): boolean => each.startsWith('type ')
      const names = [...found].toSorted((a, b) => Number(isType(a)) - Number(isType(b)) || byCodePoint(a, b))
      const clause = names.every(isType)
        ? `type { ${names.map((each) => each.slice(5)).join(', ')} }`
        : `{ ${names.join(', ')} }`
      return `import ${clause} from ${stringLiteral(`./${stem}${importExtension}`)}`
    })
}

interface NamedImport extends JsonType {
  /** What it is called here. */
  readonly local: string
}

/** Names for imported types that collide with nothing in the module, nor with each other. */
const nameImports = (
  types: ReadonlyMap<string, JsonType>,
  reserved: ReadonlySet<string>,
): ReadonlyMap<string, NamedImport> => {
  const locals = new Map<string, string>()
  const taken = new Set(reserved)
  const localOf = ({ module, name }: JsonType, column: string): string => {
    const known = locals.get(JSON.stringify([module, name]))
    if (known !== undefined) return known
    const wanted = name === 'default' ? pascalCase(column) : name
    let local = wanted
    for (let n = 2; taken.has(local); n++) local = `${wanted}${n}`
    taken.add(local)
    locals.set(JSON.stringify([module, name]), local)
    return local
  }
  return new Map([...types].map(([column, type]) => [column, { ...type, local: localOf(type, column) }]))
}

/** Every type that the module names already. */
const reservedTypes = (
  { type }: AccessorName,
  relations: readonly Relation[],
  { brands = new Map() }: RenderOptions,
): ReadonlySet<string> =>
  new Set([
    ...['Connection', 'Date', 'History', 'Json', 'Live', 'LiveTableDescriptor', 'None', 'State', 'TableDescriptor'],
    ...['Uint8Array', 'Version'],
    ...['Data', 'Id', 'Input', 'Instance', 'Key', 'Related', 'State', 'Version'].map((suffix) => `${type}${suffix}`),
    ...relations.map(({ target }) => `${target.name.type}${target.history ? 'State' : 'Row'}`),
    ...[...brands.values()].map((brand) => `${brand.type}Id`),
  ])

const importTypes = (imported: ReadonlyMap<string, NamedImport>): readonly string[] => {
  const modules = new Map<string, Set<string>>()
  for (const { module, name, local } of imported.values()) {
    const known = modules.get(module) ?? new Set()
    modules.set(module, known.add(name === local ? name : `${name} as ${local}`))
  }
  return [...modules]
    .toSorted(([a], [b]) => byCodePoint(a, b))
    .map(
      ([module, names]) =>
        `import type { ${[...names].toSorted(byCodePoint).join(', ')} } from ${stringLiteral(module)}`,
    )
}

/** `MineState`, or `Live<CompanyRow, "id">`. */
const relatedType = ({ target: { history, name, base } }: Relation, live: readonly LiveTarget[]): string => {
  if (history) return `${name.type}State`
  const columns = live.find((target) => target.base === base)?.columns ?? []
  const key = columns.filter(({ column }) => base.primaryKey?.columns.includes(column.name))
  return `Live<${[`${name.type}Row`, ...(key.length > 0 ? [key.map(({ property }) => stringLiteral(property)).join(' | ')] : [])].join(', ')}>`
}

const describeRelation = (relation: Relation): string => {
  const { base } = relation.target
  const other = `\`${commentText(`${base.schema}.${base.name}`)}\``
  if (relation.kind === 'through') {
    const { schema, name } = relation.join.base
    return `The rows of ${other} that \`${commentText(`${schema}.${name}`)}\` ties it to.`
  }
  const { foreignKey, outgoing, many } = relation
  const columns = `\`${commentText(foreignKey.columns.join(', '))}\``
  if (outgoing) return `The row of ${other} that ${columns} refers to.`
  return many
    ? `The rows of ${other} whose ${columns} refers to it.`
    : `The row of ${other} whose ${columns} refers to it.`
}

const tableName = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  `{ schema: ${stringLiteral(schema)}, name: ${stringLiteral(name)} }`

const issuedAt = ({ transaction }: VersionedTable): string =>
  transaction.issuedAt === null ? 'null' : transaction.issuedAt.withTimeZone ? '"timestamptz"' : '"timestamp"'

const describeColumn = ({ type, comment }: Column): string =>
  comment === null ? `\`${commentText(type.sql)}\`` : `\`${commentText(type.sql)}\`: ${commentText(comment)}`

/** Without a modifier, for an explicit cast to `varchar(3)` would cut what is too long, and so find another row. */
const castType = (type: ColumnType): string => {
  const { schema, name } = underlyingType(type)
  return schema === 'pg_catalog' ? identifier(name) : qualified({ schema, name })
}

const modelPropertyOf = ({ model }: VersionedTable, column: Column, property: string): string => {
  const declared = model.properties.filter(({ columnName }) => columnName === column.name)
  return declared.find(({ name }) => name === property)?.name ?? declared[0]?.name ?? property
}
