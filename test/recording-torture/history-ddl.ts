import { readFileSync } from 'node:fs'
import type { VersionedTable } from '../../src/plan/types.ts'
import { identifier, qualified } from '../../src/sql/quote.ts'

/**
 * All SQL that gives a table its history, but for the backfill: transaction table (if missing), version table,
 * recording functions and triggers. The one place that says whose recording is tortured.
 */
export const historyDdl = (table: VersionedTable): string => prototypeDdl(table)

/** The transaction table must exist. Every history of the same schema shares it. */
const transactionTable = ({ transaction }: VersionedTable): string => `
create table if not exists ${qualified(transaction)} (
  id bigserial primary key, issued_at timestamp, remote_addr varchar(50), user_id bigint);`

/** The prototype is written for one table with one key column; this puts the names of another in its place. */
const prototypeDdl = (table: VersionedTable): string => {
  const key = table.key.map(({ name }) => identifier(name))
  const rest = table.columns.map(({ name }) => identifier(name)).filter((name) => !key.includes(name))
  const forms: readonly ((column: string) => string)[] = [
    (c) => `${c} = r.${c}`,
    (c) => `${c} = excluded.${c}`,
    (c) => `v.${c} as l_${c}`,
    ...['r.', 'v.', 'n.', 'w.', 'l.l_', 'old.', 'new.', ''].map((prefix) => (c: string) => `${prefix}${c}`),
  ]
  let sql = prototype
  for (const form of forms) sql = sql.replaceAll(mineColumns.map(form).join(', '), rest.map(form).join(', '))
  sql = sql
    .replaceAll(/\b(v|n|r)\.id = (v|n|r)\.id\b/g, (_, a, b) => key.map((c) => `${a}.${c} = ${b}.${c}`).join(' and '))
    .replaceAll(
      'id in (old.id, new.id)',
      `(${key}) in ((${key.map((c) => `old.${c}`)}), (${key.map((c) => `new.${c}`)}))`,
    )
    .replaceAll('old.id <> new.id', `(${key.map((c) => `old.${c}`)}) <> (${key.map((c) => `new.${c}`)})`)
    .replaceAll(/\b(r|n|w|old|new)\.id\b/g, (_, source) => key.map((c) => `${source}.${c}`).join(', '))
    .replaceAll('(id, ', `(${key}, `)
    .replaceAll('update of id on', `update of ${key} on`)
    .replaceAll(/\bmine_version/g, table.version.name)
    .replaceAll(/\bmine\b/g, table.base.name)
  const columns = table.columns.map(({ name, type }) => `${identifier(name)} ${type.sql}`).join(', ')
  return `${transactionTable(table)}
create table ${qualified(table.version)} (${columns}, transaction_id bigint not null, end_transaction_id bigint,
  operation_type smallint not null, primary key (${key}, transaction_id)) with (fillfactor = 90);
${sql}`
}

const mineColumns: readonly string[] =
  `mine_no name status region latitude longitude major ore_grade note permit deleted_ind create_user create_timestamp
  update_user update_timestamp`.split(/\s+/)

const prototype = readFileSync(new URL('prototype.sql', import.meta.url), 'utf8')
