import type { ClassStaticMemberTypes } from 'ts-morph'
import type { ClassNode } from './reading.ts'

/** The static member of a class that has this name, in quotes or not. */
export const staticMember = (node: ClassNode, name: string): ClassStaticMemberTypes | undefined => {
  // Few classes so much as mention it, and to take all members apart costs more than to look.
  if (!node.getText().includes(name)) return undefined
  return node.getStaticMembers().find((member) => member.getName().replace(/^\[?(['"`])(.*)\1\]?$/s, '$2') === name)
}
