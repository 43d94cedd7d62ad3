import type { QualifiedName } from '../catalog/types.ts'
import { findTransaction, latest } from '../history/transaction-at.ts'
import type { TransactionTable, VersionedTable } from '../plan/types.ts'
import { equalityOperator } from './equality-operator.ts'
import { createHelperFunction, type HelperFunction } from './helper-function.ts'
import { deriveName } from './names.ts'
import { identifier, qualified } from './quote.ts'
import { comment } from './text.ts'

/**
 * Postgres puts the text of such a function in the place of its call, and so plans the two together, as long as it runs with
 * its caller's rights, is stable and sets nothing: no name can be looked up along a path of its own, and a caller with a
 * strange path deceives nobody else.
 */
const ofInstant = { takes: 'timestamptz', behaviour: 'stable parallel safe' } as const

/** Beside the version table: `mine_as_of` for `mine_version`, `mine_log_as_of` for `mine_log`. */
export const asOfFunctionName = (version: QualifiedName): QualifiedName => ({
  schema: version.schema,
  name: deriveName(version.name.replace(/_version$/, ''), '_as_of'),
})

/** Beside the transaction table: `transaction_at`. */
export const transactionAtName = (transaction: QualifiedName): QualifiedName => ({
  schema: transaction.schema,
  name: deriveName(transaction.name, '_at'),
})

/** The versions that held at an instant: what `asOf` of the accessor reads, but for the order of commits. */
export const asOfFunction = (table: VersionedTable): HelperFunction => ({
  ...asOfFunctionName(table.version),
  ...ofInstant,
  body: asOfBody(table),
  result: `setof ${qualified(table.version)}`,
  comment: `Rows of ${comment(`${table.base.schema}.${table.base.name}`)} as they were at an instant.`,
})

const asOfBody = (table: VersionedTable): string => {
  const version = qualified(table.version)
  const [id, operation] = [table.transactionColumn, table.operationColumn].map(identifier)
  // In a query of its own, and so looked up once, not for each row.
  const last = `(select ${qualified(transactionAtName(table.transaction))}($1))`
  const held = `
  select v.* from ${version} v
   where v.${id} <= ${last} and v.${operation} <> 2
     and`
  if (table.endTransactionColumn !== null) {
    const end = `v.${identifier(table.endTransactionColumn)}`
    return `${held} (${end} is null or ${end} > ${last})\n`
  }
  const sameRow = table.key.map(({ name, type }) => {
    const column = identifier(name)
    return `n.${column} ${equalityOperator(type)} v.${column}`
  })
  return `${held} not exists (
       select from ${version} n
        where ${sameRow.join(' and ')}
          and n.${id} > v.${id} and n.${id} <= ${last})
`
}

/** The id that an instant stands for: up to it, transactions belong to the state of the tables. */
export const transactionAtFunction = (transaction: TransactionTable): HelperFunction => ({
  ...transactionAtName(transaction),
  ...ofInstant,
  body: `\n${transactionAtBody(transaction)}\n`,
  result: 'bigint',
  comment: `The last id of ${comment(`${transaction.schema}.${transaction.name}`)} at an instant.`,
})

const transactionAtBody = (transaction: TransactionTable): string => {
  if (transaction.issuedAt === null) return `select ${latest}`
  const dated = transaction.issuedAt.withTimeZone ? 't.issued_at' : "t.issued_at at time zone 'UTC'"
  return findTransaction(qualified(transaction), dated, '$1')
}

/** With the words a reviewer needs before reading it. */
export const createAsOfFunction = (table: VersionedTable): string => {
  const name = qualified(asOfFunctionName(table.version))
  return `-- select * from ${comment(name)}('2024-01-01'): with its caller's rights, and planned as if its text stood there.
${createHelperFunction(asOfFunction(table))}`
}

/** The same for the function that all tables with one transaction table share. */
export const createTransactionAt = (
  transaction: TransactionTable,
): string => `-- Found bit by bit in the primary key: ids rise with time, but for neighbours.
${createHelperFunction(transactionAtFunction(transaction))}`
