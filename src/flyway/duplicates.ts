import type { FolderProblem, Migration } from './types.ts'
import { displayVersion, versionKey } from './version.ts'

/**
 * Files that Flyway refuses to start with: two versioned ones of equal version in whatever spelling, folder or
 * location, and two repeatable ones of equal description. A baseline and a versioned file may share a version.
 */
export const findDuplicates = (migrations: readonly Migration[]): readonly FolderProblem[] => {
  const groups = new Map<string, Migration[]>()
  for (const migration of migrations) {
    const key = duplicateKey(migration)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group) group.push(migration)
    else groups.set(key, [migration])
  }
  return [...groups.values()].flatMap((group) => (group.length > 1 ? [describe(group)] : []))
}

const duplicateKey = ({ kind, version, description }: Migration): string | undefined => {
  if (kind === 'callback') return undefined
  return version === null ? `repeatable ${description}` : `${kind} ${versionKey(version)}`
}

const describe = (group: readonly Migration[]): FolderProblem => {
  const [first] = group
  const what =
    first?.version == null
      ? `repeatable migrations with the description ${JSON.stringify(first?.description)}`
      : `${first.kind} migrations with version ${displayVersion(first.version)}`
  const message = `there are ${group.length} ${what}: ${group.map(({ script }) => script).join(', ')}`
  return { code: 'migration-duplicate', message, files: group.map(({ file }) => file), fatal: first?.kind !== 'undo' }
}
