import type { Node as MorphNode, SourceFile } from 'ts-morph'
import { VersiongenError } from '../errors.ts'
import type { Resolver } from './resolve.ts'
import type { ExportedType } from './types.ts'

/**
 * Where a property's type can be imported from: an interface or a type without parameters that a file of the project
 * exports, alone, in an array or beside null. Undefined for all else.
 */
export const findExportedType = (type: MorphNode | undefined, resolver: Resolver): ExportedType | undefined => {
  const { Node, SyntaxKind } = resolver.morph
  if (type === undefined) return undefined
  const inArray = (node: MorphNode): ExportedType | undefined => {
    const found = findExportedType(node, resolver)
    return found && !found.list ? { ...found, list: true } : undefined
  }
  if (Node.isParenthesizedTypeNode(type)) return findExportedType(type.getTypeNode(), resolver)
  if (Node.isArrayTypeNode(type)) return inArray(type.getElementTypeNode())
  if (Node.isTypeOperatorTypeNode(type)) {
    return type.getOperator() === SyntaxKind.ReadonlyKeyword
      ? findExportedType(type.getTypeNode(), resolver)
      : undefined
  }
  if (Node.isUnionTypeNode(type)) {
    const parts = type.getTypeNodes().filter((part) => !/^(?:null|undefined)$/.test(part.getText()))
    return parts.length === 1 ? findExportedType(parts[0], resolver) : undefined
  }
  if (!Node.isTypeReference(type)) return undefined
  const name = type.getTypeName().getText()
  const [first] = type.getTypeArguments()
  if (first === undefined) return Node.isIdentifier(type.getTypeName()) ? exportOf(type, name, resolver) : undefined
  if (name === 'Array' || name === 'ReadonlyArray') return inArray(first)
  const isWrapper = wrappers.has(name) && resolver.importOf(type.getSourceFile(), name)?.specifier === 'kysely'
  return isWrapper ? findExportedType(first, resolver) : undefined
}

/** Kysely's: their first argument is what is read. */
const wrappers: ReadonlySet<string> = new Set(['JSONColumnType', 'ColumnType', 'Generated'])

const exportOf = (node: MorphNode, name: string, resolver: Resolver): ExportedType | undefined => {
  const source = node.getSourceFile()
  const imported = resolver.importOf(source, name)
  try {
    const declared = resolver.resolve(node, name)
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
