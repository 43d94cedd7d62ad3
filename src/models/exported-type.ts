import type { Node as MorphNode, SourceFile, ts as TypeScript } from 'ts-morph'
import { VersiongenError } from '../errors.ts'
import type { Resolver } from './resolve.ts'
import type { ExportedType } from './types.ts'

/**
 * Where a property's type can be imported from: an interface or a type without parameters that a file of the project
 * exports, alone, in an array or beside null. Undefined for all else.
 *
 * @param type as the compiler has it: there is one for each property, and to wrap all their parts would take longer than to
 *   parse the files
 * @param at what has the type
 */
export const findExportedType = (
  type: TypeScript.TypeNode | undefined,
  at: MorphNode,
  resolver: Resolver,
): ExportedType | undefined => {
  const { ts } = resolver.morph
  const find = (node: TypeScript.TypeNode | undefined): ExportedType | undefined => findExportedType(node, at, resolver)
  const inArray = (node: TypeScript.TypeNode): ExportedType | undefined => {
    const found = find(node)
    return found && !found.list ? { ...found, list: true } : undefined
  }
  if (type === undefined) return undefined
  if (ts.isParenthesizedTypeNode(type)) return find(type.type)
  if (ts.isArrayTypeNode(type)) return inArray(type.elementType)
  if (ts.isTypeOperatorNode(type)) return type.operator === ts.SyntaxKind.ReadonlyKeyword ? find(type.type) : undefined
  if (ts.isUnionTypeNode(type)) {
    const parts = type.types.filter((part) => !/^(?:null|undefined)$/.test(part.getText()))
    return parts.length === 1 ? find(parts[0]) : undefined
  }
  if (!ts.isTypeReferenceNode(type)) return undefined
  const name = type.typeName.getText()
  const [first] = type.typeArguments ?? []
  if (first === undefined) return ts.isIdentifier(type.typeName) ? exportOf(at, name, resolver) : undefined
  if (name === 'Array' || name === 'ReadonlyArray') return inArray(first)
  const isWrapper = wrappers.has(name) && resolver.importOf(at.getSourceFile(), name)?.specifier === 'kysely'
  return isWrapper ? find(first) : undefined
}

/** Kysely's: their first argument is what is read. */
const wrappers: ReadonlySet<string> = new Set(['JSONColumnType', 'ColumnType', 'Generated'])

const exportOf = (at: MorphNode, name: string, resolver: Resolver): ExportedType | undefined => {
  const source = at.getSourceFile()
  const imported = resolver.importOf(source, name)
  try {
    const declared = resolver.resolve(at, name)
    if (declared?.kind !== 'interface' && declared?.kind !== 'type') return undefined
    if (declared.node.getTypeParameters().length > 0) return undefined
    const from: SourceFile | undefined = imported ? resolver.sources.resolve(source, imported.specifier) : source
    if (from === undefined) return undefined
    for (const exported of [imported?.name ?? name, 'default']) {
      const found = resolver.exportOf(from, exported)
      const isSame = found !== undefined && 'node' in found && found.node === declared.node
      if (isSame) return { file: resolver.sources.pathOf(from), name: exported, list: false }
    }
    return undefined
  } catch (error) {
    // A file that cannot be read or parsed says nothing for certain; if models are in it, its own reading reports it.
    if (error instanceof VersiongenError) return undefined
    throw error
  }
}
