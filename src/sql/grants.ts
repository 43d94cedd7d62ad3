import type { QualifiedName } from '../catalog/types.ts'
import type { VersionedTable } from '../plan/types.ts'
import { closesRows } from './locks.ts'
import { literal, qualified } from './quote.ts'
import { comment, dollarQuote } from './text.ts'

/**
 * Nobody gets to write history. Whoever may read the base table may read its history, unless row security governs the
 * base table: then the version table is closed until somebody writes policies for it. Roles are looked up when the
 * migration runs, because they differ between databases.
 *
 * @param functions recording functions made by the same migration: nobody but their owner may run them
 */
export const historyGrants = (table: VersionedTable, functions: readonly QualifiedName[] = []): string => {
  const version = qualified(table.version)
  const secured = table.base.rowSecurity.enabled
  // A transaction table that was there before has rights of its own.
  const ours = table.transaction.exists
    ? `= ${literal(version)}::regclass`
    : `in (${literal(version)}::regclass, ${literal(qualified(table.transaction))}::regclass)`
  const readers = `
    union all
    select format('grant select on %s, %s to %s', ${literal(version)}, ${literal(qualified(table.transaction))},
                  ${role})
      from pg_class c, aclexplode(c.relacl) a
     where c.oid = ${literal(qualified(table.base))}::regclass
       and a.privilege_type = 'SELECT' and a.grantee <> c.relowner`
  const executors = functions.map((name) => `\n    union all\n    ${revokeFunction(name)}`).join('')
  const block = `do ${dollarQuote(`
declare
  command text;
begin
  for command in
    select format('revoke all on %s from %s', c.oid::regclass,
                  ${role})
      from pg_class c, aclexplode(c.relacl) a
     where c.oid ${ours}
       and a.grantee <> c.relowner${executors}${secured ? '' : readers}
     order by 1 desc
  loop
    execute command;
  end loop;
end
`)};`
  return secured
    ? `-- Row security governs the base table: its history stays closed until there are policies for it, too.
${closesRows(table) ? `alter table ${version} enable row level security;\n` : ''}${block}`
    : `-- Only the recording function writes history, whatever default privileges say. Readers of the base table may read it.
${block}`
}

/** Nobody but the owner writes a table, and those of the functions that record there. */
export const revokeWrites = (table: QualifiedName, keptBy: readonly QualifiedName[]): string => {
  const kept = keptBy.map((name) => `to_regprocedure(${literal(`${qualified(name)}()`)})`)
  return `-- Nobody but its owner writes ${comment(qualified(table))}, neither the table nor single columns.
do ${dollarQuote(`
declare
  command text;
begin
  for command in
    select distinct format('revoke insert, update, delete, truncate on %s from %s cascade', c.oid::regclass,
                    ${role})
      from pg_class c
           cross join lateral (
             select c.relacl union all select t.attacl from pg_attribute t where t.attrelid = c.oid) rights (acl)
           cross join lateral aclexplode(rights.acl) a
     where c.oid = ${literal(qualified(table))}::regclass
       and a.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') and a.grantee <> c.relowner${
         kept.length === 0
           ? ''
           : `\n       and a.grantee not in (select p.proowner from pg_proc p where p.oid in (${kept.join(', ')}))`
       }
  loop
    execute command;
  end loop;
end
`)};`
}

const role = `case a.grantee when 0 then 'public' else a.grantee::regrole::text end`

/** A query for the statements that leave a recording function to its owner. */
const revokeFunction = (
  name: QualifiedName,
): string => `select format('revoke all on function %s from %s', p.oid::regprocedure,
                  ${role})
      from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
     where p.oid = ${literal(`${qualified(name)}()`)}::regprocedure and a.grantee <> p.proowner`

/** Nobody but the owner may run a recording function or attach it to a table, whatever default privileges say. */
export const revokeExecute = (name: QualifiedName): string =>
  `do ${dollarQuote(`
declare
  command text;
begin
  for command in
    ${revokeFunction(name)}
  loop
    execute command;
  end loop;
end
`)};`
