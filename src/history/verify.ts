import {
  chainProblemMessages,
  type ChainProblem,
  type Chains,
  selectChainViolations,
  unfit,
} from './chain-violations.ts'
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

/** A live row holds what its history cannot: of that table nothing can be told. */
class UnverifiableError extends Error {}

/**
 * All violations of a history, in order of key and transaction.
 *
 * @throws Error that names the table when a live value does not fit its history.
 */
export async function* verifyChains<Key extends object>({
  executor,
  table,
}: Source): AsyncGenerator<Violation<Key>, void, undefined> {
  try {
    for await (const rows of executor.stream(...selectViolations(table))) {
      for (const row of rows) yield readViolation(table, row)
    }
  } catch (error) {
    if (!unfit.test(codeOf(error))) throw error
    const { schema, name } = table.descriptor.table
    const message = `${schema}.${name} cannot be verified, as a live value does not fit its history`
    throw new UnverifiableError(`${message}: ${(error as Error).message}`, { cause: error })
  }
}

const codeOf = (error: unknown): string => {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } }
  return String(code ?? cause?.code)
}

/** The same for several tables, one after the other: all that can be verified are, before it throws for others. */
export async function* verifyTables<Tables extends object, Name extends keyof Tables>(
  { executor }: { readonly executor: Executor },
  tables: readonly NamedTable[],
): AsyncGenerator<TableViolation<Tables, Name>, void, undefined> {
  const failed: UnverifiableError[] = []
  for (const { name, table } of tables) {
    try {
      for await (const violation of verifyChains({ executor, table })) {
        yield { ...violation, table: name } as unknown as TableViolation<Tables, Name>
      }
    } catch (error) {
      if (error instanceof UnverifiableError) failed.push(error)
      else if (failed.length > 0 && codeOf(error) === inFailedTransaction) break
      else throw error
    }
  }
  if (failed.length > 1) throw new AggregateError(failed, failed.map(({ message }) => message).join('; '))
  for (const error of failed) throw error
}

/** The caller's, which the table before has failed. */
const inFailedTransaction = '25P02'

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
