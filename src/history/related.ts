import type { TextRow } from './executor.ts'
import { readLive } from './live.ts'
import { restore } from './restore.ts'
import { withoutSignal, withSignal } from './signal.ts'
import { readRow } from './table.ts'
import {
  groupPaths,
  isLive,
  isMany,
  lastTarget,
  momentOf,
  type Origin,
  readTied,
  type Source,
  stepsOf,
} from './tied.ts'
import { RecordState, type StateReader } from './version.ts'

/**
 * @param moment as of which relations are read: the id of a transaction, or how to ask for it; otherwise each version's own
 */
export const createStateReader = (
  source: Source,
  moment?: string | ((source: Source) => Promise<string>),
): StateReader => {
  const later = withoutSignal(source)
  const settle = async (within: Source) => (typeof moment === 'function' ? moment(within) : moment)
  return {
    revert: async (stored, options) => {
      const within = withSignal(later, options.signal)
      return restore(later, stored, options.relations && (await settle(within)), options)
    },
    related: async (stored, name, { signal } = {}) => {
      const within = withSignal(later, signal)
      const origin = { stored, moment: (await settle(within)) ?? momentOf(stored) }
      const [found = []] = await readRelated(within, name, [origin])
      return valueOf(isMany(source.table, name), found)
    },
  }
}

/** A row that was found; without history it is the origin of nothing. */
interface Found {
  readonly row: object
  readonly origin: Loaded | undefined
}

interface Loaded extends Origin {
  readonly state: Loadable
}

/** What keeps related rows that were read beforehand. */
interface Loadable {
  load(name: string, related: unknown): void
}

/**
 * Reads relations of all states at once: one query for each path.
 *
 * @param paths such as `permits` and `permits.conditions`; what a path leads over is read as well
 */
export const loadRelated = async (
  source: Source,
  states: readonly Loadable[],
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
    const many = isMany(source.table, name)
    const target = lastTarget(source.table, name)
    const related = await readRelated(source, name, origins)
    for (const [i, { state }] of origins.entries()) state.load(name, valueOf(many, related[i] ?? []))
    if (!isLive(target))
      await loadPaths(
        { ...source, table: target },
        related.flat().flatMap(({ origin }) => origin ?? []),
        rest,
      )
  }
}

const readRelated = async (
  source: Source,
  name: string,
  origins: readonly Origin[],
): Promise<readonly (readonly Found[])[]> => {
  const target = lastTarget(source.table, name)
  const groups = await readTied(source, stepsOf(source.table, name), origins)
  return groups.map((rows, i) => {
    const moment = origins[i]?.moment ?? ''
    if (isLive(target)) return rows.map((row) => ({ row: readLive(target, row), origin: undefined }))
    const reader = createStateReader({ ...source, table: target }, moment)
    return rows.map((row: TextRow) => {
      const stored = readRow(target, row)
      const state = new RecordState<object, object>(target, stored, reader)
      return { row: state, origin: { stored, moment, state } }
    })
  })
}

const valueOf = (many: boolean, found: readonly Found[]): unknown =>
  many ? found.map(({ row }) => row) : found[0]?.row
