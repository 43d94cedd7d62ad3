import type { Relation, Trigger } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { recordFunctionName, triggerName } from './names.ts'
import { identifier, qualified } from './quote.ts'

/** A recording trigger as it has to be, in the catalog's words. */
export type RecordTrigger = Pick<Trigger, 'name' | 'timing' | 'level' | 'events' | 'oldTable' | 'newTable'>

/**
 * Whether a table is recorded row by row: one that is partitioned, because Postgres gives row triggers to every partition,
 * also to one attached later; and one in a tree of INHERITS, because a statement on the parent changes rows of its children
 * as well, which the parent's statement triggers take for its own and those of the children never see. Nor can a whole row
 * with a virtual column be read from a transition table: Postgres 18 calls that an unexpected reference.
 */
export const recordsRows = ({ kind, inherits, inheritedBy, columns }: Relation): boolean =>
  kind === 'partitioned table' ||
  inherits.length > 0 ||
  inheritedBy.length > 0 ||
  columns.some(({ generated }) => generated === 'virtual')

/** The recording triggers of a table: statement triggers with transition tables, but where {@link recordsRows}. */
export const recordTriggers = (table: VersionedTable): readonly RecordTrigger[] => {
  if (table.writer === 'orm') return []
  const truncate: RecordTrigger = {
    name: triggerName(table.version, 'truncate'),
    timing: 'before',
    level: 'statement',
    events: ['truncate'],
    oldTable: null,
    newTable: null,
  }
  if (recordsRows(table.base)) {
    const write: RecordTrigger = {
      name: triggerName(table.version, 'write'),
      timing: 'after',
      level: 'row',
      events: ['insert', 'update', 'delete'],
      oldTable: null,
      newTable: null,
    }
    return [write, truncate]
  }
  const after = (
    event: 'insert' | 'update' | 'delete',
    oldTable: string | null,
    newTable: string | null,
  ): RecordTrigger => ({
    name: triggerName(table.version, event),
    timing: 'after',
    level: 'statement',
    events: [event],
    oldTable,
    newTable,
  })
  return [
    after('insert', null, 'touched'),
    after('update', 'replaced', 'touched'),
    after('delete', 'touched', null),
    truncate,
  ]
}

export const createTrigger = (table: VersionedTable, trigger: RecordTrigger): string => {
  const referencing = [
    ...(trigger.oldTable === null ? [] : [`old table as ${identifier(trigger.oldTable)}`]),
    ...(trigger.newTable === null ? [] : [`new table as ${identifier(trigger.newTable)}`]),
  ]
  return `create or replace trigger ${identifier(trigger.name)} ${trigger.timing} ${trigger.events.join(' or ')} on ${qualified(table.base)}
${referencing.length === 0 ? '' : `  referencing ${referencing.join(' ')}\n`}  for each ${trigger.level} execute function ${qualified(recordFunctionName(table.version))}();`
}
