import type { CallExpression, Node as MorphNode, ObjectLiteralExpression, SourceFile, TypeNode } from 'ts-morph'
import { nameAfterFile } from './class-model.ts'
import { exportedAs } from './exported.ts'
import { findExportedType } from './exported-type.ts'
import { readKey, readLiteral, type Literal } from './literal.ts'
import { findIdentifiers, markName } from './marks.ts'
import { nameTable, type NamingSource } from './name-table.ts'
import { readOptions } from './options.ts'
import { refuseDeclaration, type Reading } from './reading.ts'
import { isOwnPackage, type Definition, type Resolver } from './resolve.ts'
import type { Model, ModelProperty } from './types.ts'

/** The models of a file that are marked by a call of this package's `versioned`. */
export const readVersionedCalls = (source: SourceFile, reading: Reading): readonly Model[] => {
  const { resolver, problems } = reading
  const { Node } = resolver.morph
  return localNamesOfVersioned(source, resolver).flatMap((name) =>
    findIdentifiers(source, name, resolver).flatMap((identifier): readonly Model[] => {
      const parent = identifier.getParent()
      const isMember = Node.isPropertyAccessExpression(parent) && parent.getNameNode() === identifier
      const callee = isMember ? parent : identifier
      const call = callee.getParent()
      if (!Node.isCallExpression(call) || call.getExpression() !== callee) return []
      if (!isVersioned(resolver.resolveExpression(callee))) return []
      const [table, options] = call.getArguments()
      const literal = options === undefined ? undefined : readLiteral(options, resolver)
      return problems.catch(() => readTable(call, call, table, literal, [], reading)) ?? []
    }),
  )
}

/** The model of `Object.assign(pgTable(…), { __versioned__: … })`; undefined for any other object. */
export const readAssignedTable = (
  at: MorphNode,
  object: ObjectLiteralExpression,
  reading: Reading,
): readonly Model[] => {
  const { resolver } = reading
  const { Node } = resolver.morph
  const call = object.getParent()
  if (!Node.isCallExpression(call) || call.getExpression().getText() !== 'Object.assign') return []
  const literal = readLiteral(object, resolver)
  const valueOf = (name: string): Literal | undefined =>
    literal.kind === 'object' ? literal.entries.find(({ key }) => key === name)?.value : undefined
  const said = [{ table: valueOf('__tablename__') }, { table: valueOf('tableName') }]
  return readTable(call, at, call.getArguments()[0], valueOf(markName), said, reading)
}

/** What this file calls `versioned`; with `import * as`, a member of that name. */
const localNamesOfVersioned = (source: SourceFile, resolver: Resolver): readonly string[] => {
  const names = source.getImportDeclarations().flatMap((declaration) => {
    const named = declaration
      .getNamedImports()
      .filter((entry) => entry.getName() === 'versioned')
      .map((entry) => entry.getAliasNode()?.getText() ?? entry.getName())
      .filter((name) => isVersioned(resolver.resolve(declaration, name)))
    return declaration.getNamespaceImport() === undefined ? named : [...named, 'versioned']
  })
  return [...new Set(names)]
}

/** Whether a name leads to this package, perhaps through files that hand it on. */
const isVersioned = (found: Definition | undefined): boolean =>
  found?.kind === 'package' && found.name === 'versioned' && isOwnPackage(found.specifier)

const readTable = (
  call: CallExpression,
  at: MorphNode,
  target: MorphNode | undefined,
  written: Literal | undefined,
  said: readonly NamingSource[],
  reading: Reading,
): readonly Model[] => {
  const { resolver, problems } = reading
  const { Node } = resolver.morph
  const options = written === undefined ? {} : readOptions(written, resolver.sources, problems)
  const table = target === undefined ? undefined : factoryCall(target, resolver)
  const definition = target === undefined ? undefined : resolver.resolveExpression(target)
  if (definition?.kind === 'class') {
    const hint = `write static ${markName} = { … } in the class`
    refuseDeclaration(reading, at, 'a class is marked in its own body', hint)
    return []
  }
  const declaration = call.getParent()
  const isDefault = Node.isExportAssignment(declaration)
  const argument = table === undefined ? undefined : tableArgument(table, resolver)
  const name = Node.isVariableDeclaration(declaration)
    ? declaration.getName()
    : Node.isPropertyAssignment(declaration)
      ? (readKey(declaration.getNameNode(), resolver) ?? '')
      : nameAfterFile(resolver.sources.pathOf(call.getSourceFile()))
  const factory: NamingSource = argument ?? {
    table: { kind: 'unknown', node: target ?? call, reason: 'it is not made by a call of pgTable' },
  }
  const naming = problems.catch(() => nameTable(name, at, options, [...said, factory], reading))
  if (naming === undefined) return []
  const exported = Node.isVariableDeclaration(declaration)
    ? exportedAs(declaration, name, resolver)
    : isDefault
      ? 'default'
      : null
  const { file } = resolver.sources.placeOf(at)
  const properties = (table === undefined ? [] : columnsOf(table.getArguments()[1], resolver)).map(
    ({ file: declaredIn, ...property }) => (declaredIn === file ? property : { ...property, file: declaredIn }),
  )
  return [{ name, kind: 'drizzle', ...resolver.sources.placeOf(at), exported, ...naming, options, properties }]
}

/** The call that made the table: written in place, or the value of the constant that is named. */
const factoryCall = (node: MorphNode, resolver: Resolver): CallExpression | undefined => {
  const { Node } = resolver.morph
  if (Node.isCallExpression(node)) {
    const callee = node.getExpression()
    if (Node.isPropertyAccessExpression(callee) && callee.getName() === 'enableRLS') {
      return factoryCall(callee.getExpression(), resolver)
    }
    return node
  }
  const found = resolver.resolveExpression(node)
  const value = found?.kind === 'variable' ? found.node.getInitializer() : undefined
  return Node.isCallExpression(value) ? value : undefined
}

/** Table and schema of `pgTable('mine', …)`, `pgSchema('app').table('mine', …)` and tables of a `pgTableCreator`. */
const tableArgument = (call: CallExpression, resolver: Resolver): NamingSource | undefined => {
  const { Node } = resolver.morph
  const [first] = call.getArguments()
  if (first === undefined) return undefined
  const callee = call.getExpression()
  if (packageName(callee, resolver) === 'pgTable') return { table: readLiteral(first, resolver) }
  if (Node.isPropertyAccessExpression(callee) && callee.getName() === 'table') {
    const maker = factoryCall(callee.getExpression(), resolver)
    const schema = maker?.getArguments()[0]
    if (maker === undefined || schema === undefined || packageName(maker.getExpression(), resolver) !== 'pgSchema')
      return
    return { table: readLiteral(first, resolver), schema: readLiteral(schema, resolver) }
  }
  const creator = factoryCall(callee, resolver)
  if (creator === undefined || packageName(creator.getExpression(), resolver) !== 'pgTableCreator') return undefined
  return { table: customName(creator.getArguments()[0], readLiteral(first, resolver), resolver) }
}

/** What `pgTableCreator((name) => `app_${name}`)` makes of a name; unknown when the function does more than that. */
const customName = (customize: MorphNode | undefined, name: Literal, resolver: Resolver): Literal => {
  const { Node } = resolver.morph
  if (name.kind !== 'string') return name
  const unknown: Literal = { kind: 'unknown', node: name.node, reason: 'pgTableCreator makes it with a function' }
  if (!Node.isArrowFunction(customize)) return unknown
  const parameter = customize.getParameters()[0]?.getName()
  const body = customize.getBody()
  if (Node.isIdentifier(body) && body.getText() === parameter) return name
  if (!Node.isTemplateExpression(body)) return unknown
  const spans = body.getTemplateSpans()
  if (spans.some((span) => span.getExpression().getText() !== parameter)) return unknown
  const parts = [body.getHead().getLiteralText(), ...spans.map((span) => span.getLiteral().getLiteralText())]
  return { ...name, value: parts.join(name.value) }
}

/** The name that Drizzle exports a callee under. */
const packageName = (callee: MorphNode, resolver: Resolver): string | undefined => {
  const found = resolver.resolveExpression(callee)
  if (found?.kind === 'package') return found.name
  return found === undefined && resolver.morph.Node.isIdentifier(callee) ? callee.getText() : undefined
}

/** The columns of an object of builders, written in place, spread from constants, or returned by a function of them. */
const columnsOf = (
  node: MorphNode | undefined,
  resolver: Resolver,
  depth = 0,
): readonly (ModelProperty & { readonly file: string })[] => {
  const { Node, SyntaxKind } = resolver.morph
  if (node === undefined || depth > 10) return []
  if (Node.isParenthesizedExpression(node)) return columnsOf(node.getExpression(), resolver, depth + 1)
  if (Node.isArrowFunction(node)) {
    const body = node.getBody()
    if (!Node.isBlock(body)) return columnsOf(body, resolver, depth + 1)
    return columnsOf(body.getStatementByKind(SyntaxKind.ReturnStatement)?.getExpression(), resolver, depth + 1)
  }
  if (Node.isIdentifier(node) || Node.isPropertyAccessExpression(node)) {
    const found = resolver.resolveExpression(node)
    return found?.kind === 'variable' ? columnsOf(found.node.getInitializer(), resolver, depth + 1) : []
  }
  if (!Node.isObjectLiteralExpression(node)) return []
  const columns = new Map<string, ModelProperty & { readonly file: string }>()
  for (const member of node.getProperties()) {
    if (Node.isSpreadAssignment(member)) {
      for (const column of columnsOf(member.getExpression(), resolver, depth + 1)) columns.set(column.name, column)
      continue
    }
    if (!Node.isPropertyAssignment(member)) continue
    const name = readKey(member.getNameNode(), resolver)
    if (name === undefined) continue
    const columnName = columnNameOf(member.getInitializer(), resolver)
    if (columnName?.kind === 'unknown') continue
    const explicit = columnName?.kind === 'string' ? columnName.value : undefined
    const { file, line, column } = resolver.sources.placeOf(member)
    const type = chosenType(member.getInitializer(), resolver)
    const exported = findExportedType(type?.compilerNode, member, resolver)
    columns.set(name, {
      name,
      columnName: explicit ?? name,
      explicit: explicit !== undefined,
      type: undefined,
      ...(exported && { exported }),
      file,
      line,
      column,
    })
  }
  return [...columns.values()]
}

/** What `$type<…>()` in a chain says. */
const chosenType = (node: MorphNode | undefined, resolver: Resolver): TypeNode | undefined => {
  const { Node } = resolver.morph
  if (!Node.isCallExpression(node)) return undefined
  const callee = node.getExpression()
  if (!Node.isPropertyAccessExpression(callee)) return undefined
  return callee.getName() === '$type' ? node.getTypeArguments()[0] : chosenType(callee.getExpression(), resolver)
}

/** The first argument of the builder that a chain such as `uuid('mine_guid').primaryKey()` starts from. */
const columnNameOf = (node: MorphNode | undefined, resolver: Resolver): Literal | undefined => {
  const { Node } = resolver.morph
  if (!Node.isCallExpression(node)) return undefined
  const callee = node.getExpression()
  if (Node.isPropertyAccessExpression(callee) && Node.isCallExpression(callee.getExpression())) {
    return columnNameOf(callee.getExpression(), resolver)
  }
  const [first] = node.getArguments()
  const literal = first === undefined ? undefined : readLiteral(first, resolver)
  return literal?.kind === 'object' || literal?.kind === 'array' ? undefined : literal
}
