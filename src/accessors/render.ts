import type { Column } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import {
  castType,
  comparedWith,
  describeColumns,
  isYounger,
  keptColumns,
  renderCodec,
  renderProperty,
  specialize,
} from './describe-columns.ts'
import { nameAccessors } from './names.ts'
import { importTargets, importTypes, nameImports, reservedTypes } from './render-imports.ts'
import type { RenderOptions } from './render-options.ts'
import {
  describeRelation,
  literals,
  liveTargets,
  type LiveTarget,
  relatedType,
  renderRelation,
} from './render-relations.ts'
import { commentText, propertyName, stringLiteral } from './text.ts'

/** The module that reads one table's history: TypeScript, not formatted yet. */
export const renderAccessor = (table: VersionedTable, options: RenderOptions): string => {
  const name = options.name ?? nameAccessors([table]).get(table)
  if (!name) throw new RangeError('a table without a name')
  const relations = options.relations ?? []
  const live = liveTargets(relations, options)
  const imported = nameImports(options.jsonTypes ?? new Map(), reservedTypes(name, relations, options))
  const columns = describeColumns(keptColumns(table), options)
    .map((each) => ({
      ...each,
      nullable: !each.required || isYounger(table, each.column),
      dropped: !table.columns.includes(each.column),
    }))
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
  // What is not compared with just what it is read as.
  const compared = columns
    .map((each) => ({ ...each, input: comparedWith(each) }))
    .filter(({ input, value }) => input !== value.output)
  const related = relations.length > 0 ? [`${name.type}Related`] : []
  const parameters = [
    `${name.type}Key`,
    `${name.type}Data`,
    ...(hasInstance ? [`${name.type}Instance`] : compared.length + relations.length > 0 ? [`${name.type}Key`] : []),
    ...(compared.length > 0 ? [`${name.type}Input`] : relations.length > 0 ? ['None'] : []),
    ...related,
  ]
  const history = `History<${parameters.join(', ')}>`
  // What is behind a join table is described in the module of that table.
  const isDirect = ({ base: other }: LiveTarget) =>
    relations.some(({ kind, target }) => kind === 'foreign key' && target.base === other)
  const usesJson = [...columns, ...live.flatMap(({ columns }) => columns)].some(({ value }) =>
    /\bJson\b/.test(`${value.output} ${value.input}`),
  )

  const uses = (type: string) => compared.some(({ input }) => input === type || input.startsWith(`${type}<`))

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
    ...(compared.length === 0 && relations.length > 0 ? [`  type None,`] : []),
    ...(uses('Ordered') ? [`  type Ordered,`] : []),
    `  type State,`,
    `  type TableDescriptor,`,
    ...(uses('Unordered') ? [`  type Unordered,`] : []),
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
    ...(compared.length > 0
      ? [
          `/** What columns of ${base} can be compared with, where that is not just what they are read as. */`,
          `export interface ${name.type}Input {`,
          ...compared.map(({ property, input }) => `  readonly ${propertyName(property)}: ${input}`),
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
    ` * @param db a pg Client, Pool or PoolClient, a postgres.js \`sql\` or transaction, a PGlite or its transaction,`,
    ` *   or a handle of Drizzle, Kysely or TypeORM`,
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
    ...(table.transaction.meta === undefined ? [] : [`    meta: true,`]),
    `  },`,
    `  transactionColumn: ${stringLiteral(table.transactionColumn)},`,
    `  endTransactionColumn: ${table.endTransactionColumn === null ? 'null' : stringLiteral(table.endTransactionColumn)},`,
    `  operationColumn: ${stringLiteral(table.operationColumn)},`,
    `  key: [${table.key.map((column) => stringLiteral(column.name)).join(', ')}],`,
    `  columns: [`,
    ...columns.map(({ column, property, value, required, dropped }) => {
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
        dropped ? 'dropped: true' : '',
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

const tableName = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  `{ schema: ${stringLiteral(schema)}, name: ${stringLiteral(name)} }`

const issuedAt = ({ transaction }: VersionedTable): string =>
  transaction.issuedAt === null ? 'null' : transaction.issuedAt.withTimeZone ? '"timestamptz"' : '"timestamp"'

const modelPropertyOf = ({ model }: VersionedTable, column: Column, property: string): string => {
  const declared = model.properties.filter(({ columnName }) => columnName === column.name)
  return declared.find(({ name }) => name === property)?.name ?? declared[0]?.name ?? property
}
