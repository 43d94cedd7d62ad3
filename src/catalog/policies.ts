import { byCodePoint } from '../order.ts'
import { buildByRelation } from './group.ts'
import type { ByRelation } from './group.ts'
import { roleName } from './names.ts'
import type { Names } from './names.ts'
import { parseNumbers } from './scope.ts'
import type { Policy } from './types.ts'

export interface PolicyRow {
  readonly relation: number
  readonly name: string
  readonly permissive: boolean
  /** `pg_policy.polcmd` */
  readonly command: string
  /** Oids, separated by spaces; 0 is `PUBLIC`. */
  readonly roles: string
  readonly using: string | null
  readonly check: string | null
}

export const policiesSql: string = `
select
  polrelid as relation,
  polname as name,
  polpermissive as permissive,
  polcmd as command,
  array_to_string(polroles, ' ') as roles,
  pg_get_expr(polqual, polrelid) as using,
  pg_get_expr(polwithcheck, polrelid) as check
from pg_policy`

export const buildPolicies = (rows: readonly PolicyRow[], roles: Names): ByRelation<Policy> =>
  buildByRelation(rows, (row) => buildPolicy(row, roles))

const buildPolicy = (row: PolicyRow, roles: Names): Policy => ({
  name: row.name,
  permissive: row.permissive,
  command: policyCommand(row.command),
  roles: parseNumbers(row.roles)
    .map((oid) => (oid === 0 ? 'PUBLIC' : roleName(roles, oid)))
    .sort(byCodePoint),
  using: row.using,
  check: row.check,
})

const policyCommand = (code: string): Policy['command'] => {
  switch (code) {
    case '*':
      return 'all'
    case 'r':
      return 'select'
    case 'a':
      return 'insert'
    case 'w':
      return 'update'
    case 'd':
      return 'delete'
    default:
      throw new RangeError(`not a policy command: ${code}`)
  }
}
