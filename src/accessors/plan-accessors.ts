import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { QualifiedName, Relation as CatalogRelation } from '../catalog/types.ts'
import type { Settings } from '../config/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { brandIds, type Brands, ownersOf } from './brand-ids.ts'
import { formatTypeScript } from './format.ts'
import { accessorState, stampAccessor } from './header.ts'
import { findJsonTypes } from './json-types.ts'
import { type AccessorName, nameAccessors } from './names.ts'
import { type Relation, relateTables } from './relations.ts'
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
 * The accessors of the selected tables, and the index, which names all that are on disk. Accessors know about the foreign
 * keys between tables that have one; so those on disk that a new one is related to are planned, too, unless something else
 * about them is out of date or a person has changed them.
 *
 * @param all every table that has a model: names depend on all of them
 * @param settled whether the selected ones count as if they were on disk already
 * @param relations everything in the database: what has no history can be related to, too
 */
export const planAccessors = async (
  all: readonly VersionedTable[],
  selected: ReadonlySet<VersionedTable>,
  settings: Settings,
  { settled, relations: known = [] }: { readonly settled: boolean; readonly relations?: readonly CatalogRelation[] },
): Promise<readonly PlannedAccessor[]> => {
  const names = nameAccessors(all)
  const pathOf = ({ stem }: AccessorName) => join(settings.out, `${stem}.ts`)
  const onDisk = new Map([...names].filter(([, name]) => existsSync(pathOf(name))))
  const present = new Map([...names].filter(([table]) => onDisk.has(table) || (settled && selected.has(table))))
  const unversioned = withoutHistory(known, all)
  const after = tieTables(present, unversioned, settings)
  const before = present.size === onDisk.size ? after : tieTables(onDisk, unversioned, settings)
  const jsonTypes = findJsonTypes(all, settings)

  const planned: PlannedAccessor[] = []
  for (const [table, name] of names) {
    const path = pathOf(name)
    const render = ({ relations, brands }: Ties) =>
      renderAccessor(table, {
        ...settings,
        name,
        relations: relations.get(table),
        brands: brands?.get(table),
        jsonTypes: jsonTypes.get(table),
      })
    const text = render(after)
    if (!selected.has(table)) {
      if (!settled || !onDisk.has(table)) continue
      const old = render(before)
      if (text === old || accessorState(await readFile(path, 'utf8'), old) !== 'ok') continue
    }
    planned.push({ kind: 'accessor', table, path, text })
  }
  if (present.size > 0) {
    planned.push({
      kind: 'index',
      table: undefined,
      path: join(settings.out, 'index.ts'),
      text: renderIndex([...present.values()], settings, ownersOf(after.brands)),
    })
  }
  return planned
}

/** What accessors that are there know about each other. */
interface Ties {
  readonly relations: ReadonlyMap<VersionedTable, readonly Relation[]>
  readonly brands: Brands | undefined
}

const tieTables = (
  names: ReadonlyMap<VersionedTable, AccessorName>,
  unversioned: readonly CatalogRelation[],
  { naming, brandedIds }: Settings,
): Ties => ({
  relations: relateTables(names, naming, unversioned),
  brands: brandedIds === true ? brandIds(names) : undefined,
})

/** Tables that have no history and are no part of one. */
const withoutHistory = (
  relations: readonly CatalogRelation[],
  all: readonly VersionedTable[],
): readonly CatalogRelation[] => {
  const nameOf = ({ schema, name }: QualifiedName): string => JSON.stringify([schema, name])
  const taken = new Set(all.flatMap(({ base, version, transaction }) => [base, version, transaction].map(nameOf)))
  return relations.filter(
    (relation) =>
      (relation.kind === 'table' || relation.kind === 'partitioned table') &&
      relation.partitionOf === null &&
      !taken.has(nameOf(relation)),
  )
}

/** The whole file: formatted as the project formats, under its header. */
export const stampFile = async ({ text, path }: PlannedAccessor): Promise<string> =>
  stampAccessor(text, await formatTypeScript(text, path))
