import { loadMorph } from './load-morph.ts'
import type { Progress } from '../results.ts'
import { byCodePoint } from '../order.ts'
import { buildClassModel, readClassMark, type ClassMark } from './class-model.ts'
import { findModelFiles } from './discover.ts'
import { readAssignedTable, readVersionedCalls } from './drizzle-model.ts'
import { findMarks } from './marks.ts'
import { Problems } from './problems.ts'
import { refuseDeclaration, type ClassNode, type Reading } from './reading.ts'
import { Resolver } from './resolve.ts'
import { findMarkedFiles } from './scan.ts'
import { Sources } from './sources.ts'
import { findSubclasses } from './subclasses.ts'
import { readTypeModel } from './type-model.ts'
import type { Model } from './types.ts'

export interface ReadModels {
  /** By file, line and column. Two may stand for one table. */
  readonly models: readonly Model[]
  /** How many files the patterns match. */
  readonly searched: number
  /** Absolute paths of the files that were parsed: those with a mark, those that extend a marked class, what they import from. */
  readonly parsed: readonly string[]
}

/**
 * Finds every declaration that carries `__versioned__`, without running any file.
 *
 * @param root Absolute path that the patterns are relative to.
 * @param patterns Globs; see `defaultPatterns`.
 * @param ready Resolves when this thread may be held for as long as it takes to load the compiler.
 * @throws VersiongenError `model-option`, `model-table`, `model-declaration`, `model-syntax`, `model-unreadable`,
 *   `models-unreadable`. With several errors the first by file and line is thrown; its `cause` is an `AggregateError` of
 *   all of them.
 *
 * @example
 * ```ts
 * import { defaultPatterns } from './discover.ts'
 * import { readModels } from './read.ts'
 *
 * const { models } = await readModels({ root: '/srv/app', patterns: defaultPatterns })
 * ```
 */
export const readModels = async ({
  root,
  patterns,
  progress,
  ready,
}: {
  readonly root: string
  readonly patterns: readonly string[]
  readonly progress?: Progress
  readonly ready?: Promise<unknown>
}): Promise<ReadModels> => {
  progress?.('looking for models')
  const problems = new Problems()
  const files = await findModelFiles(root, patterns)
  const marked = await findMarkedFiles(files, problems)
  problems.throwIfAny()
  if (marked.length === 0) return { models: [], searched: files.length, parsed: [] }

  progress?.(`reading models in ${marked.length} of ${files.length} files`)
  await ready
  const sources = await Sources.load()
  const reading: Reading = { resolver: new Resolver(sources, await loadMorph()), problems }
  const marks = new Map<ClassNode, ClassMark>()
  const models = marked.flatMap((file) => problems.catch(() => readFile(file, marks, reading)) ?? [])
  const classes = [...marks.keys()].filter((node) => !node.isAbstract())
  for (const node of [...classes, ...(await findSubclasses(files, marked, marks, reading))]) {
    const model = problems.catch(() => buildClassModel(node, marks, reading))
    if (model !== undefined) models.push(model)
  }
  problems.throwIfAny()
  return { models: models.sort(byPlace), searched: files.length, parsed: sources.parsed }
}

/** The models of a file that stand for themselves; the classes with a mark are added to `marks`. */
const readFile = (file: string, marks: Map<ClassNode, ClassMark>, reading: Reading): Model[] => {
  const { Node } = reading.resolver.morph
  const source = reading.resolver.sources.open(file)
  const models = [...readVersionedCalls(source, reading)]
  for (const { at, member } of findMarks(source, reading.resolver)) {
    const owner = member.getParent()
    if (Node.isClassDeclaration(owner) || Node.isClassExpression(owner)) {
      const mark = reading.problems.catch(() => readClassMark(at, owner, reading))
      if (mark !== undefined) marks.set(owner, mark)
    } else if (Node.isPropertySignature(member)) {
      const model = reading.problems.catch(() => readTypeModel(at, member, reading))
      if (model !== undefined) models.push(model)
    } else if (Node.isObjectLiteralExpression(owner)) {
      models.push(...(reading.problems.catch(() => readAssignedTable(at, owner, reading)) ?? []))
    } else if (Node.isPropertyAccessExpression(member) && isAssigned(member, reading)) {
      const hint = 'write static __versioned__ = { … } in the class'
      refuseDeclaration(reading, at, '__versioned__ is assigned; models are read, never run', hint)
    }
  }
  return models
}

const isAssigned = (node: import('ts-morph').Node, { resolver: { morph } }: Reading): boolean => {
  const parent = node.getParent()
  return (
    morph.Node.isBinaryExpression(parent) &&
    parent.getLeft() === node &&
    parent.getOperatorToken().getKind() === morph.SyntaxKind.EqualsToken
  )
}

const byPlace = (a: Model, b: Model): number => byCodePoint(a.file, b.file) || a.line - b.line || a.column - b.column
