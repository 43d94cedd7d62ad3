import { restore } from './restore.ts'
import { groupPaths, momentOf, type Origin, readTied, relationOf, type Source, targetOf } from './tied.ts'
import { RecordState, type StateReader } from './version.ts'

/** @param moment as of which relations are read: the id of a transaction; otherwise each version's own */
export const createStateReader = (source: Source, moment?: string): StateReader => ({
  revert: (stored, options) => restore(source, stored, moment, options),
  related: async (stored, name) => {
    const relation = relationOf(source.table, name)
    const [found] = await readRelated(source, name, [{ stored, moment: moment ?? momentOf(stored) }])
    return valueOf(relation.many, found ?? [])
  },
})

interface Loaded extends Origin {
  readonly state: RecordState<object, object>
}

/**
 * Reads relations of all states at once: one query for each path.
 *
 * @param paths such as `permits` and `permits.conditions`; what a path leads over is read as well
 */
export const loadRelated = async (
  source: Source,
  states: readonly RecordState<object, object>[],
  paths: readonly string[],
  moment?: string,
): Promise<void> => {
  if (paths.length === 0) return
  const origins = states.flatMap((state) => {
    const stored = RecordState.storedOf(source.table, state)
    return stored ? [{ state, stored, moment: moment ?? momentOf(stored) }] : []
  })
  await loadPaths(source, origins, paths)
}

const loadPaths = async (source: Source, origins: readonly Loaded[], paths: readonly string[]): Promise<void> => {
  for (const [name, rest] of groupPaths(source.table, paths)) {
    const relation = relationOf(source.table, name)
    const related = await readRelated(source, name, origins)
    for (const [i, { state }] of origins.entries()) state.load(name, valueOf(relation.many, related[i] ?? []))
    await loadPaths(targetOf(source, relation), related.flat(), rest)
  }
}

const readRelated = async (
  source: Source,
  name: string,
  origins: readonly Origin[],
): Promise<readonly (readonly Loaded[])[]> => {
  const relation = relationOf(source.table, name)
  const target = targetOf(source, relation)
  const groups = await readTied(source, relation, origins)
  return groups.map((versions, i) => {
    const moment = origins[i]?.moment ?? ''
    return versions.map((stored) => ({
      stored,
      moment,
      state: new RecordState(target.table, stored, createStateReader(target, moment)),
    }))
  })
}

const valueOf = (many: boolean, loaded: readonly Loaded[]): unknown =>
  many ? loaded.map(({ state }) => state) : loaded[0]?.state
