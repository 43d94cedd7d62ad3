import type { ClassNode, Reading } from './reading.ts'

/** The class that `node` extends, when it is in the project. */
export const baseOf = (node: ClassNode, { resolver }: Reading): ClassNode | undefined => {
  const { Node } = resolver.morph
  const expression = node.getExtends()?.getExpression()
  const found = expression === undefined ? undefined : resolver.resolveExpression(expression)
  if (found?.kind === 'class') return found.node
  const value =
    found?.kind === 'expression' ? found.node : found?.kind === 'variable' ? found.node.getInitializer() : undefined
  return Node.isClassExpression(value) ? value : undefined
}

/** The classes above `node`, the nearest first. */
export const ancestorsOf = (node: ClassNode, reading: Reading): readonly ClassNode[] => {
  const chain = new Set<ClassNode>()
  for (let base = baseOf(node, reading); base !== undefined && base !== node; base = baseOf(base, reading)) {
    if (chain.has(base)) break
    chain.add(base)
  }
  return [...chain]
}
