import type { Change } from '../plan/changes.ts'
import type { VersionedTable } from '../plan/types.ts'

/** Postgres' table locks from the weakest to the strongest, in the order of its manual, §13.3.1. */
export const lockModes = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const

export type LockMode = (typeof lockModes)[number]

/** What a migration does while it holds a lock, from the shortest to the longest. */
const lockSpans = ['moment', 'closing', 'building', 'rewriting'] as const

type LockSpan = (typeof lockSpans)[number]

/** A table lock that a change takes; it is held until the end of the migration. */
export interface TableLock {
  readonly on: 'base' | 'version'
  readonly mode: LockMode
  readonly span: LockSpan
}

/** The locks of a change on the tables that are there already; none where it takes no more than any reader does. */
export const locksOf = (table: VersionedTable, change: Change): readonly TableLock[] => {
  switch (change.kind) {
    case 'rename-table':
    case 'rename-column':
    case 'add-column':
    case 'drop-not-null':
    case 'drop-generation':
      return [{ on: 'version', mode: 'ACCESS EXCLUSIVE', span: 'moment' }]
    case 'convert-column':
      return [{ on: 'version', mode: 'ACCESS EXCLUSIVE', span: change.rewrite ? 'rewriting' : 'moment' }]
    case 'rekey':
      return [
        { on: 'base', mode: 'SHARE', span: 'rewriting' },
        { on: 'version', mode: 'ACCESS EXCLUSIVE', span: 'rewriting' },
      ]
    case 'set-logged':
      return [{ on: 'version', mode: 'ACCESS EXCLUSIVE', span: 'rewriting' }]
    case 'close-chains':
      return [{ on: 'version', mode: 'ROW EXCLUSIVE', span: 'closing' }]
    case 'create-index':
      return [{ on: 'version', mode: 'SHARE', span: 'building' }]
    case 'describe':
      return [{ on: 'version', mode: 'SHARE UPDATE EXCLUSIVE', span: 'moment' }]
    case 'note-held-since':
      return [
        { on: 'base', mode: 'SHARE', span: 'moment' },
        { on: 'version', mode: 'SHARE UPDATE EXCLUSIVE', span: 'moment' },
      ]
    case 'secure':
      return closesRows(table) ? [{ on: 'version', mode: 'ACCESS EXCLUSIVE', span: 'moment' }] : []
    case 'replace-trigger':
    case 'enable-trigger':
      return [{ on: 'base', mode: 'SHARE ROW EXCLUSIVE', span: 'moment' }]
    case 'rename-trigger':
    case 'drop-trigger':
      return [{ on: 'base', mode: 'ACCESS EXCLUSIVE', span: 'moment' }]
    case 'revoke-writes':
    case 'replace-function':
    case 'replace-replication-function':
    case 'replace-as-of-function':
    case 'replace-transaction-at':
    case 'replace-fits':
      return []
    // Migrations of their own.
    case 'create':
    case 'fill':
    case 'backfill':
    case 'catch-up':
      return []
  }
}

/** Whether the version table is yet to get the row security that its base table has. */
export const closesRows = ({ base, history }: VersionedTable): boolean =>
  base.rowSecurity.enabled && history?.found.rowSecurity.enabled !== true

/** The strongest mode and the longest span of the locks on one of the tables; undefined: there are none. */
export const strongestLock = (locks: readonly TableLock[], on: TableLock['on']): TableLock | undefined => {
  const held = locks.filter((lock) => lock.on === on)
  const mode = lockModes.findLast((each) => held.some((lock) => lock.mode === each))
  const span = lockSpans.findLast((each) => held.some((lock) => lock.span === each))
  return mode === undefined || span === undefined ? undefined : { on, mode, span }
}
