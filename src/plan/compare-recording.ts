import { createHash } from 'node:crypto'
import type { Catalog, QualifiedName, Trigger } from '../catalog/types.ts'
import { recordFunctionName } from '../sql/names.ts'
import { recordFunction } from '../sql/record-function.ts'
import { recordTriggers, type RecordTrigger } from '../sql/triggers.ts'
import type { ExistingHistory } from './existing-history.ts'
import type { Report } from './report.ts'
import { qualify } from './resolve.ts'
import type { VersionedTable } from './types.ts'

/** The recording function of a version table, as far as some trigger runs it. */
export const findRecorder = (version: QualifiedName, catalog: Catalog): Catalog['functions'][number] | undefined => {
  const name = recordFunctionName(version)
  return catalog.functions.find((candidate) => isNamed(candidate, name))
}

/** The recording function and the triggers that run it: all there, as written, and nothing else of ours. */
export const compareRecording = (
  table: VersionedTable,
  history: ExistingHistory,
  catalog: Catalog,
  report: Report,
): void => {
  if (table.writer === 'trigger') compareFunction(table, history, catalog, report)
  compareTriggers(table, history, report)
}

const compareFunction = (table: VersionedTable, history: ExistingHistory, catalog: Catalog, report: Report): void => {
  const expected = recordFunction(table)
  const actual = findRecorder(history.found, catalog)
  const name = `${qualify(expected)}()`
  if (actual === undefined) {
    // No trigger runs it, so the catalog does not tell whether it exists; replacing it is right either way.
    report.drift('function-outdated', name, {
      expected: name,
      message: `no trigger runs ${name}`,
      change: { kind: 'replace-function' },
    })
    return
  }
  const changed = report.changes.length > 0
  if (actual.bodyHash !== createHash('md5').update(expected.body).digest('hex') || !actual.securityDefiner) {
    report.drift('function-outdated', name, {
      expected: actual.securityDefiner ? 'the body versiongen writes' : 'security definer',
      actual: actual.securityDefiner ? 'another body' : 'security invoker',
      message: changed
        ? `${name} still records the table as it was`
        : `${name} is not what versiongen writes: it was edited, or the table, the model or versiongen has changed`,
      change: { kind: 'replace-function' },
    })
  }
  compareSettings(expected.settings, actual.settings, name, report)
}

const compareSettings = (
  expected: readonly string[],
  actual: readonly string[],
  name: string,
  report: Report,
): void => {
  if (expected.join('\0') === actual.map(normalizeSetting).sort().join('\0')) return
  const path = (settings: readonly string[]): string =>
    settings.map(normalizeSetting).find((setting) => setting.startsWith('search_path=')) ?? 'search_path not set'
  const isPath = path(expected) !== path(actual)
  report.drift(isPath ? 'search-path' : 'function-outdated', name, {
    expected: isPath ? path(expected) : expected.join('; '),
    actual: isPath ? path(actual) : actual.join('; '),
    message: `${name} runs with other settings than versiongen gives it`,
    change: { kind: 'replace-function' },
  })
}

const normalizeSetting = (setting: string): string => setting.replaceAll('"', '')

const compareTriggers = (table: VersionedTable, { found }: ExistingHistory, report: Report): void => {
  const functions = [recordFunctionName(table.version), recordFunctionName(found)]
  const ours = new Set(table.base.triggers.filter((trigger) => !trigger.inherited && isOurs(functions, trigger)))
  const expected = recordTriggers(table)
  const named = new Map(table.base.triggers.map((trigger) => [trigger.name, trigger]))
  for (const trigger of expected) {
    const actual = named.get(trigger.name)
    if (actual !== undefined) ours.delete(actual)
  }
  for (const trigger of expected) {
    const actual = named.get(trigger.name)
    if (actual !== undefined) compareTrigger(table, trigger, actual, isOurs(functions, actual), report)
    else compareMissing(table, trigger, ours, report)
  }
  for (const { name } of ours) {
    report.drift('trigger-outdated', `${qualify(table.base)}.${name}`, {
      actual: name,
      message:
        table.writer === 'orm'
          ? `the application writes the history of ${qualify(table.base)}, and so does the trigger ${name}: every change would be there twice`
          : `the trigger ${name} records what other triggers of versiongen record already`,
      change: {
        kind: 'drop-trigger',
        name,
        function: expected.length === 0 ? recordFunctionName(table.version) : null,
      },
    })
  }
  if (table.writer === 'trigger') reportNative(table, report)
}

/** SQLAlchemy-Continuum's own trigger (`native_versioning`) writes the very rows that ours write. */
const reportNative = (table: VersionedTable, report: Report): void => {
  for (const trigger of table.base.triggers) {
    const isNative =
      trigger.name === `${table.base.name}_trigger` && trigger.function.name === `${table.base.name}_audit`
    if (!isNative || trigger.inherited || trigger.level !== 'row') continue
    report.drift('trigger-outdated', `${qualify(table.base)}.${trigger.name}`, {
      actual: trigger.definition,
      message: `SQLAlchemy-Continuum's trigger ${trigger.name} records the same changes: either it goes, or the model says writer: 'orm'`,
      change: { kind: 'drop-trigger', name: trigger.name, function: null },
    })
  }
}

const compareMissing = (table: VersionedTable, expected: RecordTrigger, ours: Set<Trigger>, report: Report): void => {
  const object = `${qualify(table.base)}.${expected.name}`
  const other = [...ours].find((trigger) => isSameTrigger(expected, trigger))
  if (other === undefined) {
    report.drift('trigger-missing', object, {
      expected: describeTrigger(expected),
      message: `${qualify(table.base)} has no trigger ${expected.name}: ${expected.events.join(', ')} is not recorded`,
      change: { kind: 'replace-trigger', trigger: expected },
    })
    return
  }
  ours.delete(other)
  report.drift('trigger-outdated', object, {
    expected: expected.name,
    actual: other.name,
    message: `the trigger ${expected.name} is called ${other.name}`,
    change: { kind: 'rename-trigger', from: other.name, to: expected.name },
  })
  compareEnabled(object, expected, other, report)
}

const compareTrigger = (
  table: VersionedTable,
  expected: RecordTrigger,
  actual: Trigger,
  callsOurs: boolean,
  report: Report,
): void => {
  const object = `${qualify(table.base)}.${expected.name}`
  if (!callsOurs || !isSameTrigger(expected, actual)) {
    report.drift('trigger-outdated', object, {
      expected: describeTrigger(expected),
      actual: actual.definition,
      message: `the trigger ${expected.name} is not what versiongen writes`,
      change: { kind: 'replace-trigger', trigger: expected },
    })
  }
  compareEnabled(object, expected, actual, report)
}

const compareEnabled = (object: string, expected: RecordTrigger, actual: Trigger, report: Report): void => {
  if (actual.enabled !== 'disabled' && actual.enabled !== 'replica') return
  report.drift('trigger-disabled', object, {
    expected: 'enabled',
    actual: actual.enabled,
    message: `the trigger ${expected.name} is ${actual.enabled === 'disabled' ? 'disabled' : 'enabled for replication only'}: ${expected.events.join(', ')} is not recorded`,
    change: { kind: 'enable-trigger', trigger: expected },
  })
}

const isSameTrigger = (expected: RecordTrigger, actual: Trigger): boolean =>
  expected.timing === actual.timing &&
  expected.level === actual.level &&
  expected.events.toSorted().join() === actual.events.toSorted().join() &&
  expected.oldTable === actual.oldTable &&
  expected.newTable === actual.newTable &&
  actual.when === null &&
  actual.columns.length === 0

const describeTrigger = ({ timing, events, level }: RecordTrigger): string =>
  `${timing} ${events.join(' or ')} for each ${level}`

const isOurs = (functions: readonly QualifiedName[], { function: called }: Trigger): boolean =>
  functions.some((name) => isNamed(called, name))

const isNamed = (a: QualifiedName, b: QualifiedName): boolean => a.schema === b.schema && a.name === b.name
