import { identifier, literal, qualified } from '../sql/quote.ts'
import { qualify } from './resolve.ts'
import type { Finding, TransactionTable, VersionedTable } from './types.ts'

/** A transaction table whose ids, here or in some version table, have to fit into an `integer`. */
export interface NarrowTransactionTable {
  readonly table: TransactionTable
  /** Version tables that keep the ids as integers. */
  readonly versions: readonly VersionedTable[]
}

const largest = 2 ** 31 - 1

/** The transaction tables that can run out of ids within a lifetime. */
export const findNarrowIds = (tables: readonly VersionedTable[]): readonly NarrowTransactionTable[] => {
  const byName = new Map<string, { table: TransactionTable; versions: VersionedTable[] }>()
  for (const each of tables) {
    const { transaction, history } = each
    if (!transaction.exists) continue
    const column = history?.relation.columns.find(({ name }) => name === each.transactionColumn)
    const narrow = column !== undefined && column.type.name === 'int4'
    if (transaction.id.type !== 'integer' && !narrow) continue
    const key = JSON.stringify([transaction.schema, transaction.name])
    const known = byName.get(key) ?? { table: transaction, versions: [] }
    byName.set(key, known)
    if (narrow) known.versions.push(each)
  }
  return [...byName.values()]
}

/** What {@link lastIdSql} gives. */
export interface LastId {
  /** The highest id that was given out, as a decimal string: ids that were drawn and rolled back count. */
  readonly last: string
  /** The sequence of a `serial`, quoted and qualified, if it gives integers: it does not follow the column's type. */
  readonly sequence: string | null
}

export const lastIdSql = ({ id, ...table }: TransactionTable): string => {
  const name =
    id.sequence === null
      ? `pg_get_serial_sequence(${literal(qualified(table))}, 'id')`
      : literal(qualified(id.sequence))
  return `with sequence as (
    select s.seqrelid::regclass as name, s.seqtypid = 'int4'::regtype and not exists (
             select from pg_depend where classid = 'pg_class'::regclass and objid = s.seqrelid and deptype = 'i') as narrow
      from pg_sequence s where s.seqrelid = ${name}::regclass)
  select greatest(
    coalesce((select max(id) from ${qualified(table)}), 0),
    coalesce((select pg_sequence_last_value(name) from sequence where has_sequence_privilege(name, 'SELECT, USAGE')), 0)
  )::text as last, (select name::text from sequence where narrow) as sequence`
}

/** Undefined as long as half of the ids are left. */
export const describeNarrowIds = (
  { table, versions }: NarrowTransactionTable,
  { last, sequence }: LastId,
): Finding | undefined => {
  const used = Number(last) / largest
  if (used < 0.5) return undefined
  const object = qualify(table)
  const percent = Math.min(100, Math.floor(used * 100))
  const steps = [
    ...(table.id.type === 'integer' ? [`alter table ${qualified(table)} alter column id type bigint`] : []),
    ...(sequence === null ? [] : [`alter sequence ${sequence} as bigint`]),
    ...versions
      .slice(0, 1)
      .flatMap(({ version, transactionColumn, endTransactionColumn }) => [
        `alter table ${qualified(version)} ${[transactionColumn, endTransactionColumn]
          .flatMap((name) => (name === null ? [] : [`alter column ${identifier(name)} type bigint`]))
          .join(', ')}`,
      ]),
  ]
  const others = versions.length < 2 ? '' : `, and so on for ${versions.length - 1} more`
  return {
    code: 'transaction-table',
    severity: used < 0.9 ? 'warning' : 'error',
    object,
    expected: 'ids of type bigint',
    actual: `integer, last id ${last}`,
    message: `${percent} % of the ids that ${object} can give are used up; without any left, no versioned table can be written to. Widen them in a migration of your own: ${steps.join('; ')}${others}`,
    fix: null,
    where: null,
  }
}
