import type { QualifiedName } from '../catalog/types.ts'
import type { TransactionTable, VersionedTable } from '../plan/types.ts'
import { createHelperFunction, type HelperFunction } from './helper-function.ts'
import { deriveName } from './names.ts'
import { literal, qualified } from './quote.ts'
import { comment } from './text.ts'

/** Beside the transaction table: `transaction_fits`. */
export const fitsFunctionName = (transaction: QualifiedName): QualifiedName => ({
  schema: transaction.schema,
  name: deriveName(transaction.name, '_fits'),
})

/**
 * Tells whether every column of a table fits the one of its name in a version table: false once it was widened, or got
 * another type. All recording functions ask it. It is called immutable so that Postgres answers it while it plans the
 * recording of a statement, which it does anew when the table is altered, and not for each statement.
 *
 * A table that is not found, because it was renamed, is taken to fit.
 */
export const fitsFunction = (transaction: TransactionTable): HelperFunction => ({
  ...fitsFunctionName(transaction),
  takes: 'text, text',
  behaviour: 'immutable parallel safe',
  body: `
  select not exists (
    select from pg_attribute b
           join pg_type t on t.oid = b.atttypid
           join pg_attribute v on v.attrelid = to_regclass($2) and v.attname = b.attname and v.attnum > 0
     where b.attrelid = to_regclass($1) and b.attnum > 0
       and (v.atttypid, v.atttypmod) not in ((b.atttypid, b.atttypmod), (t.typbasetype, t.typtypmod))
       and (v.atttypmod >= 0 or v.atttypid not in ('text'::regtype, 'varchar'::regtype))
       and (b.atttypid::regtype::text, v.atttypid::regtype::text) not in (
           ('smallint', 'integer'), ('smallint', 'bigint'), ('integer', 'bigint'),
           ('date', 'timestamp without time zone'))
       and not (v.atttypid = b.atttypid and (v.atttypmod = -1 or b.atttypmod between 0 and v.atttypmod and case
           when b.atttypid = 'numeric'::regtype then (v.atttypmod - b.atttypmod) % 65536 = 0
           else b.atttypid <> 'interval'::regtype and t.typelem = 0 end)))
`,
  result: 'boolean',
  comment: `Whether a table fits its history beside ${comment(`${transaction.schema}.${transaction.name}`)}.`,
})

/** With the words a reviewer needs before reading it. */
export const createFitsFunction = (
  transaction: TransactionTable,
): string => `-- Whether the columns of a table, $1, fit those in a version table, $2. Asked only while a plan is made.
${createHelperFunction(fitsFunction(transaction))}`

/** Asks it. */
export const fits = (table: VersionedTable): string =>
  `${qualified(fitsFunctionName(table.transaction))}(${literal(qualified(table.base))}, ${literal(qualified(table.version))})`
