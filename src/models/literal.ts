import type { Node as MorphNode, ObjectLiteralExpression, TypeNode } from 'ts-morph'
import type { Resolver } from './resolve.ts'

/** A value read from syntax; every part knows the node it was written at. */
export type Literal =
  | { readonly kind: 'string'; readonly value: string; readonly node: MorphNode }
  | { readonly kind: 'number'; readonly value: number; readonly node: MorphNode }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly node: MorphNode }
  | { readonly kind: 'null' | 'undefined'; readonly node: MorphNode }
  | { readonly kind: 'array'; readonly items: readonly Literal[]; readonly node: MorphNode }
  | { readonly kind: 'object'; readonly entries: readonly LiteralEntry[]; readonly node: MorphNode }
  | NotLiteral

export interface LiteralEntry {
  /** Undefined for what is spread and for keys that are computed. */
  readonly key: string | undefined
  readonly keyNode: MorphNode
  readonly value: Literal
}

/** Something only running the program could tell. */
export interface NotLiteral {
  readonly kind: 'unknown'
  readonly node: MorphNode
  /** Completes “… is not a literal: ”. */
  readonly reason: string
}

const maximumDepth = 20

/**
 * Reads an expression: literals, `as const`, `satisfies`, templates without substitutions, and names of constants and
 * enum members whose own value is one of these, here or in another file of the project.
 */
export const readLiteral = (node: MorphNode, resolver: Resolver, depth = 0): Literal => {
  const { Node, SyntaxKind } = resolver.morph
  if (depth > maximumDepth) return unknown(node, 'it refers to itself')
  const read = (inner: MorphNode): Literal => readLiteral(inner, resolver, depth + 1)
  if (
    Node.isAsExpression(node) ||
    Node.isSatisfiesExpression(node) ||
    Node.isParenthesizedExpression(node) ||
    Node.isTypeAssertion(node) ||
    Node.isNonNullExpression(node)
  ) {
    return read(node.getExpression())
  }
  if (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) {
    return { kind: 'string', value: node.getLiteralValue(), node }
  }
  if (Node.isNumericLiteral(node)) return { kind: 'number', value: node.getLiteralValue(), node }
  if (Node.isTrueLiteral(node) || Node.isFalseLiteral(node)) {
    return { kind: 'boolean', value: node.getLiteralValue(), node }
  }
  if (Node.isNullLiteral(node)) return { kind: 'null', node }
  if (Node.isPrefixUnaryExpression(node) && node.getOperatorToken() === SyntaxKind.MinusToken) {
    const operand = read(node.getOperand())
    return operand.kind === 'number' ? { kind: 'number', value: -operand.value, node } : unknown(node, 'it is computed')
  }
  if (Node.isArrayLiteralExpression(node)) {
    const items = node.getElements().flatMap((element): readonly Literal[] => {
      if (!Node.isSpreadElement(element)) return [read(element)]
      const spread = read(element.getExpression())
      return spread.kind === 'array' ? spread.items : [unknown(element, 'what it spreads is not a literal array')]
    })
    return { kind: 'array', items, node }
  }
  if (Node.isObjectLiteralExpression(node)) return readObject(node, resolver, depth)
  if (Node.isIdentifier(node))
    return node.getText() === 'undefined' ? { kind: 'undefined', node } : readName(node, resolver, depth)
  if (Node.isPropertyAccessExpression(node)) {
    const member = readMember(node.getExpression(), node.getName(), resolver, depth)
    return member ?? readName(node, resolver, depth)
  }
  if (Node.isElementAccessExpression(node)) {
    const argument = node.getArgumentExpression()
    const key = argument === undefined ? undefined : read(argument)
    const member = key?.kind === 'string' ? readMember(node.getExpression(), key.value, resolver, depth) : undefined
    return member ?? unknown(node, 'it is computed')
  }
  if (Node.isTemplateExpression(node)) return unknown(node, 'it is a template with substitutions')
  if (Node.isCallExpression(node) || Node.isNewExpression(node)) return unknown(node, 'it is the result of a call')
  return unknown(node, 'it is computed')
}

/** Reads a literal type: `{ exclude: ['geom'] }` in an interface, or `typeof` a constant. */
export const readLiteralType = (node: TypeNode, resolver: Resolver, depth = 0): Literal => {
  const { Node } = resolver.morph
  if (depth > maximumDepth) return unknown(node, 'it refers to itself')
  const read = (inner: TypeNode): Literal => readLiteralType(inner, resolver, depth + 1)
  if (Node.isParenthesizedTypeNode(node)) return read(node.getTypeNode())
  if (Node.isTypeOperatorTypeNode(node)) return read(node.getTypeNode())
  if (Node.isLiteralTypeNode(node)) return readLiteral(node.getLiteral(), resolver, depth + 1)
  if (Node.isTupleTypeNode(node)) {
    const items = node.getElements().map((element) => {
      if (Node.isNamedTupleMember(element)) return read(element.getTypeNode())
      return Node.isRestTypeNode(element) ? unknown(element, 'it is of any length') : read(element)
    })
    return { kind: 'array', items, node }
  }
  if (Node.isTypeLiteral(node)) {
    const entries = node.getMembers().map((member): LiteralEntry => {
      if (!Node.isPropertySignature(member)) {
        return { key: undefined, keyNode: member, value: unknown(member, 'it is not a property') }
      }
      const keyNode = member.getNameNode()
      const type = member.getTypeNode()
      return {
        key: readKey(keyNode, resolver),
        keyNode,
        value: type === undefined ? unknown(member, 'it has no type') : read(type),
      }
    })
    return { kind: 'object', entries, node }
  }
  if (Node.isUnionTypeNode(node)) {
    const [only, ...others] = node.getTypeNodes().filter((member) => member.getText() !== 'undefined')
    return only !== undefined && others.length === 0 ? read(only) : unknown(node, 'it is one of several types')
  }
  if (Node.isTypeQuery(node)) return readLiteralIn(node, resolver, depth)
  if (Node.isTypeReference(node)) {
    const argument = node.getTypeArguments()[0]
    if (['Readonly', 'Partial', 'Required'].includes(node.getTypeName().getText()) && argument !== undefined) {
      return read(argument)
    }
    const found = resolver.resolveExpression(node.getTypeName())
    const type = found?.kind === 'type' ? found.node.getTypeNode() : undefined
    return type === undefined ? unknown(node, `the type ${node.getText()} does not say its value`) : read(type)
  }
  return unknown(node, `the type ${node.getText()} does not say its value`)
}

const readLiteralIn = (node: import('ts-morph').TypeQueryNode, resolver: Resolver, depth: number): Literal => {
  const found = resolver.resolveExpression(node.getExprName())
  const value = found?.kind === 'variable' ? found.node.getInitializer() : undefined
  return value === undefined ? unknown(node, 'its value cannot be found') : readLiteral(value, resolver, depth + 1)
}

const readObject = (node: ObjectLiteralExpression, resolver: Resolver, depth: number): Literal => {
  const { Node } = resolver.morph
  const entries = new Map<string | MorphNode, LiteralEntry>()
  const add = (entry: LiteralEntry): void => {
    entries.set(entry.key ?? entry.keyNode, entry)
  }
  for (const member of node.getProperties()) {
    if (Node.isPropertyAssignment(member)) {
      const keyNode = member.getNameNode()
      const value = readLiteral(member.getInitializerOrThrow(), resolver, depth + 1)
      add({ key: readKey(keyNode, resolver), keyNode, value })
    } else if (Node.isShorthandPropertyAssignment(member)) {
      const keyNode = member.getNameNode()
      add({ key: keyNode.getText(), keyNode, value: readName(keyNode, resolver, depth + 1) })
    } else if (Node.isSpreadAssignment(member)) {
      const spread = readLiteral(member.getExpression(), resolver, depth + 1)
      if (spread.kind === 'object') spread.entries.forEach(add)
      else add({ key: undefined, keyNode: member, value: unknown(member, 'what it spreads is not a literal object') })
    } else {
      add({ key: member.getName(), keyNode: member.getNameNode(), value: unknown(member, 'it is a function') })
    }
  }
  return { kind: 'object', entries: [...entries.values()], node }
}

/** The key a property name stands for; undefined when it is computed. */
export const readKey = (node: MorphNode, resolver: Resolver): string | undefined => {
  const { Node } = resolver.morph
  if (Node.isComputedPropertyName(node)) {
    const key = readLiteral(node.getExpression(), resolver)
    return key.kind === 'string' ? key.value : undefined
  }
  if (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) return node.getLiteralValue()
  if (Node.isNumericLiteral(node)) return String(node.getLiteralValue())
  return Node.isIdentifier(node) ? node.getText() : undefined
}

const readName = (node: MorphNode, resolver: Resolver, depth: number): Literal => {
  const { Node } = resolver.morph
  const found = resolver.resolveExpression(node)
  if (found?.kind === 'expression') return readLiteral(found.node, resolver, depth + 1)
  if (found?.kind !== 'variable') return unknown(node, `the value of ${node.getText()} is only known at run time`)
  const { node: variable } = found
  const value = variable.getInitializer()
  if (variable.getVariableStatement()?.getDeclarationKind() !== 'const' || !Node.isIdentifier(variable.getNameNode())) {
    return unknown(node, `${node.getText()} is not a const`)
  }
  if (value === undefined) return unknown(node, `${node.getText()} has no value`)
  const literal = readLiteral(value, resolver, depth + 1)
  return literal.kind === 'unknown'
    ? unknown(node, `${node.getText()} is not a literal itself: ${literal.reason}`)
    : literal
}

/** A member of a constant object or of an enum; undefined when the object is neither. */
const readMember = (object: MorphNode, name: string, resolver: Resolver, depth: number): Literal | undefined => {
  const found = resolver.resolveExpression(object)
  if (found?.kind === 'enum') {
    const value = found.node.getMember(name)?.getInitializer()
    return value === undefined ? undefined : readLiteral(value, resolver, depth + 1)
  }
  if (found?.kind === 'module' || found?.kind === 'package') return undefined
  const literal = readLiteral(object, resolver, depth + 1)
  return literal.kind === 'object' ? literal.entries.find(({ key }) => key === name)?.value : undefined
}

const unknown = (node: MorphNode, reason: string): NotLiteral => ({ kind: 'unknown', node, reason })
