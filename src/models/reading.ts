import type { ClassDeclaration, ClassExpression, Node as MorphNode } from 'ts-morph'
import { VersiongenError } from '../errors.ts'
import type { Problems } from './problems.ts'
import type { Resolver } from './resolve.ts'

/** What every reader of declarations works with. */
export interface Reading {
  readonly resolver: Resolver
  readonly problems: Problems
}

export type ClassNode = ClassDeclaration | ClassExpression

/** Reports a declaration that carries `__versioned__` in a way that cannot be read. */
export const refuseDeclaration = (
  { resolver, problems }: Reading,
  node: MorphNode,
  message: string,
  hint: string,
): void =>
  problems.add(new VersiongenError('model-declaration', message, { where: resolver.sources.placeOf(node), hint }))
