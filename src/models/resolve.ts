import type {
  ClassDeclaration,
  EnumDeclaration,
  Expression,
  InterfaceDeclaration,
  Node as MorphNode,
  SourceFile,
  TypeAliasDeclaration,
  VariableDeclaration,
} from 'ts-morph'
import type { Sources } from './sources.ts'

/** What a name stands for, found by syntax alone. */
export type Definition =
  | { readonly kind: 'class'; readonly node: ClassDeclaration }
  | { readonly kind: 'interface'; readonly node: InterfaceDeclaration }
  | { readonly kind: 'type'; readonly node: TypeAliasDeclaration }
  | { readonly kind: 'enum'; readonly node: EnumDeclaration }
  | { readonly kind: 'variable'; readonly node: VariableDeclaration }
  /** The expression of `export default …`. */
  | { readonly kind: 'expression'; readonly node: Expression }
  /** `import * as name`, or `export * as name`. */
  | { readonly kind: 'module'; readonly source: SourceFile }
  /** From a package: never looked into. */
  | { readonly kind: 'package'; readonly specifier: string; readonly name: string }

/** Whether an import names this package, however it was installed. */
export const isOwnPackage = (specifier: string): boolean =>
  /^(?:npm:|jsr:)?\/?(?:@[^/]+\/)?versiongen(?:@[^/]*)?(?:\/|$)/.test(specifier)

type Morph = typeof import('ts-morph')

/** Follows names to their definitions, through scopes, imports, renames and re-exports. */
export class Resolver {
  readonly sources: Sources
  readonly morph: Morph
  readonly #declared: Memory = new Map()
  readonly #imports: Memory = new Map()

  constructor(sources: Sources, morph: Morph) {
    this.sources = sources
    this.morph = morph
  }

  /** What `name` means where `node` stands; types live among the values here, as no file gives both one name. */
  resolve(node: MorphNode, name: string): Definition | undefined {
    const { Node } = this.morph
    for (const scope of node.getAncestors()) {
      if (!Node.isStatemented(scope)) continue
      const found = remember(this.#declared, scope, name, () => declaredIn(scope, name))
      if (found !== undefined) return found
    }
    const source = node.getSourceFile()
    return remember(this.#imports, source, name, () => this.#imported(source, name, new Set()))
  }

  /** What a name or a dotted name (`models.Base`) stands for. */
  resolveExpression(expression: MorphNode): Definition | undefined {
    const { Node } = this.morph
    if (Node.isIdentifier(expression)) return this.resolve(expression, expression.getText())
    if (Node.isPropertyAccessExpression(expression)) {
      return this.#memberOf(this.resolveExpression(expression.getExpression()), expression.getName())
    }
    if (Node.isQualifiedName(expression)) {
      return this.#memberOf(this.resolveExpression(expression.getLeft()), expression.getRight().getText())
    }
    return undefined
  }

  /** What a file exports under a name; `default` is one. */
  exportOf(source: SourceFile, name: string, seen: Set<string> = new Set()): Definition | undefined {
    const step = `${this.sources.pathOf(source)}\0${name}`
    if (seen.has(step)) return undefined
    seen.add(step)
    if (name === 'default') {
      const found = this.#defaultExport(source, seen)
      if (found !== undefined) return found
    } else {
      const found = declaredIn(source, name)
      if (found !== undefined && isExportedHere(found)) return found
    }
    const declarations = source.getExportDeclarations()
    for (const declaration of declarations) {
      const specifier = declaration.getModuleSpecifierValue()
      const namespace = declaration.getNamespaceExport()
      if (namespace?.getName() === name && specifier !== undefined) return this.#module(source, specifier)
      const named = declaration
        .getNamedExports()
        .find((entry) => (entry.getAliasNode()?.getText() ?? entry.getName()) === name)
      if (named === undefined) continue
      if (specifier !== undefined) return this.#exportFrom(source, specifier, named.getName(), seen)
      return declaredIn(source, named.getName()) ?? this.#imported(source, named.getName(), seen)
    }
    for (const declaration of declarations) {
      const specifier = declaration.getModuleSpecifierValue()
      if (specifier === undefined || !declaration.isNamespaceExport() || declaration.getNamespaceExport()) continue
      const found = this.#exportFrom(source, specifier, name, seen)
      if (found !== undefined && found.kind !== 'package') return found
    }
    return undefined
  }

  #defaultExport(source: SourceFile, seen: Set<string>): Definition | undefined {
    const { Node } = this.morph
    for (const node of source.getClasses()) if (node.isDefaultExport()) return { kind: 'class', node }
    for (const node of source.getInterfaces()) if (node.isDefaultExport()) return { kind: 'interface', node }
    const assignment = source.getExportAssignment(() => true)
    const node = assignment?.getExpression()
    if (node === undefined) return undefined
    if (!Node.isIdentifier(node)) return { kind: 'expression', node }
    return declaredIn(source, node.getText()) ?? this.#imported(source, node.getText(), seen)
  }

  #imported(source: SourceFile, name: string, seen: Set<string>): Definition | undefined {
    const found = this.importOf(source, name)
    if (found === undefined) return undefined
    return found.name === '*'
      ? this.#module(source, found.specifier)
      : this.#exportFrom(source, found.specifier, found.name, seen)
  }

  /** What a file imports under a name, and from where; the other file is not looked at. The name `*` is all of it. */
  importOf(source: SourceFile, name: string): { readonly specifier: string; readonly name: string } | undefined {
    for (const declaration of source.getImportDeclarations()) {
      const specifier = declaration.getModuleSpecifierValue()
      if (declaration.getDefaultImport()?.getText() === name) return { specifier, name: 'default' }
      if (declaration.getNamespaceImport()?.getText() === name) return { specifier, name: '*' }
      const named = declaration
        .getNamedImports()
        .find((entry) => (entry.getAliasNode()?.getText() ?? entry.getName()) === name)
      if (named !== undefined) return { specifier, name: named.getName() }
    }
    return undefined
  }

  #exportFrom(from: SourceFile, specifier: string, name: string, seen: Set<string>): Definition | undefined {
    const source = this.#open(from, specifier)
    return source === undefined ? { kind: 'package', specifier, name } : this.exportOf(source, name, seen)
  }

  #module(from: SourceFile, specifier: string): Definition {
    const source = this.#open(from, specifier)
    return source === undefined ? { kind: 'package', specifier, name: '*' } : { kind: 'module', source }
  }

  #open(from: SourceFile, specifier: string): SourceFile | undefined {
    return isOwnPackage(specifier) ? undefined : this.sources.resolve(from, specifier)
  }

  #memberOf(definition: Definition | undefined, name: string): Definition | undefined {
    if (definition?.kind === 'module') return this.exportOf(definition.source, name)
    if (definition?.kind === 'package') return { ...definition, name }
    return undefined
  }
}

type Memory = Map<MorphNode, Map<string, Definition | undefined>>

const remember = (
  memory: Memory,
  scope: MorphNode,
  name: string,
  find: () => Definition | undefined,
): Definition | undefined => {
  const known = memory.get(scope) ?? new Map<string, Definition | undefined>()
  memory.set(scope, known)
  if (!known.has(name)) known.set(name, find())
  return known.get(name)
}

type Scope = Pick<SourceFile, 'getClass' | 'getInterface' | 'getTypeAlias' | 'getEnum' | 'getVariableDeclaration'>

const declaredIn = (scope: Scope, name: string): Definition | undefined => {
  const variable = scope.getVariableDeclaration(name)
  if (variable !== undefined) return { kind: 'variable', node: variable }
  const classNode = scope.getClass(name)
  if (classNode !== undefined) return { kind: 'class', node: classNode }
  const interfaceNode = scope.getInterface(name)
  if (interfaceNode !== undefined) return { kind: 'interface', node: interfaceNode }
  const alias = scope.getTypeAlias(name)
  if (alias !== undefined) return { kind: 'type', node: alias }
  const enumNode = scope.getEnum(name)
  return enumNode === undefined ? undefined : { kind: 'enum', node: enumNode }
}

const isExportedHere = (definition: Definition): boolean => {
  if (definition.kind === 'variable') return definition.node.getVariableStatement()?.hasExportKeyword() ?? false
  return 'node' in definition && 'hasExportKeyword' in definition.node && definition.node.hasExportKeyword()
}
