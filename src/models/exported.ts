import type { Node as MorphNode } from 'ts-morph'
import type { Resolver } from './resolve.ts'
import type { Model } from './types.ts'

/** How a top-level declaration leaves its file: under its own name, as the default, or not at all. */
export const exportedAs = (declaration: MorphNode, name: string, { morph: { Node } }: Resolver): Model['exported'] => {
  const source = declaration.getSourceFile()
  const statement = Node.isVariableDeclaration(declaration) ? declaration.getVariableStatement() : declaration
  if (statement?.getParent() !== source) return null
  if (Node.isExportable(statement) && statement.hasExportKeyword()) {
    return Node.isVariableStatement(statement) || !statement.hasDefaultKeyword() ? 'named' : 'default'
  }
  const aliases = new Set(
    source
      .getExportDeclarations()
      .filter((entry) => entry.getModuleSpecifier() === undefined)
      .flatMap((entry) => entry.getNamedExports())
      .filter((entry) => entry.getName() === name)
      .map((entry) => entry.getAliasNode()?.getText() ?? name),
  )
  if (aliases.has(name)) return 'named'
  const exportsDefault = source.getExportAssignments().some((entry) => entry.getExpression().getText() === name)
  return exportsDefault || aliases.has('default') ? 'default' : null
}
