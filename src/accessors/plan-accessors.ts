import { join } from 'node:path'
import { existsSync } from 'node:fs'
import type { Settings } from '../config/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { formatTypeScript } from './format.ts'
import { stampAccessor } from './header.ts'
import { nameAccessors } from './names.ts'
import { renderAccessor } from './render.ts'
import { renderIndex } from './render-index.ts'

/** An accessor, or the index of all, as it has to be. */
export interface PlannedAccessor {
  readonly kind: 'accessor' | 'index'
  /** Undefined for the index. */
  readonly table: VersionedTable | undefined
  /** Absolute. */
  readonly path: string
  /** Not formatted yet. */
  readonly text: string
}

/**
 * The accessors of the selected tables, and the index, which names all that are on disk.
 *
 * @param all every table that has a model: names depend on all of them
 * @param settled whether the index is to name the selected ones as if they were on disk already
 */
export const planAccessors = async (
  all: readonly VersionedTable[],
  selected: ReadonlySet<VersionedTable>,
  settings: Settings,
  { settled }: { readonly settled: boolean },
): Promise<readonly PlannedAccessor[]> => {
  const names = nameAccessors(all)
  const planned: PlannedAccessor[] = []
  const indexed = []
  for (const [table, name] of names) {
    const path = join(settings.out, `${name.stem}.ts`)
    if (selected.has(table)) {
      planned.push({ kind: 'accessor', table, path, text: renderAccessor(table, { ...settings, name }) })
    }
    if ((settled && selected.has(table)) || existsSync(path)) indexed.push(name)
  }
  if (indexed.length > 0) {
    planned.push({
      kind: 'index',
      table: undefined,
      path: join(settings.out, 'index.ts'),
      text: renderIndex(indexed, settings),
    })
  }
  return planned
}

/** The whole file: formatted as the project formats, under its header. */
export const stampFile = async ({ text, path }: PlannedAccessor): Promise<string> =>
  stampAccessor(text, await formatTypeScript(text, path))
