import type { VersionedTable } from '../plan/types.ts'
import { byCodePoint } from '../order.ts'
import type { JsonType } from './json-types.ts'
import { type AccessorName, pascalCase } from './names.ts'
import type { Relation } from './relations.ts'
import type { RenderOptions } from './render-options.ts'
import { stringLiteral } from './text.ts'

/** One import for each other accessor that this one needs. */
export const importTargets = (
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

export interface NamedImport extends JsonType {
  /** What it is called here. */
  readonly local: string
}

/** Names for imported types that collide with nothing in the module, nor with each other. */
export const nameImports = (
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
export const reservedTypes = (
  { type }: AccessorName,
  relations: readonly Relation[],
  { brands = new Map() }: RenderOptions,
): ReadonlySet<string> =>
  new Set([
    ...[
      'Connection',
      'Date',
      'History',
      'Json',
      'Live',
      'LiveTableDescriptor',
      'None',
      'Ordered',
      'State',
      'TableDescriptor',
      'Unordered',
    ],
    ...['Uint8Array', 'Version'],
    ...['Data', 'Id', 'Input', 'Instance', 'Key', 'Related', 'State', 'Version'].map((suffix) => `${type}${suffix}`),
    ...relations.map(({ target }) => `${target.name.type}${target.history ? 'State' : 'Row'}`),
    ...[...brands.values()].map((brand) => `${brand.type}Id`),
  ])

export const importTypes = (imported: ReadonlyMap<string, NamedImport>): readonly string[] => {
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
