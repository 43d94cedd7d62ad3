import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { accessorState } from './accessors/header.ts'
import { planAccessors, stampFile, type PlannedAccessor } from './accessors/plan-accessors.ts'
import { findStaleFiles } from './accessors/stale-files.ts'
import { findRelation } from './catalog/lookup.ts'
import type { Catalog } from './catalog/types.ts'
import { checkAgainst } from './check-against.ts'
import { checkOffline } from './check-offline.ts'
import type { Settings } from './config/types.ts'
import { VersiongenError } from './errors.ts'
import { formatScriptConfig } from './flyway/conf.ts'
import { migrationFileName } from './flyway/file-name.ts'
import { parseLocation } from './flyway/location.ts'
import { nextVersions } from './flyway/next-version.ts'
import { containsPlaceholder } from './flyway/placeholders.ts'
import { findTargetFolder } from './flyway/which-location.ts'
import type { Change } from './plan/changes.ts'
import { versionCommand } from './plan/command.ts'
import type { Comparison } from './plan/compare.ts'
import { findFolderDrift, isPending, migrationDescription } from './plan/folder-findings.ts'
import { findOrphans } from './plan/orphans.ts'
import { planMigrations, type PlannedMigration } from './plan/migrations.ts'
import { qualify, type Resolved } from './plan/resolve.ts'
import { findDuplicateModels, selectModels } from './plan/select-models.ts'
import { summarize } from './plan/summarize.ts'
import type { Finding, VersionedTable } from './plan/types.ts'
import { readBranch } from './read-branch.ts'
import { noModels, readFlyway, readMigrations, readProject, type Project } from './read-project.ts'
import type { CheckReport, GenerateResult, Note, Progress, Selection, StatusRow, WrittenFile } from './results.ts'
import { removeUnfinished } from './unfinished.ts'
import { writeFiles } from './write-files.ts'

export { renumber } from './renumber.ts'
export { verify } from './verify.ts'

/**
 * Plans what the selected tables' history lacks and writes it: migrations and accessors, all of them or none.
 *
 * @param options.now decides the version of new migrations where the folder's versions are dates
 * @param options.dryRun says what would be written, and writes nothing
 * @param options.force replaces accessors that a person has changed
 * @param options.catchUp looks for writes past the triggers in long histories, too
 * @throws VersiongenError for whatever keeps it from going on; then nothing has been written
 */
export const generate = async (
  settings: Settings,
  selection: Selection,
  options: {
    readonly dryRun: boolean
    readonly force: boolean
    readonly catchUp?: boolean
    readonly now: Date
    readonly progress?: Progress
    readonly note?: Note
  },
): Promise<GenerateResult> => {
  if (!options.dryRun) {
    const { locations } = await readFlyway(settings)
    removeUnfinished([...locations.map((location) => parseLocation(location).root), settings.out])
  }
  const { mode, above } = settings.backfill
  const project = await readProject(settings, {
    progress: options.progress,
    note: options.note,
    countRowsTo: mode === 'auto' ? above + 1 : undefined,
    readChains: { of: selection, long: options.catchUp === true },
  })
  const selected = selectTables(project, selection)
  const { ready, findings } = settle(project, selected)

  const migrations = writeMigrations(
    project,
    planMigrations(ready, settings, batchSizeOf(project, settings)),
    options.now,
  )
  const accessors = await writeAccessors(project, settings, new Set(selected.map(({ table }) => table)), options.force)
  const files = [...migrations, ...accessors]
  if (!options.dryRun) {
    options.progress?.('writing files')
    writeFiles(files)
  }
  return {
    tables: selected.map(({ model, table }) => summarize({ model, table })),
    files,
    dryRun: options.dryRun,
    findings,
    nextSteps: nextSteps(settings, files, findings, options.dryRun),
  }
}

/**
 * Finds every drift of the selected tables; writes nothing.
 *
 * @param options.base a git revision: migrations of this branch that clash with those there are drift, too
 * @param options.offline looks at files only
 * @param options.against finds what was changed by hand in the database, see {@link checkAgainst}
 */
export const check = async (
  settings: Settings,
  selection: Selection,
  options: {
    readonly progress?: Progress
    readonly note?: Note
    readonly base?: string | undefined
    readonly offline?: boolean
    readonly against?: boolean
  } = {},
): Promise<CheckReport> => {
  if (options.against === true) return checkAgainst(settings, selection, options)
  const branch = options.base === undefined ? undefined : await readBranch(settings, options.base)
  if (options.offline === true) return checkOffline(settings, selection, { ...options, branch })
  const isShadow = settings.target.kind === 'shadow'
  const folder = await readMigrations(settings)
  if (isShadow && folder.problems.some(({ fatal }) => fatal)) {
    const findings = branch?.findDrift(null, null) ?? findFolderDrift(folder, null)
    return { ok: false, tables: [], findings, skipped: ['everything else, because Flyway refuses the migrations'] }
  }
  const project = await readProject(settings, { ...options, readChains: true, folder })
  const selected = selectModels(project.resolved, selection, project.catalog)
  const duplicates = findDuplicateModels(project.resolved)
  const accessors = await findAccessorDrift(project, settings)
  const tables = selected.map((resolved) => {
    const { model, table } = resolved
    const duplicate = duplicates.get(resolved)
    const comparison = table === undefined ? undefined : project.comparisons.get(table)
    const recorded = comparison === undefined || table === undefined ? [] : tableFindings(project, comparison)
    return {
      ...summarize({ model, table }),
      findings: [
        ...resolved.findings.filter((finding) => !isShared(finding)),
        ...(duplicate === undefined ? [] : [duplicate]),
        ...recorded,
        ...(table === undefined ? [] : (accessors.get(table) ?? [])),
      ],
    }
  })
  const findings = [
    ...sharedFindings(selected),
    ...project.narrowIds,
    ...(branch?.findDrift(project.applied, isShadow ? null : project.applied) ??
      findFolderDrift(project.folder, project.applied, project.states)),
    ...findOrphans(project.catalog, project.resolved, settings),
    ...(accessors.get('index') ?? []),
  ]
  const all = [...tables.flatMap((table) => table.findings), ...findings]
  return { ok: !all.some(({ severity }) => severity === 'error'), tables, findings }
}

/** What is wrong with a transaction table is said once, not for each table that shares it. */
const isShared = ({ code }: Finding): boolean => code === 'transaction-table'

const sharedFindings = (selected: readonly Resolved[]): readonly Finding[] => [
  ...new Map(
    selected.flatMap(({ findings }) => findings.filter(isShared)).map((finding) => [finding.message, finding]),
  ).values(),
]

/** One line for each selected model: how far its history has come. */
export const status = async (
  settings: Settings,
  selection: Selection,
  options: { readonly progress?: Progress; readonly note?: Note } = {},
): Promise<StatusRow[]> => {
  const project = await readProject(settings, { ...options, countUnrecorded: Number.MAX_SAFE_INTEGER })
  const selected = selectModels(project.resolved, selection, project.catalog)
  const gone = findFolderDrift(project.folder, project.applied, project.states).filter(isOfMissing)
  if (gone.length > 0)
    options.note?.(`files of applied migrations are gone (${gone.length}): versiongen check names them`)
  const pending = project.pending.size
  const accessors = await findAccessorDrift(project, settings)
  return selected.map(({ model, table }) => {
    const comparison = table === undefined ? undefined : project.comparisons.get(table)
    const codes = new Set(comparison?.findings.map(({ code }) => code))
    const missing = comparison === undefined || codes.has('version-table-missing')
    const recording = [...codes].some((code) => /^(trigger|function|search-path)/.test(code))
    const accessor = table === undefined ? undefined : accessors.get(table)?.[0]?.code
    return {
      ...summarize({ model, table }),
      versionTableState: missing
        ? 'missing'
        : [...codes].some((code) => /^(version|column|primary|index|grant|row|unlogged)/.test(code))
          ? 'drift'
          : 'ok',
      triggers:
        table?.writer === 'orm'
          ? 'none'
          : missing || codes.has('trigger-missing')
            ? 'missing'
            : recording
              ? 'drift'
              : 'ok',
      rowsWithoutVersion: (table === undefined ? undefined : project.unrecorded.get(table)) ?? null,
      pendingMigrations: pending,
      accessor: accessor === undefined ? 'ok' : accessor === 'accessor-missing' ? 'missing' : 'outdated',
    }
  })
}

const isOfMissing = ({ code }: Finding): boolean => code === 'migration-missing'

/** How many rows at a time the backfill of a table takes; undefined: all in one transaction. */
const batchSizeOf =
  ({ rows }: Project, { backfill: { mode, above, batchSize } }: Settings) =>
  (table: VersionedTable): number | undefined =>
    mode === 'batches' || (mode === 'auto' && (rows.get(table) ?? 0) > above) ? batchSize : undefined

interface SelectedTable extends Resolved {
  readonly table: VersionedTable
}

/** The selected models, each with a table it can have a history of; anything less is an error here. */
const selectTables = (project: Project, selection: Selection): readonly SelectedTable[] => {
  if (project.models.length === 0) throw noModels()
  const duplicates = findDuplicateModels(project.resolved)
  return selectModels(project.resolved, selection, project.catalog).map((resolved) => {
    const problem = resolved.findings.find(({ severity }) => severity === 'error') ?? duplicates.get(resolved)
    if (problem !== undefined) throw toError(problem)
    const twin = [...duplicates].find(([other]) => other.table?.base === resolved.table?.base)
    if (twin !== undefined) throw toError(twin[1])
    if (resolved.table === undefined) throw new Error(`unresolved without a finding: ${resolved.model.name}`)
    return { ...resolved, table: resolved.table }
  })
}

const toError = ({ code, message, where, object }: Finding): VersiongenError =>
  new VersiongenError(code, message, { where: where ?? { object } })

/** Sorts what can be brought in line now from what a person has to decide, or Flyway has to run first. */
const settle = (
  project: Project,
  selected: readonly SelectedTable[],
): { readonly ready: readonly Comparison[]; readonly findings: readonly Finding[] } => {
  const ready: Comparison[] = []
  const findings: Finding[] = [
    ...sharedFindings(selected),
    ...findFolderDrift(project.folder, project.applied, project.states).filter(
      ({ code }) => code === 'migration-failed',
    ),
    ...selected.flatMap((resolved) => resolved.findings.filter((finding) => !isShared(finding))),
  ]
  for (const { table } of selected) {
    const comparison = project.comparisons.get(table)
    if (comparison === undefined) continue
    const foreign = comparison.findings.find(({ code }) => code === 'version-table-foreign')
    if (foreign !== undefined) throw toError(foreign)
    const onTheirWay = tableFindings(project, comparison).filter(({ code }) => code === 'migration-pending')
    findings.push(...onTheirWay, ...comparison.findings.filter(({ fix }) => fix === null))
    if (onTheirWay.length > 0) continue
    const unrecorded = (project.unrecorded.get(table) ?? 0) > 0
    const stale = project.broken.get(table)
    if (stale !== undefined && stale.fix === null) findings.push(stale)
    const catchesUp = typeof stale?.fix === 'string'
    const changes: readonly Change[] = [
      ...comparison.changes,
      ...(unrecorded ? [{ kind: 'backfill' } as const] : []),
      ...(catchesUp ? [{ kind: 'catch-up', closes: project.unclosed.has(table) } as const] : []),
    ]
    ready.push({ ...comparison, changes })
  }
  return { ready, findings }
}

/** The findings of one table and its rows; those that a pending migration of ours will mend give way to one that says so. */
const tableFindings = (project: Project, { table, findings }: Comparison): readonly Finding[] => {
  const { file, line, column } = table.model
  const where = { file, line, column }
  const waits = (verb: string): boolean => isPending(project.pending, table.base, verb)
  const waiting: Finding = {
    code: 'migration-pending',
    severity: 'error',
    object: qualify(table.base),
    expected: 'applied',
    actual: 'pending',
    message: `migrations for the history of ${qualify(table.base)} are written, but this database has not run them. If one fails because the table has changed since, delete that file and run ${versionCommand(table.base)}`,
    fix: 'flyway migrate',
    where,
  }
  const broken = [project.broken.get(table)].filter((finding) => finding !== undefined)
  const catchesUp = waits('backfill') && broken.some(({ fix }) => fix !== null)
  const shown = catchesUp ? [] : broken
  const repairable = findings.filter(({ fix }) => fix !== null)
  if (repairable.length > 0 && (waits('create') || waits('alter') || waits('index'))) {
    return [waiting, ...findings.filter(({ fix }) => fix === null), ...shown]
  }
  const rows = project.unrecorded.get(table) ?? 0
  if (catchesUp || (rows > 0 && waits('backfill'))) return [...findings, waiting, ...shown]
  if (rows === 0) return [...findings, ...shown]
  const backfill: Finding = {
    code: 'backfill-missing',
    severity: 'error',
    object: qualify(table.version),
    expected: 'a version of every row',
    actual: 'rows without any',
    message: `${qualify(table.base)} has rows without a version`,
    fix: versionCommand(table.base),
    where,
  }
  return [...findings, backfill, ...shown]
}

/** Gives migrations their versions, names and folder. */
const writeMigrations = (
  { folder, applied }: Project,
  planned: readonly PlannedMigration[],
  now: Date,
): readonly WrittenFile[] => {
  if (planned.length === 0) return []
  const target = findTargetFolder(folder)
  if (target === undefined) {
    throw new VersiongenError('migrations-not-found', 'there is no folder for migrations', {
      hint: 'name one with --migrations',
    })
  }
  const versions = nextVersions(folder, applied, { now, count: planned.length })
  return planned.flatMap(({ table, verb, text, executeInTransaction }, i): WrittenFile[] => {
    const version = versions[i]
    if (version === undefined) throw new Error('fewer versions than migrations')
    if (text.includes('\ufeff')) {
      throw new VersiongenError(
        'name-unwritable',
        'a name holds a byte order mark (U+FEFF), which Flyway drops from files',
        {
          where: { object: qualify(table.base) },
          hint: 'rename the table or column; it only looks as if nothing were there',
        },
      )
    }
    const path = join(target, migrationFileName(folder.config, version, migrationDescription(verb, table.base)))
    const migration: WrittenFile = { kind: 'migration', path, content: text, replaces: false }
    const content = formatScriptConfig({
      ...(executeInTransaction ? {} : { executeInTransaction }),
      // A name holds what Flyway would take for a placeholder.
      ...(containsPlaceholder(text, folder.config) ? { placeholderReplacement: false } : {}),
    })
    if (content === undefined) return [migration]
    return [migration, { kind: 'migration-config', path: `${path}.conf`, content, replaces: false }]
  })
}

/** The accessors of `tables` and the index that are missing or outdated, formatted. */
const writeAccessors = async (
  { resolved, catalog }: Project,
  settings: Settings,
  tables: ReadonlySet<VersionedTable>,
  force: boolean,
): Promise<readonly WrittenFile[]> => {
  const planned = await planAccessors(
    resolved.flatMap(({ table }) => table ?? []),
    tables,
    settings,
    { settled: true, relations: catalog.relations },
  )
  const files: WrittenFile[] = []
  for (const accessor of planned) {
    const state = await readAccessorState(accessor)
    if (state === 'ok') continue
    if (state === 'edited' && !force) {
      throw new VersiongenError('accessor-edited', 'was changed by hand, and is not overwritten', {
        where: { file: accessor.path },
        hint: 'move your changes elsewhere, or overwrite it with --force',
      })
    }
    const { kind, path } = accessor
    files.push({ kind, path, content: await stampFile(accessor), replaces: state !== 'missing' })
  }
  return files
}

const readAccessorState = async ({
  path,
  text,
}: PlannedAccessor): Promise<'missing' | ReturnType<typeof accessorState>> => {
  try {
    return accessorState(await readFile(path, 'utf8'), text)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return 'missing'
    throw new VersiongenError('file-unreadable', 'cannot be read', { where: { file: path }, cause })
  }
}

const findAccessorDrift = async (
  { resolved, catalog }: Project,
  settings: Settings,
): Promise<ReadonlyMap<VersionedTable | 'index', readonly Finding[]>> => {
  const duplicates = findDuplicateModels(resolved)
  const all = resolved.flatMap((each) => (duplicates.has(each) ? [] : (each.table ?? [])))
  const unresolved = resolved.filter(({ table }) => table === undefined)
  const findings = new Map<VersionedTable | 'index', readonly Finding[]>()
  const { relations } = catalog
  const planned = await planAccessors(all, new Set(all), settings, { settled: false, relations })
  const states = new Map(
    await Promise.all(planned.map(async (accessor) => [accessor, await readAccessorState(accessor)] as const)),
  )
  // Where one is missing, the others may know about it still: they are right once it is back.
  const settled = new Map<string, PlannedAccessor>()
  if ([...states.values()].includes('missing')) {
    for (const each of await planAccessors(all, new Set(all), settings, { settled: true, relations })) {
      settled.set(each.path, each)
    }
  }
  for (const [accessor, state] of states) {
    const { table, path } = accessor
    const then = state === 'outdated' ? settled.get(path) : undefined
    if (state === 'ok' || (then !== undefined && (await readAccessorState(then)) === 'ok')) continue
    if (state === 'outdated' && unresolved.some((model) => mayBeRelated(model, table, catalog))) continue
    const finding: Finding = {
      code: state === 'missing' ? 'accessor-missing' : 'accessor-outdated',
      severity: 'error',
      object: table === undefined ? 'index' : qualify(table.base),
      expected: 'what versiongen writes',
      actual:
        state === 'missing' ? null : state === 'edited' ? 'changed by hand' : 'written for another shape of the table',
      message: {
        missing: 'there is no accessor',
        edited: 'the accessor was changed by hand',
        outdated: 'the accessor is out of date',
      }[state],
      fix: `${table === undefined ? 'versiongen --all' : versionCommand(table.base)}${state === 'edited' ? ' --force' : ''}`,
      where: { file: path },
    }
    findings.set(table ?? 'index', [finding])
  }
  // A model without a table may have had an accessor.
  if (unresolved.length > 0) return findings
  const wanted = [...planned.map(({ path }) => path), join(settings.out, 'index.ts')]
  const stale = await findStaleFiles(settings.out, wanted)
  return findings.set('index', [...(findings.get('index') ?? []), ...stale.map(describeStale)])
}

const describeStale = (file: string): Finding => ({
  code: 'accessor-outdated',
  severity: 'warning',
  object: basename(file),
  expected: null,
  actual: 'an accessor',
  message: `${basename(file)} belongs to no versioned table any more: delete it`,
  fix: null,
  where: { file },
})

/** What an accessor or the index says of a model is not known as long as the model has no table. */
const mayBeRelated = ({ model }: Resolved, table: VersionedTable | undefined, catalog: Catalog): boolean =>
  table === undefined ||
  table.base.foreignKeys.some(({ references }) => references.name === model.table) ||
  (findRelation(catalog, model.schema, model.table)?.foreignKeys ?? []).some(
    ({ references }) => qualify(references) === qualify(table.base),
  )

const nextSteps = (
  settings: Settings,
  files: readonly WrittenFile[],
  findings: readonly Finding[],
  dryRun: boolean,
): readonly string[] => {
  if (dryRun) return files.length === 0 ? [] : ['run it again without --dry-run to write these files']
  const steps: string[] = []
  if (files.some(({ kind }) => kind === 'migration')) steps.push('review the migrations, then run: flyway migrate')
  else if (findings.some(({ code }) => code === 'migration-pending')) steps.push('run: flyway migrate')
  if (files.length > 0 && settings.target.kind === 'server') steps.push('then: versiongen check')
  return steps
}
