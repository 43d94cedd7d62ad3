import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isUntouched } from './accessors/header.ts'
import { nameTables } from './accessors/names.ts'
import { nearestNames } from './nearest-names.ts'
import type { Settings } from './config/types.ts'
import { VersiongenError } from './errors.ts'
import type { Model } from './models/types.ts'
import { versionCommand } from './plan/command.ts'
import { findFolderDrift } from './plan/folder-findings.ts'
import { versionTableName } from './plan/resolve.ts'
import type { Finding } from './plan/types.ts'
import type { Branch } from './read-branch.ts'
import { readMigrations, readProjectModels } from './read-project.ts'
import type { CheckReport, Progress, Selection } from './results.ts'

/** What files alone do not tell. */
const skipped: readonly string[] = [
  'tables, version tables, triggers and functions',
  'whether accessors and models fit their tables',
  'rows and their versions',
  'which migrations have run',
]

/** A model with what can be said of its table without looking at one. */
interface Named {
  readonly model: Model
  /** The schema is the one the model says, else `public`, where most tables are. */
  readonly base: { readonly schema: string; readonly name: string }
  /** As the model says it. */
  readonly said: string
}

/**
 * Finds what is wrong with the files themselves: models that share a table or a history, accessors that are missing or
 * were changed by hand, migrations that Flyway refuses or passes over. Reads no database and makes none.
 */
export const checkOffline = async (
  settings: Settings,
  selection: Selection,
  { progress, branch }: { readonly progress?: Progress | undefined; readonly branch?: Branch | undefined } = {},
): Promise<CheckReport> => {
  const report = progress === undefined ? {} : { progress }
  const [models, folder] = await Promise.all([readProjectModels(settings, report), readMigrations(settings)])
  const named = models.map((model): Named => ({
    model,
    base: { schema: model.schema ?? 'public', name: model.table },
    said: [model.schema, model.table].filter((part) => part !== undefined).join('.'),
  }))
  const selected = new Set(select(named, selection))
  const twins = findTwins(named, settings)
  const accessors = await findAccessors(
    named.filter((each) => twins.get(each)?.code !== 'model-duplicate'),
    settings,
  )
  const tables = named
    .filter((each) => selected.has(each))
    .map((each) => ({
      table: each.said,
      model: { name: each.model.name, file: each.model.file, line: each.model.line },
      versionTable: versionNameOf(each, settings),
      findings: [...(twins.has(each) ? [twins.get(each)] : []), accessors.get(each)].filter(
        (finding) => finding !== undefined,
      ),
    }))
  const index = accessors.get('index')
  const findings = [
    ...(branch?.findDrift(null, null) ?? findFolderDrift(folder, null)),
    ...(index === undefined ? [] : [index]),
  ]
  const all = [...tables.flatMap((table) => table.findings), ...findings]
  return { ok: !all.some(({ severity }) => severity === 'error'), tables, findings, skipped }
}

/** The models of the tables a user named; all of them with `all`. */
const select = (named: readonly Named[], { all, tables }: Selection): readonly Named[] => {
  if (all) return named
  return tables.flatMap((name) => {
    const found = named.filter(({ said, model }) => said === name || model.table === name)
    if (found.length > 0) return found
    const near = nearestNames(
      name,
      named.map(({ said }) => said),
    )
    throw new VersiongenError('model-not-found', `no model stands for the table ${name}`, {
      hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'see that --models covers its file',
    })
  })
}

/** The schema is named only where the model or the option does. */
const versionNameOf = ({ model, base }: Named, { versioned }: Settings): string => {
  const pattern = model.options.versionTable ?? versioned.versionTable ?? '%s_version'
  const { schema, name } = versionTableName(base, pattern)
  return model.schema === undefined && !pattern.includes('.') ? name : `${schema}.${name}`
}

/** Two models of one table, or of two tables with one history. Names count as written: what a schema is left out for, only a database knows. */
const findTwins = (named: readonly Named[], settings: Settings): ReadonlyMap<Named, Finding> => {
  const findings = new Map<Named, Finding>()
  const [tables, histories] = [new Map<string, Named>(), new Map<string, Named>()]
  for (const each of named) {
    const { name, file, line, column } = each.model
    const history = versionNameOf(each, settings)
    const [twin, rival] = [tables.get(each.said), histories.get(history)]
    const finding = (code: Finding['code'], object: string, expected: string, message: string): Finding => ({
      code,
      severity: 'error',
      object,
      expected,
      actual: `${(twin ?? rival)?.model.name}, ${name}`,
      message,
      fix: null,
      where: { file, line, column },
    })
    if (twin !== undefined) {
      const message = `${name} and ${twin.model.name} both stand for ${each.said}`
      findings.set(each, finding('model-duplicate', each.said, 'one model', message))
    } else if (rival !== undefined) {
      const message = `${name} and ${rival.model.name} both have their history in ${history}: see the option versionTable`
      findings.set(each, finding('version-table-foreign', history, 'one table', message))
    }
    tables.set(each.said, twin ?? each)
    histories.set(history, rival ?? each)
  }
  return findings
}

/** Accessors that are not there, or no longer as they were written. */
const findAccessors = async (
  named: readonly Named[],
  settings: Settings,
): Promise<ReadonlyMap<Named | 'index', Finding>> => {
  const findings = new Map<Named | 'index', Finding>()
  const look = async (key: Named | 'index', stem: string): Promise<boolean> => {
    const path = join(settings.out, `${stem}.ts`)
    const text = await readIfThere(path)
    if (text !== undefined && isUntouched(text)) return true
    const command = key === 'index' ? 'versiongen --all' : versionCommand(key.base)
    findings.set(key, {
      code: text === undefined ? 'accessor-missing' : 'accessor-outdated',
      severity: 'error',
      object: key === 'index' ? 'index' : key.said,
      expected: 'what versiongen writes',
      actual: text === undefined ? null : 'changed by hand',
      message: text === undefined ? 'there is no accessor' : 'the accessor was changed by hand',
      fix: text === undefined ? command : `${command} --force`,
      where: { file: path },
    })
    return text !== undefined
  }
  let present = false
  for (const [each, { stem }] of nameTables(named, ({ base }) => base)) present = (await look(each, stem)) || present
  if (present) await look('index', 'index')
  return findings
}

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return undefined
    throw new VersiongenError('file-unreadable', 'cannot be read', { where: { file: path }, cause })
  }
}
