import { relative } from 'node:path'
import { nearestNames } from '../nearest-names.ts'
import type { Column, ColumnType } from '../catalog/types.ts'
import type { Settings } from '../config/types.ts'
import { VersiongenError } from '../errors.ts'
import type { ExportedType } from '../models/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { keptColumns } from './describe-columns.ts'

/** What json in a column is, as TypeScript. */
export interface JsonType {
  /** The module, as the accessor imports it. */
  readonly module: string
  /** What it exports; `default` is one. */
  readonly name: string
  /** Whether the column holds an array of it. */
  readonly list: boolean
}

/**
 * What json columns of each table hold: the type that the configuration chooses, else the model's own.
 *
 * @throws VersiongenError `config-invalid` when the configuration chooses one for what is no json column.
 */
export const findJsonTypes = (
  tables: readonly VersionedTable[],
  { types = [], out, importExtension, configFile }: Pick<Settings, 'types' | 'out' | 'importExtension' | 'configFile'>,
): ReadonlyMap<VersionedTable, ReadonlyMap<string, JsonType>> => {
  const found = new Map(tables.map((table) => [table, modelTypes(table, { out, importExtension })]))
  for (const choice of types) {
    const where = configFile === undefined ? undefined : { where: { file: configFile } }
    const refuse = (message: string, near: readonly string[] = []): VersiongenError =>
      new VersiongenError(
        'config-invalid',
        `types chooses a type for ${choice.table}.${choice.column}, but ${message}`,
        {
          ...where,
          ...(near[0] === undefined ? {} : { hint: `did you mean ${near[0]}?` }),
        },
      )
    const named = tables.filter(({ base }) => [base.name, `${base.schema}.${base.name}`].includes(choice.table))
    const [table] = named
    if (!table) {
      const names = tables.flatMap(({ base }) => [base.name, `${base.schema}.${base.name}`])
      throw refuse('there is no such table with history', nearestNames(choice.table, names))
    }
    const bases = new Set(named.map(({ base }) => `${base.schema}.${base.name}`))
    if (bases.size > 1) throw refuse(`that could be ${[...bases].join(' or ')}: name it with its schema`)
    const columns = keptColumns(table)
    const column = columns.find(({ name }) => name === choice.column)
    if (!column) {
      throw refuse(
        'there is no such column in its history',
        nearestNames(
          choice.column,
          columns.map(({ name }) => name),
        ),
      )
    }
    if (jsonDepth(column.type) === undefined) throw refuse(`that is ${column.type.sql}, and only json is read as one`)
    const module = choice.package ?? importPath(out, choice.file, importExtension)
    for (const each of named) found.get(each)?.set(column.name, { module, name: choice.name, list: false })
  }
  return found
}

const modelTypes = (
  { columns, model }: VersionedTable,
  { out, importExtension }: Pick<Settings, 'out' | 'importExtension'>,
): Map<string, JsonType> =>
  new Map(
    columns.flatMap((column) => {
      const type = typeInModel(column, model.properties)
      if (!type) return []
      const { name, list, file } = type
      return [[column.name, { name, list, module: importPath(out, file, importExtension) }] as const]
    }),
  )

/** Where the model says what the column holds, and says it of json. */
const typeInModel = (column: Column, properties: VersionedTable['model']['properties']): ExportedType | undefined => {
  const depth = jsonDepth(column.type)
  const types = properties.filter(({ columnName }) => columnName === column.name).map(({ exported }) => exported)
  const [type] = types
  if (depth === undefined || type === undefined || types.length > 1) return undefined
  // A json column may hold a list; an array of json is one.
  if (depth === 0) return type
  return depth === 1 && type.list ? { ...type, list: false } : undefined
}

/** How many arrays are around the json; undefined: there is none. */
const jsonDepth = (type: ColumnType): number | undefined => {
  if (type.kind === 'domain' && type.of) return jsonDepth(type.of)
  if (type.kind !== 'array' || !type.of) {
    return type.schema === 'pg_catalog' && (type.name === 'json' || type.name === 'jsonb') ? 0 : undefined
  }
  const depth = jsonDepth(type.of)
  return depth === undefined ? undefined : depth + Math.max(type.dimensions, 1)
}

/** A file as a module in the folder imports it. */
const importPath = (folder: string, file: string, extension: Settings['importExtension']): string => {
  const path = relative(folder, file).replaceAll('\\', '/')
  const bare = path.startsWith('.') ? path : `./${path}`
  const ending = /(\.d)?\.([mc]?)[jt]sx?$/.exec(bare)
  if (!ending || (extension === '.ts' && ending[1] === undefined)) return bare
  const stem = bare.slice(0, ending.index)
  const kind = ending[2] ?? ''
  // Without an extension only those are found that need none.
  return extension === '' && kind === '' ? stem : `${stem}.${kind}js`
}
