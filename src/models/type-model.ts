import type { InterfaceDeclaration, Node as MorphNode, PropertySignature, TypeAliasDeclaration } from 'ts-morph'
import { isFunctionOrRelation } from './class-properties.ts'
import { exportedAs } from './exported.ts'
import { findExportedType } from './exported-type.ts'
import { readKey, readLiteralType, type Literal } from './literal.ts'
import { markName } from './marks.ts'
import { nameTable } from './name-table.ts'
import { readOptions } from './options.ts'
import { refuseDeclaration, type Reading } from './reading.ts'
import type { Model, ModelProperty } from './types.ts'

/** The model of an interface or type alias that has a property `__versioned__`; undefined for any other type. */
export const readTypeModel = (at: MorphNode, signature: PropertySignature, reading: Reading): Model | undefined => {
  const { resolver, problems } = reading
  const { Node } = resolver.morph
  const owner = ownerOf(signature, reading)
  if (owner === undefined) return undefined
  const type = signature.getTypeNode()
  const name = owner.getName()
  if (type === undefined) {
    refuseDeclaration(reading, at, `${markName} of ${name} has no type`, `write ${markName}?: { … }`)
    return undefined
  }
  const options = readOptions(readLiteralType(type, resolver), resolver.sources, problems)
  const members = new Map(membersOf(owner, reading))
  const sources = namingMembers.map((member) => ({ table: literalOf(members.get(member), reading) }))
  const naming = problems.catch(() => nameTable(name, at, options, sources, reading))
  if (naming === undefined) return undefined
  return {
    name,
    kind: Node.isInterfaceDeclaration(owner) ? 'interface' : 'type',
    ...resolver.sources.placeOf(at),
    exported: exportedAs(owner, name, resolver),
    ...naming,
    options,
    properties: [...members].flatMap(([key, member]) => propertyOf(key, member, owner, reading)),
  }
}

/** They name the table, where their type is a literal; otherwise they are columns like any other. */
const namingMembers: readonly string[] = ['__tablename__', 'tableName']

const ownerOf = (
  signature: PropertySignature,
  reading: Reading,
): InterfaceDeclaration | TypeAliasDeclaration | undefined => {
  const { Node } = reading.resolver.morph
  let owner: MorphNode | undefined = signature.getParent()
  if (Node.isInterfaceDeclaration(owner)) return owner
  do owner = owner?.getParent()
  while (Node.isIntersectionTypeNode(owner) || Node.isParenthesizedTypeNode(owner) || isWrapper(owner, reading))
  if (Node.isTypeAliasDeclaration(owner)) return owner
  if (Node.isPropertySignature(owner) || Node.isUnionTypeNode(owner) || Node.isTypeReference(owner)) {
    const hint = 'give the row an interface or a type of its own'
    refuseDeclaration(reading, signature, `${markName} is inside another type`, hint)
  }
  return undefined
}

/** `Readonly<…>` and its like, which leave all members as they are. */
const isWrapper = (node: MorphNode | undefined, { resolver: { morph } }: Reading): boolean =>
  morph.Node.isTypeReference(node) && ['Readonly', 'Partial', 'Required'].includes(node.getTypeName().getText())

/** Own members and inherited ones by name, the inherited first; a member that is declared again keeps its place. */
const membersOf = (
  type: MorphNode | undefined,
  reading: Reading,
  seen: ReadonlySet<MorphNode> = new Set(),
): readonly (readonly [string, PropertySignature])[] => {
  const { resolver } = reading
  const { Node } = resolver.morph
  if (type === undefined || seen.has(type)) return []
  const below = new Set([...seen, type])
  const follow = (name: MorphNode): readonly (readonly [string, PropertySignature])[] => {
    const found = resolver.resolveExpression(name)
    return found?.kind === 'interface' || found?.kind === 'type' ? membersOf(found.node, reading, below) : []
  }
  if (Node.isTypeAliasDeclaration(type)) return membersOf(type.getTypeNode(), reading, below)
  if (Node.isParenthesizedTypeNode(type)) return membersOf(type.getTypeNode(), reading, below)
  if (Node.isIntersectionTypeNode(type)) return type.getTypeNodes().flatMap((part) => membersOf(part, reading, below))
  if (Node.isTypeReference(type)) {
    const [argument] = type.getTypeArguments()
    return isWrapper(type, reading) ? membersOf(argument, reading, below) : follow(type.getTypeName())
  }
  if (!Node.isInterfaceDeclaration(type) && !Node.isTypeLiteral(type)) return []
  const inherited = Node.isInterfaceDeclaration(type)
    ? type.getExtends().flatMap((clause) => follow(clause.getExpression()))
    : []
  const own = type.getProperties().flatMap((member) => {
    const key = readKey(member.getNameNode(), resolver)
    return key === undefined ? [] : [[key, member] as const]
  })
  return [...inherited, ...own]
}

const literalOf = (member: PropertySignature | undefined, { resolver }: Reading): Literal | undefined => {
  const type = member?.getTypeNode()
  const literal = type === undefined ? undefined : readLiteralType(type, resolver)
  return literal?.kind === 'string' ? literal : undefined
}

const propertyOf = (
  name: string,
  member: PropertySignature,
  owner: MorphNode,
  reading: Reading,
): readonly ModelProperty[] => {
  const { type } = member.compilerNode
  if (name === markName || isFunctionOrRelation(type, reading)) return []
  if (namingMembers.includes(name) && literalOf(member, reading) !== undefined) return []
  const { file, line, column } = reading.resolver.sources.placeOf(member)
  const elsewhere = member.getSourceFile() === owner.getSourceFile() ? {} : { file }
  const exported = findExportedType(type, member, reading.resolver)
  const at = { ...(exported && { exported }), ...elsewhere, line, column }
  return [{ name, columnName: name, explicit: false, type: type?.getText(), ...at }]
}
