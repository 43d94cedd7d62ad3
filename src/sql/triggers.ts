import type { Trigger } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { recordFunctionName, triggerName } from './names.ts'
import { identifier, qualified } from './quote.ts'

/** A recording trigger as it has to be, in the catalog's words. */
export type RecordTrigger = Pick<Trigger, 'name' | 'timing' | 'level' | 'events' | 'oldTable' | 'newTable'>

/**
 * The recording triggers of a table. Statement triggers with transition tables; row triggers for a partitioned table,
 * because Postgres gives those to every partition, also to one attached later.
 */
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
  if (table.base.kind === 'partitioned table') {
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
