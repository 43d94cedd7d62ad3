import type { VersionedTable } from '../plan/types.ts'
import { identifier, qualified } from './quote.ts'

/** Gives every version the end that follows from its successor. */
export const closeChains = (table: VersionedTable): string => {
  const version = qualified(table.version)
  const tx = identifier(table.transactionColumn)
  const end = identifier(table.endTransactionColumn ?? '')
  const key = table.key.map(({ name }) => identifier(name)).join(', ')
  return `-- Each version ends where the next one of its row begins.
update ${version} v
   set ${end} = s.next_id
  from (select ctid, lead(${tx}) over (partition by ${key} order by ${tx}) as next_id from ${version}) s
 where v.ctid = s.ctid and v.${end} is distinct from s.next_id;`
}
