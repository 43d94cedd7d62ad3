import { findFunction, findHelperFunction, findRelation } from '../catalog/lookup.ts'
import type { Catalog, Relation, StoredFunction } from '../catalog/types.ts'
import { fitsFunctionName } from '../sql/fits-function.ts'
import { recordFunctionName } from '../sql/names.ts'
import { identifier, qualified } from '../sql/quote.ts'
import { qualify } from './resolve.ts'
import type { Finding, VersionedTable } from './types.ts'

/** A table whose history is recorded, and all that has to belong together for it. */
export interface Recording {
  readonly table: VersionedTable
  readonly base: Relation
  readonly version: Relation
  readonly transaction: Relation
  readonly recorder: StoredFunction
}

/** What a database has of a table's recording; undefined where something is missing, or the application records. */
export const findRecording = (table: VersionedTable, catalog: Catalog): Recording | undefined => {
  const { history, transaction: named } = table
  if (table.writer === 'orm' || history?.isHistory !== true) return undefined
  const base = findRelation(catalog, table.base.schema, table.base.name)
  const version = findRelation(catalog, history.found.schema, history.found.name)
  const transaction = findRelation(catalog, named.schema, named.name)
  const recorder = findFunction(catalog, recordFunctionName(history.found))
  return base && version && transaction && recorder && { table, base, version, transaction, recorder }
}

/** Somebody besides the owner who can have history written, or code run as the owner. Only a person can take that back. */
export type Exposure = Pick<Finding, 'object' | 'severity' | 'expected' | 'actual' | 'message'>

/** A history whose parts belong to several roles: of one version table, or of the transaction table where that is the odd one. */
export const findOwners = (
  { base, version, transaction, recorder }: Recording,
  catalog: Catalog,
): readonly Exposure[] => {
  const parts = [
    { name: qualify(version), is: `table ${qualified(version)}`, owner: version.owner },
    { name: qualify(transaction), is: `table ${qualified(transaction)}`, owner: transaction.owner },
    { name: `${qualify(recorder)}()`, is: `function ${qualified(recorder)}()`, owner: recorder.owner },
  ]
  if (parts.every(({ owner }) => owner === recorder.owner)) return []
  const shared = parts.find(({ owner }, i) => parts.some((other, j) => i !== j && other.owner === owner))
  const owner = shared?.owner ?? base.owner
  const repair = parts
    .filter((part) => part.owner !== owner)
    .map(({ is }) => `alter ${is} owner to ${identifier(owner)}`)
    .join('; ')
  const records = [version, transaction].every((relation) => mayWrite(recorder.owner, relation, catalog))
  return [
    {
      object: qualify(version.owner === recorder.owner ? transaction : version),
      severity: records ? 'warning' : 'error',
      expected: 'one owner',
      actual: parts.map((part) => `${part.name}: ${part.owner}`).join(', '),
      message: `${parts.map((part) => `${part.name} belongs to ${part.owner}`).join(', ')}: ${
        records
          ? `each of them can change history, or have code run as ${recorder.owner}`
          : `recording fails, for ${recorder.owner} has no right to write these tables`
      }. Give them one owner in a migration of your own: ${repair}`,
    },
  ]
}

/** Triggers on a version table or a transaction table: they run as the owner of the recording function. */
export const findTriggers = (
  relation: Relation,
  recordings: readonly Recording[],
  catalog: Catalog,
): readonly Exposure[] =>
  relation.triggers
    .filter(({ inherited, enabled }) => !inherited && enabled !== 'disabled')
    .flatMap((trigger): readonly Exposure[] => {
      const called = findFunction(catalog, trigger.function)
      const found = { object: `${qualify(relation)}.${trigger.name}`, expected: null, actual: trigger.definition }
      const name = `the trigger ${trigger.name} on ${qualify(relation)}`
      const prey = called === undefined ? undefined : recordings.find((each) => !isTrusted(called, each, catalog))
      if (called !== undefined && prey !== undefined) {
        return [
          {
            ...found,
            severity: severityOf(called, recordings),
            message: `${name} runs ${qualify(called)}() of ${called.owner} as ${prey.recorder.owner} whenever history is written. Unless that is meant, drop it in a migration of your own: drop trigger ${identifier(trigger.name)} on ${qualified(relation)}`,
          },
        ]
      }
      if (trigger.timing !== 'before' || trigger.level !== 'row') return []
      return [
        {
          ...found,
          severity: 'warning',
          message: `${name} runs before history is written, and may change it or leave it out`,
        },
      ]
    })

/** Of one version table. */
export const findVersionExposures = (recording: Recording, catalog: Catalog): readonly Exposure[] => [
  ...findOwners(recording, catalog).filter(({ object }) => object === qualify(recording.version)),
  ...findTriggers(recording.version, [recording], catalog),
]

/** The function that all recording functions ask. */
export const findFits = (recordings: readonly Recording[], catalog: Catalog): readonly Exposure[] => {
  const [first] = recordings
  const fits = first && findHelperFunction(catalog, fitsFunctionName(first.transaction))
  if (fits === undefined || fits.owner === first?.transaction.owner) return []
  const prey = recordings.find((each) => !isTrusted(fits, each, catalog))
  if (prey === undefined) return []
  const { owner } = prey.recorder
  return [
    {
      object: `${qualify(fits)}(text, text)`,
      severity: severityOf(fits, recordings),
      expected: owner,
      actual: fits.owner,
      message: `${qualify(fits)}(text, text) belongs to ${fits.owner}, who can have it run anything as ${owner} whenever history is written. In a migration of your own: alter function ${qualified(fits)}(text, text) owner to ${identifier(owner)}`,
    },
  ]
}

/** Whether the owner of a function may do anyhow what it can do when the recording function runs it. */
const isTrusted = ({ owner }: StoredFunction, { recorder }: Recording, catalog: Catalog): boolean =>
  owner === recorder.owner || actsAs(owner, catalog).has(recorder.owner) || isSuperuser(owner, catalog)

/** Who owns the table itself may be meant to have a trigger on its history, which may be older than versiongen. */
const severityOf = ({ owner }: StoredFunction, recordings: readonly Recording[]): Finding['severity'] =>
  recordings.every(({ base }) => base.owner === owner) ? 'warning' : 'error'

const mayWrite = (role: string, { owner, grants }: Relation, catalog: Catalog): boolean => {
  if (isSuperuser(role, catalog)) return true
  const roles = actsAs(role, catalog)
  return (
    roles.has(owner) ||
    grants.some(({ grantee, privileges }) => roles.has(grantee) && privileges.some((each) => each.startsWith('INSERT')))
  )
}

const isSuperuser = (name: string, { roles }: Catalog): boolean =>
  roles.some((role) => role.name === name && role.superuser)

/** A role with all that it is a member of. */
const actsAs = (name: string, { roles }: Catalog): ReadonlySet<string> => {
  const memberOf = new Map(roles.map((role) => [role.name, role.memberOf]))
  const all = new Set([name, 'PUBLIC'])
  for (const role of all) for (const parent of memberOf.get(role) ?? []) all.add(parent)
  return all
}
