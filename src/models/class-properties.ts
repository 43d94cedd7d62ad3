import type { Decorator, ts as TypeScript } from 'ts-morph'
import { decoratorName, decoratorOption } from './decorators.ts'
import { findExportedType } from './exported-type.ts'
import { ancestorsOf } from './heritage.ts'
import { readKey, type Literal } from './literal.ts'
import type { ClassNode, Reading } from './reading.ts'
import { staticMember } from './static-member.ts'
import type { ModelProperty } from './types.ts'

/** Decorators of TypeORM, MikroORM and sequelize-typescript under which a property is a column. */
const columnDecorators: ReadonlySet<string> = new Set(
  `Column PrimaryColumn PrimaryGeneratedColumn CreateDateColumn UpdateDateColumn DeleteDateColumn VersionColumn
  ViewColumn Property PrimaryKey Enum CreatedAt UpdatedAt DeletedAt`.split(/\s+/),
)

/** Decorators under which a property is another row; what names its column, where that is said, is in these options. */
const relationDecorators: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['JoinColumn', ['name']],
  ['ManyToOne', ['fieldName', 'joinColumn']],
  ['OneToOne', ['fieldName', 'joinColumn']],
  ['OneToMany', []],
  ['ManyToMany', []],
  ['HasMany', []],
  ['HasOne', []],
  ['BelongsTo', []],
  ['BelongsToMany', []],
  ['RelationId', []],
  ['Embedded', []],
])

/** Options of column decorators that name the column: MikroORM's, Sequelize's, TypeORM's. */
const columnOptions: readonly string[] = ['fieldName', 'field', 'name']

/**
 * The column-like properties of a class and the classes above it. Where properties carry an ORM's decorators, only those
 * count; otherwise all public fields do, but for relations and functions.
 */
export const readClassProperties = (node: ClassNode, reading: Reading): readonly ModelProperty[] => {
  const properties = new Map<string, ModelProperty>()
  const parts = [node, ...ancestorsOf(node, reading)]
  const converts = parts.some((part) =>
    part.compilerNode.members.some(({ name }) => name && parsers.has(name.getText())),
  )
  for (const part of parts.toReversed()) {
    for (const property of readOwn(part, reading)) {
      const elsewhere = part.getSourceFile() === node.getSourceFile() ? {} : { file: fileOf(part, reading) }
      properties.set(property.name, { ...property, ...elsewhere, ...(converts ? { type: undefined } : {}) })
    }
  }
  return [...properties.values()]
}

const fileOf = (node: ClassNode, { resolver }: Reading): string => resolver.sources.pathOf(node.getSourceFile())

/** Objection's ways of making something else of what the database gave. */
const parsers: ReadonlySet<string> = new Set(['$parseDatabaseJson', '$parseJson', '$afterFind'])

const readOwn = (node: ClassNode, reading: Reading): readonly ModelProperty[] => {
  const members = node.getInstanceProperties().map((member) => ({ member, ...decoratorsOf(member, reading) }))
  const decorated = members.filter(({ columns, relations }) => columns.length + relations.length > 0)
  if (decorated.length > 0) return decorated.flatMap((property) => readDecorated(property, reading))
  const relations = relationNames(node, reading)
  return members.flatMap(({ member }) => readField(member, relations, reading))
}

type Member = ReturnType<ClassNode['getInstanceProperties']>[number]

interface DecoratedMember {
  readonly member: Member
  readonly columns: readonly Decorator[]
  readonly relations: readonly Decorator[]
}

const decoratorsOf = (member: Member, reading: Reading): Omit<DecoratedMember, 'member'> => {
  const decorators = member.getDecorators()
  return {
    columns: decorators.filter((decorator) => columnDecorators.has(decoratorName(decorator, reading))),
    relations: decorators.filter((decorator) => relationDecorators.has(decoratorName(decorator, reading))),
  }
}

const readDecorated = ({ member, columns, relations }: DecoratedMember, reading: Reading): readonly ModelProperty[] => {
  const { Node } = reading.resolver.morph
  const isRelation = relations.length > 0
  const isElsewhere = columns.some((decorator) => {
    const [first] = decorator.getArguments()
    const isEmbedded = decoratorName(decorator, reading) === 'Column' && Node.isArrowFunction(first)
    const isVirtual = decorator.getArguments().some((argument) => /\bDataTypes?\.VIRTUAL\b/.test(argument.getText()))
    return isEmbedded || isVirtual || isFalse(decoratorOption(decorator, ['persist'], reading))
  })
  if (isElsewhere) return []
  const [column] = [...columns, ...relations].flatMap((decorator) => {
    const keys = relationDecorators.get(decoratorName(decorator, reading)) ?? columnOptions
    return (keys.length > 0 && decoratorOption(decorator, keys, reading)) || []
  })
  const typed = !isRelation && !isConverted(member, columns, reading)
  if (column === undefined) return isRelation ? [] : propertyOf(member, undefined, typed, reading)
  return column.kind === 'string' ? propertyOf(member, column.value, typed, reading) : []
}

/** Whether the ORM makes something else of the column's values, so that the property's type says nothing about them. */
const isConverted = (member: Member, columns: readonly Decorator[], { resolver: { morph } }: Reading): boolean =>
  morph.Node.isGetAccessorDeclaration(member) ||
  morph.Node.isSetAccessorDeclaration(member) ||
  columns.some((decorator) =>
    decorator
      .getArguments()
      .some((argument) => /\b(transformer|customType|serializer|get|set|simple-\w+)\b/.test(argument.getText())),
  )

const isFalse = (value: Literal | undefined): boolean => value?.kind === 'boolean' && !value.value

const readField = (member: Member, relations: ReadonlySet<string>, reading: Reading): readonly ModelProperty[] => {
  const { ts } = reading.resolver.morph
  const { compilerNode } = member
  if (!ts.isPropertyDeclaration(compilerNode) && !ts.isParameter(compilerNode)) return []
  const { name, type, initializer: value } = compilerNode
  if (member.getCombinedModifierFlags() & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) return []
  if (value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value))) return []
  if (isFunctionOrRelation(type, reading) || relations.has(name.getText())) return []
  return propertyOf(member, undefined, true, reading)
}

/** A function, or what Sequelize's types call a relation. */
export const isFunctionOrRelation = (
  type: TypeScript.TypeNode | undefined,
  { resolver: { morph } }: Reading,
): boolean => {
  if (type === undefined) return false
  if (morph.ts.isFunctionTypeNode(type)) return true
  return morph.ts.isTypeReferenceNode(type) && relationType.test(type.typeName.getText())
}

const relationType = /^(?:\w+\.)?(?:NonAttribute|(?:HasMany|HasOne|BelongsTo)\w*Mixin)$/

const propertyOf = (
  member: Member,
  columnName: string | undefined,
  typed: boolean,
  { resolver }: Reading,
): readonly ModelProperty[] => {
  const { ts } = resolver.morph
  const { compilerNode } = member
  const name = ts.isIdentifier(compilerNode.name)
    ? compilerNode.name.getText()
    : readKey(member.getNameNode(), resolver)
  if (name === undefined || name === '__versioned__') return []
  const type = ts.isSetAccessorDeclaration(compilerNode) ? undefined : compilerNode.type
  const { line, column } = resolver.sources.placeAt(member.getSourceFile(), compilerNode.name.getStart())
  const explicit = columnName !== undefined
  const exported = typed ? findExportedType(type, member, resolver) : undefined
  return [
    {
      name,
      columnName: columnName ?? name,
      explicit,
      type: typed ? type?.getText() : undefined,
      ...(exported && { exported }),
      line,
      column,
    },
  ]
}

/** The names under Objection's `static relationMappings`. */
const relationNames = (node: ClassNode, { resolver }: Reading): ReadonlySet<string> => {
  const { Node, SyntaxKind } = resolver.morph
  const member = staticMember(node, 'relationMappings')
  const mappings = Node.isPropertyDeclaration(member)
    ? member.getFirstDescendantByKind(SyntaxKind.ObjectLiteralExpression)
    : member
        ?.getDescendantsOfKind(SyntaxKind.ReturnStatement)
        .map((statement) => statement.getExpression())
        .find(Node.isObjectLiteralExpression)
  const names = mappings?.getProperties().flatMap((property) => {
    const key = Node.isPropertyAssignment(property) ? readKey(property.getNameNode(), resolver) : undefined
    return key ?? []
  })
  return new Set(names)
}
