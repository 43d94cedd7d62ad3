import { VersiongenError } from '../errors.ts'
import type { AppliedMigration, Migration, Version } from './types.ts'
import { countSteps, type Steps } from './version-counter.ts'
import { splitVersion } from './version-date.ts'
import { dateSteps, stampSteps } from './version-stamps.ts'
import { compareVersions, highestVersion, parseVersion } from './version.ts'

interface NumberedFolder {
  readonly migrations: readonly Pick<Migration, 'kind' | 'version'>[]
}

/** Longer ones do not fit Flyway's history table. */
const maximalLength = 50

/**
 * Versions for new files: each greater than the one before, and all greater than every version in every location
 * (versioned, baseline, undo, script and Java migrations) and in the history table. They are written as the folder
 * writes its latest ones, and a date or stamp is the later of `now` (in UTC) and the highest version's plus its
 * smallest step. An empty folder starts with stamps such as `20240424221200`, which seldom clash between branches.
 *
 * @throws VersiongenError `version-too-long` when Flyway could not store it (more than 50 characters).
 */
export const nextVersions = (
  folder: NumberedFolder,
  applied: readonly AppliedMigration[] | null,
  { now, count }: { readonly now: Date; readonly count: number },
): readonly Version[] => {
  const models = chooseModels(folder, applied)
  const existing = [...folder.migrations, ...(applied ?? [])].flatMap(({ version }) => version ?? [])
  const highest = respell(highestVersion(existing), models[0])
  const versions = highest ? [] : [toVersion(now.toISOString().replace(/\D/g, '').slice(0, 14))]
  const start = highest ?? versions[0]
  if (start === undefined) return []
  const step = chooseSteps(highest ? models : versions, start, now)
  while (versions.length < count) versions.push(toVersion(step(versions.at(-1) ?? start)))
  return versions.slice(0, count)
}

/** Versions to take the shape from, the highest first: versioned files, else baselines, else what was applied. */
const chooseModels = (
  { migrations }: NumberedFolder,
  applied: readonly AppliedMigration[] | null,
): readonly Version[] => {
  const candidates = [
    migrations.filter(({ kind }) => kind === 'versioned'),
    migrations.filter(({ kind }) => kind === 'baseline'),
    applied ?? [],
  ].map((list) => list.flatMap(({ version }) => version ?? []))
  return (candidates.find((list) => list.length > 0) ?? []).toSorted((a, b) => compareVersions(b, a)).slice(0, 200)
}

/** The commonest dated shape of the latest versions, unless it would not sort above everything; else that of the highest. */
const chooseSteps = (models: readonly Version[], highest: Version, now: Date): Steps => {
  const candidates = [...dateSteps(models, now), ...stampSteps(models, highest, now)]
  return candidates.find((steps) => isAbove(steps(highest), highest)) ?? countSteps(models)
}

/** The history table holds dots for underscores: there the separators are those of the folder's highest file. */
const respell = (highest: Version | undefined, model: Version | undefined): Version | undefined => {
  const split = highest && splitVersion(highest.text)
  const separators = (model && splitVersion(model.text)?.separators) ?? []
  if (!split || split.separators.length !== separators.length) return highest
  const text = split.groups.map((group, index) => (index === 0 ? '' : separators[index - 1]) + group).join('')
  return { parts: highest?.parts ?? [], text }
}

const isAbove = (text: string, highest: Version): boolean => {
  const version = parseVersion(text)
  return version !== null && compareVersions(version, highest) > 0
}

const toVersion = (text: string): Version => {
  const version = parseVersion(text)
  if (version === null || text.length > maximalLength) {
    throw new VersiongenError(
      'version-too-long',
      `the next version ${text} is longer than ${maximalLength} characters`,
      {
        hint: 'Flyway cannot store it; start a shorter numbering',
      },
    )
  }
  return version
}
