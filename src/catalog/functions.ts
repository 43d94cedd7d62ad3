import { byCodePoint } from '../order.ts'
import type { GrantLookup } from './grants.ts'
import { roleName } from './names.ts'
import type { Names } from './names.ts'
import { isHelper } from './scope.ts'
import { isTriggerFunction } from './triggers.ts'
import type { StoredFunction } from './types.ts'

export interface FunctionRow {
  readonly oid: number
  readonly schema: number
  readonly name: string
  readonly owner: number
  readonly language: string
  readonly bodyHash: string
  readonly securityDefiner: boolean
  readonly behaviour: string
  readonly isHelper: boolean
  readonly settings: readonly string[] | null
  /** Never null: an absent ACL lets `PUBLIC` execute. */
  readonly acl: string
  readonly comment: string | null
}

export const functionsSql: string = `
select
  p.oid,
  p.pronamespace as schema,
  p.proname as name,
  p.proowner as owner,
  language.lanname as language,
  md5(p.prosrc) as "bodyHash",
  p.prosecdef as "securityDefiner",
  concat_ws(
    ' ',
    case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    case when p.proisstrict then 'strict' end,
    case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' else 'parallel unsafe' end
  ) as behaviour,
  ${isHelper} as "isHelper",
  p.proconfig as settings,
  coalesce(p.proacl, acldefault('f', p.proowner))::text as acl,
  comment.description as comment
from pg_proc p
join pg_language language on language.oid = p.prolang
left join pg_description comment
  on comment.classoid = 'pg_proc'::regclass and comment.objoid = p.oid and comment.objsubid = 0
where ${isTriggerFunction} or ${isHelper}`

export const buildFunctions = (
  rows: readonly FunctionRow[],
  schemas: Names,
  roles: Names,
  grantsOf: GrantLookup,
): readonly StoredFunction[] => rows.map((row) => buildFunction(row, schemas, roles, grantsOf))

const buildFunction = (row: FunctionRow, schemas: Names, roles: Names, grantsOf: GrantLookup): StoredFunction => ({
  oid: row.oid,
  schema: schemas.get(row.schema) ?? '',
  name: row.name,
  owner: roleName(roles, row.owner),
  language: row.language,
  bodyHash: row.bodyHash,
  securityDefiner: row.securityDefiner,
  behaviour: row.behaviour,
  isHelper: row.isHelper,
  settings: [...(row.settings ?? [])].sort(byCodePoint),
  grants: grantsOf(row.acl, row.owner),
  comment: row.comment,
})
