import type { ColumnNames } from './columns.ts'
import { buildByRelation } from './group.ts'
import type { ByRelation } from './group.ts'
import type { RelationNames } from './relations.ts'
import { parseNumbers } from './scope.ts'
import type { Check, ForeignKey, PrimaryKey, ReferentialAction } from './types.ts'

/** A primary or foreign key, a check or an exclusion. */
export interface ConstraintRow {
  readonly relation: number
  readonly name: string
  /** `pg_constraint.contype`: `p`, `f`, `c` or `x` */
  readonly kind: string
  readonly deferrable: boolean
  /** Attribute numbers in key order, separated by spaces. */
  readonly columns: string
  /** The referenced relation; 0 for a primary key. */
  readonly referenced: number
  readonly referencedColumns: string | null
  readonly onDelete: string
  readonly onUpdate: string
  /** Null for keys. */
  readonly definition: string | null
}

/**
 * A foreign key to a partitioned table has, on the same referencing table, one more constraint for each partition it
 * refers to; those are the server's own bookkeeping.
 */
export const constraintsSql: string = `
select
  k.conrelid as relation,
  k.conname as name,
  k.contype as kind,
  k.condeferrable as deferrable,
  array_to_string(k.conkey, ' ') as columns,
  k.confrelid as referenced,
  array_to_string(k.confkey, ' ') as "referencedColumns",
  k.confdeltype as "onDelete",
  k.confupdtype as "onUpdate",
  case when k.contype in ('c', 'x') then pg_get_constraintdef(k.oid) end as definition
from pg_constraint k
left join pg_constraint parent on parent.oid = k.conparentid
where k.contype in ('p', 'f', 'c', 'x') and k.conrelid <> 0 and parent.conrelid is distinct from k.conrelid`

export interface Keys {
  readonly primary: ReadonlyMap<number, PrimaryKey>
  readonly foreign: ByRelation<ForeignKey>
  readonly checks: ByRelation<Check>
}

/** Passes over the keys of system tables, whose columns are not known here. */
export const buildKeys = (
  rows: readonly ConstraintRow[],
  relationNames: RelationNames,
  columnNames: ColumnNames,
): Keys => {
  const known = rows.filter(({ relation }) => relationNames.has(relation))
  const primary = known.filter(({ kind }) => kind === 'p')
  const foreign = known.filter(({ kind }) => kind === 'f')
  return {
    primary: new Map(primary.map((row) => [row.relation, buildPrimaryKey(row, columnNames)])),
    foreign: buildByRelation(foreign, (row) => buildForeignKey(row, relationNames, columnNames)),
    checks: buildByRelation(
      known.filter(({ kind }) => kind === 'c' || kind === 'x'),
      ({ name, definition }) => ({ name, definition: definition ?? '' }),
    ),
  }
}

const buildPrimaryKey = (row: ConstraintRow, columnNames: ColumnNames): PrimaryKey => ({
  name: row.name,
  columns: columnNames(row.relation, parseNumbers(row.columns)),
  deferrable: row.deferrable,
})

const buildForeignKey = (row: ConstraintRow, relationNames: RelationNames, columnNames: ColumnNames): ForeignKey => ({
  name: row.name,
  columns: columnNames(row.relation, parseNumbers(row.columns)),
  references: {
    ...relationNames.require(row.referenced),
    columns: columnNames(row.referenced, parseNumbers(row.referencedColumns)),
  },
  onDelete: referentialAction(row.onDelete),
  onUpdate: referentialAction(row.onUpdate),
})

const referentialAction = (code: string): ReferentialAction => {
  switch (code) {
    case 'a':
      return 'no action'
    case 'r':
      return 'restrict'
    case 'c':
      return 'cascade'
    case 'n':
      return 'set null'
    case 'd':
      return 'set default'
    default:
      throw new RangeError(`not a referential action: ${code}`)
  }
}
