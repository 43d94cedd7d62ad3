import type { Node as MorphNode, SourceFile } from 'ts-morph'
import type { Resolver } from './resolve.ts'

/** What a declaration carries to be a model. */
export const markName = '__versioned__'

export interface Mark {
  /** The name node, as written. */
  readonly at: MorphNode
  /** What has the name: a property, an accessor, an access to one. */
  readonly member: MorphNode
}

/** Everything in a file that is called `__versioned__`; comments and strings are not. */
export const findMarks = (source: SourceFile, { morph: { Node } }: Resolver): readonly Mark[] =>
  nodesAt(source, markName).flatMap((at): readonly Mark[] => {
    const isString = Node.isStringLiteral(at) || Node.isNoSubstitutionTemplateLiteral(at)
    if ((isString ? at.getLiteralValue() : at.getText()) !== markName) return []
    const parent = at.getParent()
    const name = Node.isComputedPropertyName(parent) ? parent : at
    const member = name.getParent()
    return member !== undefined && nameNodeOf(member) === name ? [{ at, member }] : []
  })

const nameNodeOf = (node: MorphNode): unknown =>
  'getNameNode' in node && typeof node.getNameNode === 'function' ? node.getNameNode() : undefined

/** The identifiers of a name in a file, each where the text has it. */
export const findIdentifiers = (
  source: SourceFile,
  name: string,
  { morph: { Node } }: Resolver,
): readonly MorphNode[] => nodesAt(source, name).filter((node) => Node.isIdentifier(node) && node.getText() === name)

/** Looks for the text first, so that only the few nodes that matter are ever wrapped. */
const nodesAt = (source: SourceFile, text: string): readonly MorphNode[] => {
  const fullText = source.getFullText()
  const nodes = new Set<MorphNode>()
  for (let at = fullText.indexOf(text); at !== -1; at = fullText.indexOf(text, at + text.length)) {
    nodes.add(nodeAt(source, at))
  }
  return [...nodes]
}

/** The innermost node at a position; of tokens only names and literals, for the others would have to be scanned again. */
const nodeAt = (outer: MorphNode, at: number): MorphNode => {
  const inner = outer.forEachChild((child) => (child.getStart() <= at && at < child.getEnd() ? child : undefined))
  return inner === undefined ? outer : nodeAt(inner, at)
}
