import { chainProblemMessages, type ChainProblem, type Chains, selectChainViolations } from './chain-violations.ts'
import { decodeKey } from './changes.ts'
import { codecOf } from './codec.ts'
import type { TableViolation } from './database-types.ts'
import type { Executor, TextRow } from './executor.ts'
import type { NamedTable } from './named-tables.ts'
import type { Statement } from './select.ts'
import { quoteLiteral, quoteTable } from './sql.ts'
import type { Table } from './table.ts'
import type { Source } from './tied.ts'
import type { Violation } from './types.ts'

/** All violations of a history, in order of key and transaction. */
export async function* verifyChains<Key extends object>({
  executor,
  table,
}: Source): AsyncGenerator<Violation<Key>, void, undefined> {
  for await (const rows of executor.stream(...selectViolations(table))) {
    for (const row of rows) yield readViolation(table, row)
  }
}

/** The same for several tables, one after the other. */
export async function* verifyTables<Tables extends object, Name extends keyof Tables>(
  { executor }: { readonly executor: Executor },
  tables: readonly NamedTable[],
): AsyncGenerator<TableViolation<Tables, Name>, void, undefined> {
  for (const { name, table } of tables) {
    for await (const violation of verifyChains({ executor, table })) {
      yield { ...violation, table: name } as unknown as TableViolation<Tables, Name>
    }
  }
}

const readViolation = <Key extends object>(table: Table, row: TextRow): Violation<Key> => {
  const key: (string | null)[] = []
  for (const [i, { position }] of table.key.entries()) key[position] = row[i] ?? null
  const [transactionId = null, problem] = row.slice(table.key.length)
  return {
    key: decodeKey<Key>(table, key),
    transactionId,
    problem: problem as ChainProblem,
    message: chainProblemMessages[problem as ChainProblem],
  }
}

const selectViolations = (table: Table): Statement => {
  const { descriptor, present, key, versions, transactions, transactionId, endTransactionId, operation, dated } = table
  const base = quoteTable(descriptor.table)
  const oid = `${quoteLiteral(base)}::regclass`
  const chains: Chains = {
    versions,
    transactions,
    // History may have a wider type than the base column has by now.
    columns: present.map(({ quoted, cast }) => ({
      name: quoted,
      live: cast === undefined ? `b.${quoted}` : `b.${quoted}::${cast}`,
    })),
    key: key.map((column) => present.indexOf(column)),
    transactionId,
    endTransactionId,
    operation,
    issuedAt: dated ?? 'null::timestamptz',
    // Of a table with INHERITS children its own rows; of a partitioned one all, for it has none of its own.
    live: `${base} as b where b.tableoid = ${oid} or (select relkind = 'p' from pg_catalog.pg_class where oid = ${oid})`,
  }
  const selectKey = (aliases: readonly string[]) =>
    aliases.map((alias, i) => `${codecOf(key[i]?.codec ?? 'text').select(alias)} as k${i + 1}`).join(', ')
  return [selectChainViolations(chains, selectKey), []]
}
