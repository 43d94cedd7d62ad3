import type { VersionedTable } from '../plan/types.ts'
import { heldSince } from '../history/marks.ts'
import { identifier, literal, qualified } from './quote.ts'
import { dollarQuote } from './text.ts'

/**
 * Notes in the comments of version columns since when they hold what their base columns hold: what readers need to tell a
 * null that was recorded from one that was not. From before this to the end of the migration nobody may write the base
 * table: who had begun to would record it by the old function afterwards.
 */
export const noteHeldSince = (table: VersionedTable, columns: readonly string[]): string => {
  const version = qualified(table.version)
  const comments = columns.map((name) => {
    const column = literal(`${version}.${identifier(name)}`)
    return `  execute format('comment on column %s is %L', ${column}, since);`
  })
  return `-- Versions of these transactions, and of those before, may hold null whatever their rows held.
do ${dollarQuote(`
declare
  since text := format('${heldSince} %s.', (select coalesce(max(t.id), 0) from ${qualified(table.transaction)} t));
begin
${comments.join('\n')}
end
`)};`
}
