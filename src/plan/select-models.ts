import { basename } from 'node:path'
import type { Catalog } from '../catalog/types.ts'
import { nearestNames } from '../nearest-names.ts'
import { findRelation } from '../catalog/lookup.ts'
import { VersiongenError } from '../errors.ts'
import type { Selection } from '../results.ts'
import { qualify, type Resolved } from './resolve.ts'
import type { Finding } from './types.ts'

/** The models of the tables a user named; all of them with `all`. Each name has to lead to exactly one table. */
export const selectModels = (
  models: readonly Resolved[],
  selection: Selection,
  catalog: Catalog,
): readonly Resolved[] => {
  if (selection.all) return models
  const selected = new Set<Resolved>()
  for (const name of selection.tables) {
    const found = models.filter((resolved) => namesOf(resolved).includes(name))
    const tables = new Set(found.map((resolved) => canonicalName(resolved)))
    if (tables.size > 1 && !tables.has(`${catalog.searchPath[0] ?? 'public'}.${name}`)) {
      throw new VersiongenError('table-ambiguous', `several tables are called ${name}: ${[...tables].join(', ')}`, {
        hint: 'name one with its schema',
      })
    }
    if (found.length === 0) throw noModel(name, models, catalog)
    for (const resolved of found) {
      if (tables.size === 1 || canonicalName(resolved) === `${catalog.searchPath[0] ?? 'public'}.${name}`)
        selected.add(resolved)
    }
  }
  return models.filter((resolved) => selected.has(resolved))
}

/** One finding for every model beyond the first that stands for the same table. */
export const findDuplicateModels = (models: readonly Resolved[]): ReadonlyMap<Resolved, Finding> => {
  const first = new Map<string, Resolved>()
  const findings = new Map<Resolved, Finding>()
  for (const resolved of models) {
    if (resolved.table === undefined) continue
    const object = qualify(resolved.table.base)
    const other = first.get(object)
    if (other === undefined) {
      first.set(object, resolved)
      continue
    }
    const { name, file, line, column } = resolved.model
    findings.set(resolved, {
      code: 'model-duplicate',
      severity: 'error',
      object,
      expected: 'one model',
      actual: `${other.model.name}, ${name}`,
      message: `${name} and ${other.model.name} (${basename(other.model.file)}:${other.model.line}) both stand for ${object}`,
      fix: null,
      where: { file, line, column },
    })
  }
  return findings
}

const canonicalName = ({ model, table }: Resolved): string =>
  table === undefined ? [model.schema, model.table].filter((part) => part !== undefined).join('.') : qualify(table.base)

const namesOf = (resolved: Resolved): readonly string[] => {
  const { model, table } = resolved
  return [canonicalName(resolved), model.table, ...(table === undefined ? [] : [table.base.name])]
}

const noModel = (name: string, models: readonly Resolved[], catalog: Catalog): VersiongenError => {
  const near = nearestNames(
    name,
    models.flatMap((resolved) => namesOf(resolved)),
  ).filter((other) => other !== name)
  const dot = name.indexOf('.')
  const exists =
    findRelation(catalog, undefined, name) ??
    (dot > 0 ? findRelation(catalog, name.slice(0, dot), name.slice(dot + 1)) : undefined)
  const elsewhere = exists === undefined ? catalog.relations.filter((relation) => relation.name === name) : []
  if (exists === undefined && elsewhere.length === 0) {
    const tables = nearestNames(
      name,
      catalog.relations.map((relation) => relation.name),
    )
    const meant = [...new Set([...near, ...tables])]
    return new VersiongenError('table-not-found', `there is no table ${name}`, {
      hint:
        meant.length > 0
          ? `did you mean ${meant.slice(0, 3).join(' or ')}?`
          : 'see `versiongen status` for the tables that have a model',
    })
  }
  const table = elsewhere.length === 0 ? name : elsewhere.map(qualify).join(' or ')
  return new VersiongenError('model-not-found', `no model stands for the table ${table}`, {
    hint:
      near.length > 0
        ? `did you mean ${near.join(' or ')}? Otherwise mark its model: static __versioned__ = {}`
        : 'mark its model with `static __versioned__ = {}`, and see that --models covers its file',
  })
}
