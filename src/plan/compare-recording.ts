import { findFunction } from '../catalog/lookup.ts'
import type { Catalog, ColumnType, QualifiedName, Trigger, StoredFunction } from '../catalog/types.ts'
import { recordFunctionName } from '../sql/names.ts'
import type { RecordFunction } from '../sql/record-function.ts'
import {
  recordingFunctions,
  recordingTriggers,
  replicationFunctionName,
  type RecordingTrigger,
} from '../sql/replication.ts'
import type { ExistingHistory } from './existing-history.ts'
import { hasBody } from './has-body.ts'
import type { Report } from './report.ts'
import { qualify } from './resolve.ts'
import type { VersionedTable } from './types.ts'

/** The recording function and the triggers that run it: all there, as written, and nothing else of ours. */
export const compareRecording = (
  table: VersionedTable,
  history: ExistingHistory,
  catalog: Catalog,
  report: Report,
): void => {
  const changed = report.changes.length > 0
  const types = [...new Set(table.columns.flatMap(({ type }) => nameOfType(type)))]
  for (const expected of recordingFunctions(table)) {
    const isRecorder = expected.name === recordFunctionName(table.version).name
    const nameOf = isRecorder ? recordFunctionName : replicationFunctionName
    const actual = findFunction(catalog, nameOf(history.found)) ?? findFunction(catalog, nameOf(table.version))
    const change = { kind: isRecorder ? 'replace-function' : 'replace-replication-function' } as const
    compareFunction(expected, actual, { changed, types }, (code, name, found) =>
      report.drift(code, name, { ...found, change }),
    )
  }
  compareTriggers(table, history, report)
}

/** The name by which the function calls a type, if a person gave it. */
const nameOfType = (type: ColumnType): readonly string[] => {
  if (type.kind === 'array') return type.of === null ? [] : nameOfType(type.of)
  return ['enum', 'domain', 'composite'].includes(type.kind) ? [qualify(type)] : []
}

type Drift = (
  code: 'function-outdated' | 'search-path',
  name: string,
  found: { readonly message: string; readonly expected: string; readonly actual?: string },
) => void

const compareFunction = (
  expected: RecordFunction,
  actual: StoredFunction | undefined,
  { changed, types }: { readonly changed: boolean; readonly types: readonly string[] },
  drift: Drift,
): void => {
  const name = `${qualify(expected)}()`
  if (actual === undefined) {
    // No trigger runs it, so the catalog does not tell whether it exists; replacing it is right either way.
    drift('function-outdated', name, { expected: name, message: `no trigger runs ${name}` })
    return
  }
  if (!hasBody(actual, expected) || !actual.securityDefiner) {
    drift('function-outdated', name, {
      expected: actual.securityDefiner ? 'the body versiongen writes' : 'security definer',
      actual: actual.securityDefiner ? 'another body' : 'security invoker',
      message: changed
        ? `${name} still records the table as it was`
        : `${name} is not what versiongen writes: it was edited, or the table, the model or versiongen has changed${types.length === 0 ? '' : `, or a type was renamed (it is ${types.join(' or ')} now), so that writes fail`}`,
    })
  }
  // Whether it may run in parallel makes no difference to a trigger.
  const behaviour = actual.behaviour.replace(/ parallel .*/, '')
  if (behaviour !== 'volatile') {
    drift('function-outdated', name, {
      expected: 'volatile',
      actual: behaviour,
      message: `${name} is ${behaviour}${behaviour.startsWith('volatile') ? '' : ', so that every write to the table fails'}: versiongen makes it volatile, and not strict`,
    })
  }
  compareSettings(expected.settings, actual.settings, name, drift)
}

const compareSettings = (expected: readonly string[], actual: readonly string[], name: string, drift: Drift): void => {
  if (expected.join('\0') === actual.map(normalizeSetting).sort().join('\0')) return
  const path = (settings: readonly string[]): string =>
    settings.map(normalizeSetting).find((setting) => setting.startsWith('search_path=')) ?? 'search_path not set'
  const isPath = path(expected) !== path(actual)
  drift(isPath ? 'search-path' : 'function-outdated', name, {
    expected: isPath ? path(expected) : expected.join('; '),
    actual: isPath ? path(actual) : actual.join('; '),
    message: `${name} runs with other settings than versiongen gives it`,
  })
}

const normalizeSetting = (setting: string): string => setting.replaceAll('"', '')

const compareTriggers = (table: VersionedTable, { found }: ExistingHistory, report: Report): void => {
  /** What triggers may run, under the name to be and the one that was. */
  const recorders = [recordFunctionName(table.version), recordFunctionName(found)]
  const replicators = [replicationFunctionName(table.version), replicationFunctionName(found)]
  const functionsOf = ({ enabled }: RecordingTrigger): readonly QualifiedName[] =>
    enabled === 'replica' ? replicators : recorders
  const ours = new Set(
    table.base.triggers.filter((trigger) => !trigger.inherited && isOurs([...recorders, ...replicators], trigger)),
  )
  const expected = recordingTriggers(table)
  const used = new Set(expected.map((trigger) => trigger.function.name))
  const named = new Map(table.base.triggers.map((trigger) => [trigger.name, trigger]))
  for (const trigger of expected) {
    const actual = named.get(trigger.name)
    if (actual !== undefined) ours.delete(actual)
  }
  for (const trigger of expected) {
    const actual = named.get(trigger.name)
    if (actual !== undefined) compareTrigger(table, trigger, actual, isOurs(functionsOf(trigger), actual), report)
    else compareMissing(table, trigger, functionsOf(trigger), ours, report)
  }
  for (const { name, function: called } of ours) {
    const replicates = replicators.some((replicator) => isNamed(called, replicator))
    report.drift('trigger-outdated', `${qualify(table.base)}.${name}`, {
      actual: name,
      message:
        table.writer === 'orm'
          ? `the application writes the history of ${qualify(table.base)}, and so does the trigger ${name}: every change would be there twice`
          : replicates && table.replication !== 'record'
            ? `the trigger ${name} records what replication applies, which the model does not ask for`
            : `the trigger ${name} records what other triggers of versiongen record already`,
      change: {
        kind: 'drop-trigger',
        name,
        function: unusedFunction(replicates ? replicators : recorders, used),
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

const compareMissing = (
  table: VersionedTable,
  expected: RecordingTrigger,
  functions: readonly QualifiedName[],
  ours: Set<Trigger>,
  report: Report,
): void => {
  const object = `${qualify(table.base)}.${expected.name}`
  const other = [...ours].find((trigger) => isOurs(functions, trigger) && isSameTrigger(expected, trigger))
  if (other === undefined) {
    report.drift('trigger-missing', object, {
      expected: describeTrigger(expected),
      message: `${qualify(table.base)} has no trigger ${expected.name}: ${expected.events.join(', ')}${expected.enabled === 'replica' ? ' that replication applies' : ''} is not recorded`,
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
  expected: RecordingTrigger,
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

const compareEnabled = (object: string, expected: RecordingTrigger, actual: Trigger, report: Report): void => {
  if (expected.enabled === 'replica' ? actual.enabled === 'replica' : /^(origin|always)$/.test(actual.enabled)) return
  const events = expected.events.join(', ')
  const message = {
    disabled: `is disabled: ${events} is not recorded`,
    replica: `is enabled for replication only: ${events} is not recorded`,
    origin: `is not enabled for replication: ${events} that it applies is not recorded, and others twice`,
    always: `is enabled for more than replication: ${events} of others is recorded twice`,
  }[actual.enabled]
  report.drift('trigger-disabled', object, {
    expected: expected.enabled === 'replica' ? 'enabled for replication' : 'enabled',
    actual: actual.enabled,
    message: `the trigger ${expected.name} ${message}`,
    change: { kind: 'enable-trigger', trigger: expected },
  })
}

/** What a trigger that goes has run, under its name to be, if no other trigger needs it. */
const unusedFunction = ([name]: readonly QualifiedName[], used: ReadonlySet<string>): QualifiedName | null =>
  name === undefined || used.has(name.name) ? null : name

const isSameTrigger = (expected: RecordingTrigger, actual: Trigger): boolean =>
  expected.timing === actual.timing &&
  expected.level === actual.level &&
  expected.events.toSorted().join() === actual.events.toSorted().join() &&
  expected.oldTable === actual.oldTable &&
  expected.newTable === actual.newTable &&
  actual.when === null &&
  actual.columns.length === 0

const describeTrigger = ({ timing, events, level }: RecordingTrigger): string =>
  `${timing} ${events.join(' or ')} for each ${level}`

const isOurs = (functions: readonly QualifiedName[], { function: called }: Trigger): boolean =>
  functions.some((name) => isNamed(called, name))

const isNamed = (a: QualifiedName, b: QualifiedName): boolean => a.schema === b.schema && a.name === b.name
