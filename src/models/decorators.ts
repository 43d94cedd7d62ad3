import type { Decorator } from 'ts-morph'
import { readLiteral, type Literal } from './literal.ts'
import type { NamingSource } from './name-table.ts'
import type { ClassNode, Reading } from './reading.ts'

/** The name a decorator was exported under, whatever this file calls it. */
export const decoratorName = (decorator: Decorator, { resolver }: Reading): string => {
  const { Node } = resolver.morph
  const call = decorator.getExpression()
  const callee = Node.isCallExpression(call) ? call.getExpression() : call
  if (Node.isPropertyAccessExpression(callee)) return callee.getName()
  const imported = resolver.importOf(decorator.getSourceFile(), callee.getText())
  return imported === undefined || imported.name === 'default' ? callee.getText() : imported.name
}

/** The first of `keys` in any object argument of a decorator; unknown when something computed may hold it. */
export const decoratorOption = (
  decorator: Decorator,
  keys: readonly string[],
  { resolver }: Reading,
): Literal | undefined => {
  const literals = decorator.getArguments().map((argument) => readLiteral(argument, resolver))
  const entries = literals.flatMap((literal) => (literal.kind === 'object' ? literal.entries : []))
  for (const key of keys) {
    const found = entries.find((entry) => entry.key === key)
    if (found !== undefined) return found.value
  }
  return entries.find((entry) => entry.key === undefined)?.value
}

/** What `@Entity('mine')`, `@Entity({ name, schema })`, `@Table({ tableName, schema })` and the like say. */
export const readTableDecorators = (node: ClassNode, reading: Reading): readonly NamingSource[] =>
  node
    .getDecorators()
    .filter((decorator) => ['Entity', 'Table'].includes(decoratorName(decorator, reading)))
    .map((decorator) => {
      const [first] = decorator.getArguments()
      const literal = first === undefined ? undefined : readLiteral(first, reading.resolver)
      const positional = literal?.kind === 'object' ? undefined : literal
      return {
        table: positional ?? decoratorOption(decorator, ['tableName', 'name'], reading),
        schema: decoratorOption(decorator, ['schema'], reading),
      }
    })

/** Whether an ORM keeps this class in its parent's table. */
export const sharesTable = (node: ClassNode, reading: Reading): boolean =>
  node.getDecorators().some((decorator) => {
    const name = decoratorName(decorator, reading)
    const discriminator = decorator
      .getArguments()
      .map((argument) => readLiteral(argument, reading.resolver))
      .some((literal) => literal.kind === 'object' && literal.entries.some(({ key }) => key === 'discriminatorValue'))
    return name === 'ChildEntity' || (name === 'Entity' && discriminator)
  })
