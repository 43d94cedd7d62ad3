import { basename } from 'node:path'
import type { Node as MorphNode } from 'ts-morph'
import { readTableDecorators } from './decorators.ts'
import { readClassProperties } from './class-properties.ts'
import { exportedAs } from './exported.ts'
import { ancestorsOf } from './heritage.ts'
import { readLiteral, readLiteralType, type Literal } from './literal.ts'
import { markName } from './marks.ts'
import { nameTable, type NamingSource } from './name-table.ts'
import { readOptions } from './options.ts'
import { refuseDeclaration, type ClassNode, type Reading } from './reading.ts'
import { staticMember } from './static-member.ts'
import type { Model, VersionedOptions } from './types.ts'

/** A class that carries `__versioned__` itself. */
export interface ClassMark {
  readonly node: ClassNode
  /** The name node of the member. */
  readonly at: MorphNode
  readonly options: VersionedOptions
}

/** Reads the `__versioned__` of a class; what cannot be read is reported, and then it is no mark. */
export const readClassMark = (at: MorphNode, node: ClassNode, reading: Reading): ClassMark | undefined => {
  const { resolver, problems } = reading
  const { Node } = resolver.morph
  const member = at.getFirstAncestor((ancestor) => ancestor.getParent() === node)
  if (!Node.isStaticable(member) || !member.isStatic()) {
    refuseDeclaration(reading, at, `${markName} must be static`, `write static ${markName} = { … }`)
    return undefined
  }
  const name = classNameOf(node, reading)
  if (name === undefined) {
    const hint = 'put it in a named class, or in an abstract class that the models extend'
    refuseDeclaration(reading, at, `${markName} is in a class without a name`, hint)
    return undefined
  }
  const literal = readStatic(member, reading)
  if (literal === undefined) {
    const hint = `write static ${markName} = { … }; a getter may hold one return of a literal`
    refuseDeclaration(reading, at, `${markName} of ${name} has no value that can be read`, hint)
    return undefined
  }
  const options = readOptions(literal, resolver.sources, problems)
  if (node.isAbstract() && options.table !== undefined) {
    const hint = 'name the table in each class that extends it'
    refuseDeclaration(reading, at, `the abstract class ${name} cannot name a table`, hint)
  }
  return { node, at, options }
}

/**
 * The model of a concrete class, marked by itself or by classes above it. Options are merged by name, the nearest class
 * first; a `table` is never inherited, and a `schema` holds where the class itself says none.
 */
export const buildClassModel = (
  node: ClassNode,
  marks: ReadonlyMap<ClassNode, ClassMark>,
  reading: Reading,
): Model | undefined => {
  const { resolver, problems } = reading
  const name = classNameOf(node, reading)
  if (name === undefined) return undefined
  const own = marks.get(node)
  const inherited = ancestorsOf(node, reading).flatMap((ancestor) => marks.get(ancestor)?.options ?? [])
  const schema = inherited.find((options) => options.schema !== undefined)?.schema
  const { table: _table, schema: _schema, ...options }: VersionedOptions = Object.assign({}, ...inherited.toReversed())
  const at = own?.at ?? node.getNameNode() ?? node
  const said: readonly NamingSource[] = [
    ...namingSources(node, name, reading),
    ...(schema === undefined ? [] : [{ schema: { kind: 'string', value: schema, node } as const }]),
  ]
  const naming = problems.catch(() => nameTable(name, at, own?.options ?? {}, said, reading))
  if (naming === undefined) return undefined
  const declaration = resolver.morph.Node.isClassDeclaration(node) ? node : (node.getParent() ?? node)
  return {
    name,
    kind: 'class',
    ...resolver.sources.placeOf(at),
    exported: exportedAs(declaration, name, resolver) ?? (isDefaultExpression(node, reading) ? 'default' : null),
    ...naming,
    options: { ...options, ...own?.options },
    properties: readClassProperties(node, reading),
  }
}

/** The class's own name, else the variable's, else the file's where it is the default export. */
const classNameOf = (node: ClassNode, reading: Reading): string | undefined => {
  const { Node } = reading.resolver.morph
  const parent = node.getParent()
  if (Node.isVariableDeclaration(parent)) return parent.getName()
  const isMixin = Node.isClassExpression(node) && node.getFirstAncestor(Node.isFunctionLikeDeclaration) !== undefined
  if (node.getName() !== undefined && !isMixin) return node.getName()
  const isDefault = Node.isClassDeclaration(node) ? node.isDefaultExport() : isDefaultExpression(node, reading)
  return isDefault ? nameAfterFile(reading.resolver.sources.pathOf(node.getSourceFile())) : undefined
}

const isDefaultExpression = (node: ClassNode, { resolver }: Reading): boolean =>
  resolver.morph.Node.isExportAssignment(node.getParent())

/** `mine-permit.entity.ts` → `MinePermitEntity` */
export const nameAfterFile = (file: string): string =>
  basename(file)
    .replace(/\.[^.]*$/, '')
    .split(/[^\p{L}\p{N}]+/u)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')

const namingSources = (node: ClassNode, name: string, reading: Reading): readonly NamingSource[] => [
  { table: readStatic(staticMember(node, '__tablename__'), reading) },
  { table: readStatic(staticMember(node, 'tableName'), reading) },
  ...readTableDecorators(node, reading),
  ...readInitCalls(node, name, reading),
]

/** The value of a static property or of a static getter that only returns one. */
const readStatic = (member: MorphNode | undefined, { resolver }: Reading): Literal | undefined => {
  const { Node } = resolver.morph
  if (Node.isPropertyDeclaration(member)) {
    const value = member.getInitializer()
    if (value !== undefined) return readLiteral(value, resolver)
    const type = member.getTypeNode()
    return type === undefined ? undefined : readLiteralType(type, resolver)
  }
  if (!Node.isGetAccessorDeclaration(member)) return undefined
  const [only, ...others] = member.getStatements()
  const value = Node.isReturnStatement(only) && others.length === 0 ? only.getExpression() : undefined
  if (value !== undefined) return readLiteral(value, resolver)
  return { kind: 'unknown', node: member, reason: 'a getter that does more than return a literal' }
}

/** What Sequelize's `Mine.init(attributes, { tableName, schema })` in the same file says. */
const readInitCalls = (node: ClassNode, name: string, { resolver }: Reading): readonly NamingSource[] => {
  const { Node, SyntaxKind } = resolver.morph
  if (node.getExtends() === undefined || !node.getSourceFile().getFullText().includes(`${name}.init(`)) return []
  return node
    .getSourceFile()
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .filter((call) => call.getExpression().getText() === `${name}.init`)
    .flatMap((call) => {
      const options = call.getArguments()[1]
      const literal = Node.isExpression(options) ? readLiteral(options, resolver) : undefined
      const entries = literal?.kind === 'object' ? literal.entries : []
      const valueOf = (key: string): Literal | undefined => entries.find((entry) => entry.key === key)?.value
      return [{ table: valueOf('tableName'), schema: valueOf('schema') }]
    })
}
