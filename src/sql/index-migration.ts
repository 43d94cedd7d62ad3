import type { VersionedTable } from '../plan/types.ts'
import { squawkNote } from './migrations.ts'
import { deriveName } from './names.ts'
import { identifier, literal, qualified } from './quote.ts'
import { comment, dollarQuote } from './text.ts'
import { createIndex, type VersionIndex } from './version-table.ts'

/**
 * Indexes of a version table, made while it is written. Each statement commits on its own. Run again, it keeps what is
 * whole, and makes again what a failed run left invalid: that is renamed first, because only a statement of its own can
 * drop an index concurrently, and such a statement cannot look whether it should.
 */
export const indexMigration = (table: VersionedTable, indexes: readonly VersionIndex[]): string => {
  const base = comment(qualified(table.base))
  const version = comment(qualified(table.version))
  const header = [
    `Makes indexes on the history of ${base} while it is written.`,
    '',
    ...indexes.map(({ name }, i) => `${i === 0 ? 'Changes  ' : '         '}creates the index ${comment(name)}`),
    'Runs     outside a transaction, as the .conf file beside it says. It waits for the transactions that are open, however',
    '         long; Flyway needs flyway.postgresql.transactional.lock=false, so that it has none itself.',
    `Locks    ${version}: SHARE UPDATE EXCLUSIVE while the indexes are built: nobody waits.`,
    'Undo     drop the indexes. It may be run again: what is whole is kept, what a failed run left is made again.',
    ...squawkNote([], ['ban-concurrent-index-creation-in-transaction']),
  ]
  return (
    [
      header.map((line) => (line === '' ? '--' : `-- ${line}`)).join('\n'),
      'set statement_timeout = 0;\nset lock_timeout = 0;',
      refuseToWaitForFlyway,
      ...indexes.map((index) => replaceIndex(table, index)),
      'reset lock_timeout;\nreset statement_timeout;',
    ].join('\n\n') + '\n'
  )
}

/**
 * By default Flyway keeps a transaction open, with a lock whose key begins with its name, and an index would wait for the
 * end of it for ever.
 */
const refuseToWaitForFlyway = `do ${dollarQuote(`
begin
  if exists (select from pg_locks l join pg_stat_activity a on a.pid = l.pid
              where l.locktype = 'advisory' and l.granted and l.classid in (18027, 18028) and l.objsubid = 1
                    and l.database = (select oid from pg_database where datname = current_database())
                    and l.pid <> pg_backend_pid() and a.state = 'idle in transaction') then
    raise exception 'Flyway holds a transaction open, for whose end a concurrent index would wait for ever'
      using hint = 'Run it with flyway.postgresql.transactional.lock=false.';
  end if;
end
`)};`

const replaceIndex = (table: VersionedTable, index: VersionIndex): string => {
  const { schema } = table.version
  const name = qualified({ schema, name: index.name })
  const invalid = deriveName(index.name, '_invalid')
  return `do ${dollarQuote(`
begin
  if exists (select from pg_index i where i.indexrelid = to_regclass(${literal(name)}) and not i.indisvalid
                    and i.indrelid = ${literal(qualified(table.version))}::regclass) then
    alter index ${name} rename to ${identifier(invalid)};
  end if;
end
`)};
drop index concurrently if exists ${qualified({ schema, name: invalid })};
${createIndex(table, index, true)}`
}
