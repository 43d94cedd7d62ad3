import type { Grant, QualifiedName, Relation, StoredFunction } from '../catalog/types.ts'

const isWrite = (privilege: string): boolean => /^(INSERT|UPDATE|DELETE|TRUNCATE)\b/.test(privilege)

/** Who else than its owner, and those of the functions that record there, may write a table; as a whole or single columns. */
export const writesOf = (
  relation: Relation,
  recorders: readonly (StoredFunction | undefined)[] = [],
): readonly Grant[] => {
  const may = new Set([relation.owner, ...recorders.map((recorder) => recorder?.owner)])
  return relation.grants
    .filter(({ grantee }) => !may.has(grantee))
    .map(({ grantee, privileges }) => ({ grantee, privileges: privileges.filter(isWrite) }))
    .filter(({ privileges }) => privileges.length > 0)
}

/** Of the functions that record in a table of somebody else's, one for each owner. */
export const ownersBesides = ({ owner }: Relation, recorders: readonly StoredFunction[]): readonly QualifiedName[] =>
  [...new Map(recorders.map((recorder) => [recorder.owner, recorder])).values()]
    .filter((recorder) => recorder.owner !== owner)
    .map(({ schema, name }) => ({ schema, name }))
