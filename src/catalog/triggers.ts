import type { ColumnNames } from './columns.ts'
import { buildByRelation } from './group.ts'
import type { ByRelation } from './group.ts'
import { isPresent } from './present.ts'
import type { Present } from './present.ts'
import { hasColumns, inUserSchema, parseNumbers } from './scope.ts'
import { readTriggerDefinition } from './trigger-definition.ts'
import type { QualifiedName, Trigger, StoredFunction } from './types.ts'

export interface TriggerRow {
  readonly relation: number
  readonly name: string
  /** `pg_trigger.tgenabled` */
  readonly enabled: string
  /** `pg_trigger.tgtype`, a bit field */
  readonly type: number
  /** Attribute numbers of `UPDATE OF`, separated by spaces. */
  readonly columns: string
  readonly oldTable: string | null
  readonly newTable: string | null
  readonly function: number
  readonly inherited: boolean
  /** Null for one that was dropped since the snapshot was taken: `pg_get_triggerdef` looks at the present. */
  readonly definition: string | null
}

/**
 * Left out are the server's own triggers, behind foreign keys and deferred unique constraints. Up to 14 the clones on
 * partitions are marked internal as well.
 */
const isUserTrigger = `(not t.tgisinternal or t.tgparentid <> 0 and not exists (
  select from pg_constraint k where k.oid = t.tgconstraint and k.contype <> 't'))`

export const triggersSql: string = `
select
  t.tgrelid as relation,
  t.tgname as name,
  t.tgenabled as enabled,
  t.tgtype as type,
  t.tgattr::text as columns,
  t.tgoldtable as "oldTable",
  t.tgnewtable as "newTable",
  t.tgfoid as function,
  t.tgparentid <> 0 as inherited,
  pg_get_triggerdef(t.oid) as definition
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace
where ${isUserTrigger} and ${hasColumns} and ${inUserSchema}`

/** The functions of these triggers, as a condition on `p.oid`. */
export const isTriggerFunction: string = `p.oid in (select t.tgfoid from pg_trigger t where ${isUserTrigger})`

export const buildTriggers = (
  rows: readonly TriggerRow[],
  functions: readonly StoredFunction[],
  columnNames: ColumnNames,
): ByRelation<Trigger> => {
  const functionOf = new Map(functions.map((each) => [each.oid, each]))
  return buildByRelation(rows.filter(isPresent), (row) => {
    const calls = functionOf.get(row.function)
    if (!calls) throw new Error(`trigger ${row.name} calls function ${row.function}, which is not there`)
    return buildTrigger(row, calls, columnNames)
  })
}

const buildTrigger = (row: Present<TriggerRow>, calls: QualifiedName, columnNames: ColumnNames): Trigger => ({
  name: row.name,
  enabled: enabledState(row.enabled),
  timing: row.type & 2 ? 'before' : row.type & 64 ? 'instead of' : 'after',
  level: row.type & 1 ? 'row' : 'statement',
  events: eventBits.filter(([, bit]) => row.type & bit).map(([event]) => event),
  columns: columnNames(row.relation, parseNumbers(row.columns)),
  oldTable: row.oldTable,
  newTable: row.newTable,
  function: { schema: calls.schema, name: calls.name },
  definition: row.definition,
  inherited: row.inherited,
  ...readTriggerDefinition(row.definition),
})

/** `TRIGGER_TYPE_…` in `catalog/pg_trigger.h` */
const eventBits = [
  ['insert', 4],
  ['update', 16],
  ['delete', 8],
  ['truncate', 32],
] as const

const enabledState = (code: string): Trigger['enabled'] => {
  switch (code) {
    case 'O':
      return 'origin'
    case 'A':
      return 'always'
    case 'R':
      return 'replica'
    case 'D':
      return 'disabled'
    default:
      throw new RangeError(`not a trigger state: ${code}`)
  }
}
