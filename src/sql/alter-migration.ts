import type { Change } from '../plan/compare.ts'
import type { VersionedTable } from '../plan/types.ts'
import { recordingSection, sections, squawkNote, type Timeouts } from './migrations.ts'
import { historyGrants } from './grants.ts'
import { recordFunctionName } from './names.ts'
import { identifier, qualified } from './quote.ts'
import { comment } from './text.ts'
import { createTrigger } from './triggers.ts'
import { columnDefinition, createIndex } from './version-table.ts'

/** What one change does, in a DBA's words, with the lock it takes. */
interface Step {
  readonly does: string
  readonly locks: string | null
}

/** A later migration: brings an existing version table, its function and its triggers in line again. */
export const alterMigration = (table: VersionedTable, changes: readonly Change[], timeouts: Timeouts): string => {
  const steps = changes.map((change) => describeChange(table, change))
  const locks = [...new Set(steps.flatMap(({ locks }) => locks ?? []))]
  const columns = changes.flatMap((change) => alterColumn(change))
  const version = qualified(table.version)
  const has = (kind: Change['kind']): boolean => changes.some((change) => change.kind === kind)
  return sections(
    [
      `Brings the history of ${comment(qualified(table.base))} in line with the table.`,
      '',
      ...labelled(
        'Changes',
        steps.map(({ does }) => does),
      ),
      ...labelled('Locks', locks.length === 0 ? ['nothing.'] : locks),
      ...squawkNote(changes.flatMap((change) => (change.kind === 'add-column' ? [change.column] : []))),
    ],
    timeouts,
    ...(columns.length === 0 ? [] : [`alter table ${version}\n  ${columns.join(',\n  ')};`]),
    ...changes.flatMap((change) => (change.kind === 'create-index' ? [createIndex(table, change.index)] : [])),
    ...(has('secure') ? [historyGrants(table)] : []),
    ...(has('replace-function') ? [recordingSection(table)] : []),
    ...changes.flatMap((change) => {
      if (change.kind === 'replace-trigger') return [createTrigger(table, change.trigger)]
      if (change.kind !== 'enable-trigger') return []
      return [`alter table ${qualified(table.base)} enable trigger ${identifier(change.trigger.name)};`]
    }),
  )
}

const labelled = (label: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, i) => (i === 0 ? label : '').padEnd(9) + line)

const alterColumn = (change: Change): readonly string[] => {
  switch (change.kind) {
    case 'add-column':
      return [`add column ${columnDefinition(change.column).join(' ')}`]
    case 'drop-not-null':
      return [`alter column ${identifier(change.column)} drop not null`]
    case 'widen-column':
      return [`alter column ${identifier(change.column.name)} type ${change.column.type}`]
    default:
      return []
  }
}

const describeChange = (table: VersionedTable, change: Change): Step => {
  const base = comment(qualified(table.base))
  const version = comment(qualified(table.version))
  const exclusive = `${version}: ACCESS EXCLUSIVE for a moment, no rewrite: its readers and the writers of ${base} wait.`
  const writers = `${base}: SHARE ROW EXCLUSIVE for a moment: writes wait, reads go on.`
  switch (change.kind) {
    case 'add-column':
      return {
        does: `adds ${comment(change.column.name)} to ${version}; older versions hold null there`,
        locks: exclusive,
      }
    case 'drop-not-null':
      return { does: `lets ${comment(change.column)} be null in ${version}`, locks: exclusive }
    case 'widen-column':
      return {
        does: `widens ${comment(change.column.name)} in ${version} to ${comment(change.column.type)}`,
        locks: exclusive,
      }
    case 'create-index':
      return {
        does: `creates the index ${comment(change.index.name)}`,
        locks: `${version}: SHARE while the index is built: writers of ${base} wait, reads go on.`,
      }
    case 'secure':
      return { does: `takes rights to write ${version} back`, locks: null }
    case 'replace-function':
      return {
        does: `replaces ${comment(qualified(recordFunctionName(table.version)))}(), which locks nothing`,
        locks: null,
      }
    case 'replace-trigger':
      return { does: `replaces the trigger ${comment(change.trigger.name)}`, locks: writers }
    case 'enable-trigger':
      return { does: `enables the trigger ${comment(change.trigger.name)}`, locks: writers }
    case 'create':
    case 'backfill':
      return { does: change.kind, locks: null }
  }
}
