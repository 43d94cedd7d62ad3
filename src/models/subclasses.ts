import { basename, dirname } from 'node:path'
import type { ClassMark } from './class-model.ts'
import { sharesTable } from './decorators.ts'
import { ancestorsOf } from './heritage.ts'
import type { ClassNode, Reading } from './reading.ts'
import { findExtendingFiles } from './scan.ts'

/**
 * The concrete classes without a mark of their own that extend a marked abstract class, however many levels below and in
 * whatever file. Only files that extend something and name such a class are parsed for it.
 */
export const findSubclasses = async (
  files: readonly string[],
  marked: readonly string[],
  marks: ReadonlyMap<ClassNode, ClassMark>,
  reading: Reading,
): Promise<readonly ClassNode[]> => {
  const { problems } = reading
  const bases = new Set([...marks.keys()].filter((node) => node.isAbstract()))
  const concrete = new Set<ClassNode>()
  const open = new Set(marked)
  const names = new Set([...bases].flatMap((base) => namesOf(base, reading)))
  const searched = new Set<string>()
  while (searched.size < names.size) {
    const wanted = [...names].filter((name) => !searched.has(name))
    wanted.forEach((name) => searched.add(name))
    const found = await findExtendingFiles(files, wanted, problems)
    found.files.forEach((file) => open.add(file))
    found.aliases.forEach((alias) => names.add(alias))
    for (const node of [...open].flatMap((file) => problems.catch(() => classesIn(file, reading)) ?? [])) {
      const ancestors = marks.has(node) ? undefined : problems.catch(() => ancestorsOf(node, reading))
      if (!ancestors?.some((ancestor) => bases.has(ancestor))) continue
      if (!node.isAbstract()) {
        if (!sharesTable(node, reading)) concrete.add(node)
      } else if (!bases.has(node)) {
        bases.add(node)
        namesOf(node, reading).forEach((name) => names.add(name))
      }
    }
  }
  return [...concrete]
}

const classesIn = (file: string, { resolver }: Reading): readonly ClassNode[] => {
  const source = resolver.sources.open(file)
  const { SyntaxKind } = resolver.morph
  return [
    ...source.getDescendantsOfKind(SyntaxKind.ClassDeclaration),
    ...source.getDescendantsOfKind(SyntaxKind.ClassExpression),
  ].filter((node) => node.getExtends() !== undefined)
}

/**
 * The words by which another file may name a class: its own name and those it is exported under; as a default export it
 * may be imported under any name, but then the file's is in the import.
 */
const namesOf = (node: ClassNode, { resolver }: Reading): readonly string[] => {
  const { Node } = resolver.morph
  const source = node.getSourceFile()
  const parent = node.getParent()
  const name = Node.isVariableDeclaration(parent) ? parent.getName() : node.getName()
  const exports = source.getExportDeclarations().flatMap((declaration) => declaration.getNamedExports())
  const aliases = exports
    .filter((entry) => entry.getName() === name)
    .flatMap((entry) => entry.getAliasNode()?.getText() ?? [])
  const path = resolver.sources.pathOf(source)
  const stem = basename(path).replace(/\.[^.]*$/, '')
  const isDefault =
    Node.isExportAssignment(parent) ||
    (Node.isClassDeclaration(node) && node.isDefaultExport()) ||
    aliases.includes('default')
  const names = [...(name === undefined ? [] : [name]), ...aliases.filter((alias) => alias !== 'default')]
  return isDefault ? [...names, stem === 'index' ? basename(dirname(path)) : stem] : names
}
