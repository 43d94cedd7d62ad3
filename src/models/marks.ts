import type { Node as MorphNode, SourceFile } from 'ts-morph'
import type { Resolver } from './resolve.ts'

/** What a declaration carries to be a model. */
export const markName = '__versioned__'

/** The name nodes of all members called `__versioned__`; text in comments and strings is none. */
export const findMarks = (source: SourceFile, { morph: { Node } }: Resolver): readonly MorphNode[] => {
  const named = (node: MorphNode): boolean =>
    (Node.isIdentifier(node) && node.getText() === markName) ||
    ((Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) && node.getLiteralValue() === markName)
  return nodesAt(source, markName).filter(named)
}

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
    const node = source.getDescendantAtPos(at)
    if (node !== undefined && node.getStart() <= at && at < node.getEnd()) nodes.add(node)
  }
  return [...nodes]
}
