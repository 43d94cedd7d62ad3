import { checksumOfText } from '../flyway/checksum.ts'
import type { MigrationStatus } from '../flyway/states.ts'
import { isPending, migrationDescription, type FirstLines } from './folder-findings.ts'
import type { PlannedMigration } from './migrations.ts'
import type { VersionedTable } from './types.ts'

/**
 * What is still to run on a database that has no history table of Flyway's, because whoever ran the migrations did without
 * Flyway. As long as no history is there, that is all of them. From then on a table whose history is there has run its
 * migrations, but for those that the plan would write again to the letter; what is no table's of ours has run.
 *
 * @param plan what the tables lack now; asked only where that makes a difference
 */
export const pendingWithoutHistory = (
  pending: FirstLines,
  tables: readonly VersionedTable[],
  plan: () => readonly PlannedMigration[],
): FirstLines => {
  const isThere = ({ history }: VersionedTable): boolean => history?.isHistory === true
  if (!tables.some(isThere)) return pending
  const owners = new Map<string, VersionedTable[]>()
  for (const table of tables) {
    for (const verb of verbs) {
      const description = describe(migrationDescription(verb, table.base))
      owners.set(description, [...(owners.get(description) ?? []), table])
    }
  }
  let planned: ReadonlySet<number> | undefined
  const lacks = (checksum: number): boolean =>
    (planned ??= new Set(plan().map(({ text }) => checksumOfText(text)))).has(checksum)
  const isOpen = (status: MigrationStatus, line: string): boolean => {
    const isOf = ({ base }: VersionedTable): boolean =>
      verbs.some((verb) => isPending(new Map([[status, line]]), base, verb))
    const owner = owners.get(describe(status.description))?.find(isOf)
    if (owner === undefined) return false
    const checksum = status.migration?.rawChecksum ?? null
    return !isThere(owner) || (checksum !== null && lacks(checksum))
  }
  return new Map([...pending].filter(([status, line]) => isOpen(status, line)))
}

const verbs = ['create', 'alter', 'backfill', 'index'] as const

const describe = (description: string): string => description.replaceAll('_', ' ').toLowerCase()
