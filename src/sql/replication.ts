import type { QualifiedName } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { deriveName, recordFunctionName, triggerName } from './names.ts'
import { identifier, qualified } from './quote.ts'
import { recordFunction, type RecordFunction } from './record-function.ts'
import { dollarQuote } from './text.ts'
import { createTrigger, recordTriggers, type RecordTrigger } from './triggers.ts'

/** A recording trigger with what it runs, and for whose changes. */
export interface RecordingTrigger extends RecordTrigger {
  readonly function: QualifiedName
  /** `replica`: for those that logical replication applies, and only them. */
  readonly enabled: 'origin' | 'replica'
}

/** All recording triggers of a table: those for its own writers, and with `replication: 'record'` those for replication. */
export const recordingTriggers = (table: VersionedTable): readonly RecordingTrigger[] => [
  ...recordTriggers(table).map((trigger): RecordingTrigger => ({
    ...trigger,
    function: recordFunctionName(table.version),
    enabled: 'origin',
  })),
  ...replicationTriggers(table),
]

/** What applies changes on a subscriber fires row triggers and those of TRUNCATE; statement triggers never. */
const replicationTriggers = (table: VersionedTable): readonly RecordingTrigger[] => {
  if (!recordsReplication(table)) return []
  const shared = {
    oldTable: null,
    newTable: null,
    function: replicationFunctionName(table.version),
    enabled: 'replica',
  } as const
  return [
    {
      ...shared,
      name: triggerName(table.version, 'replicate'),
      timing: 'after',
      level: 'row',
      events: ['insert', 'update', 'delete'],
    },
    {
      ...shared,
      name: triggerName(table.version, 'replicate_truncate'),
      timing: 'before',
      level: 'statement',
      events: ['truncate'],
    },
  ]
}

export const recordsReplication = (table: VersionedTable): boolean =>
  table.replication === 'record' && table.writer === 'trigger'

export const replicationFunctionName = (version: QualifiedName): QualifiedName => ({
  schema: version.schema,
  name: deriveName(version.name, '_replicate'),
})

/** The recording functions a table needs. */
export const recordingFunctions = (table: VersionedTable): readonly RecordFunction[] => [
  ...(table.writer === 'trigger' ? [recordFunction(table)] : []),
  ...(recordsReplication(table) ? [replicationFunction(table)] : []),
]

export const createReplicationFunction = (table: VersionedTable): string => {
  const { body, settings } = replicationFunction(table)
  const name = replicationFunctionName(table.version)
  return `create or replace function ${qualified(name)}() returns trigger
language plpgsql security definer
${settings.map((setting) => `set ${setting.replace('=', ' = ')}`).join('\n')}
as ${dollarQuote(body)};`
}

/** The function for row triggers. Whoever applies changes cannot name an actor, so none is demanded. */
const replicationFunction = (table: VersionedTable): RecordFunction => ({
  ...recordFunction({ ...table, base: { ...table.base, kind: 'partitioned table' }, context: 'allow' }),
  ...replicationFunctionName(table.version),
})

export const createRecordingTrigger = (table: VersionedTable, trigger: RecordingTrigger): string => {
  if (trigger.enabled === 'origin') return createTrigger(table, trigger)
  const [name, base] = [identifier(trigger.name), qualified(table.base)]
  return `create or replace trigger ${name} ${trigger.timing} ${trigger.events.join(' or ')} on ${base}
  for each ${trigger.level} execute function ${qualified(trigger.function)}();
alter table ${base} enable replica trigger ${name};`
}
