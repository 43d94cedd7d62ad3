import type { Relation } from '../catalog/types.ts'
import { identifier, qualified } from '../sql/quote.ts'
import { transactionComment } from '../sql/transaction-table.ts'
import { versionIndexes, versionKey } from '../sql/version-table.ts'
import { qualify } from './resolve.ts'
import type { Finding, Severity, VersionedTable } from './types.ts'

/** What others have put on a table of history that may keep rows out of it. Only a person can know whether that is meant. */
export type Obstacle = Pick<Finding, 'object' | 'severity' | 'actual' | 'message'>

/**
 * Of a version table. What cannot refuse a version is left alone: checks that its rows have passed in the base table, unique
 * indexes over the whole key, references to the transaction. What the application writes, it may constrain.
 */
export const findVersionObstacles = (
  table: VersionedTable,
  version: Relation,
  base: Relation = table.base,
): readonly Obstacle[] => {
  if (table.writer === 'orm') return findRules(version)
  const passed = new Set(base.checks.map(({ definition }) => definition))
  const isTransaction = (name: string): boolean => name === qualify(table.transaction)
  return [
    ...findRules(version),
    ...version.checks
      .filter(({ definition }) => !passed.has(definition))
      .map(({ name, definition }) => constraint(version, name, definition, 'error')),
    ...findUnique(version, versionKey(table), new Set(versionIndexes(table).map(({ name }) => name))),
    ...version.foreignKeys
      .filter(({ references }) => !isTransaction(qualify(references)))
      .map(({ name, columns, references, onDelete }) =>
        constraint(
          version,
          name,
          `FOREIGN KEY (${columns.join(', ')}) REFERENCES ${qualify(references)}`,
          qualify(references) === qualify(table.base) || !/^(no action|restrict)$/.test(onDelete) ? 'error' : 'warning',
        ),
      ),
  ]
}

/** Of a transaction table; one that was there before has constraints of its own. */
export const findTransactionObstacles = (transaction: Relation): readonly Obstacle[] => [
  ...findRules(transaction),
  ...(transaction.comment === transactionComment
    ? [
        ...transaction.checks.map(({ name, definition }) => constraint(transaction, name, definition, 'error')),
        ...findUnique(transaction, ['id']),
      ]
    : []),
]

const findRules = (relation: Relation): readonly Obstacle[] =>
  relation.rules.map((name) => ({
    object: `${qualify(relation)}.${name}`,
    severity: 'error',
    actual: `rule ${name}`,
    message: `the rule ${name} on ${qualify(relation)} rewrites what is written there, so that history is lost or refused. Drop it in a migration of your own: drop rule ${identifier(name)} on ${qualified(relation)}`,
  }))

/** One of `ours` that is invalid is made anew. */
const findUnique = (
  relation: Relation,
  key: readonly string[],
  ours: ReadonlySet<string> = new Set(),
): readonly Obstacle[] => {
  const constraints = new Set(relation.checks.map(({ name }) => name))
  return relation.indexes
    .filter(({ unique, primary, name, columns, valid }) => {
      const holdsKey = key.every((column) => columns.includes(column))
      return unique && !primary && !holdsKey && !constraints.has(name) && (valid || !ours.has(name))
    })
    .map(({ name, definition, partial }) => ({
      object: `${relation.schema}.${name}`,
      severity: partial ? 'warning' : 'error',
      actual: definition,
      message: `the unique index ${name} refuses rows of ${qualify(relation)} that history needs. Drop it in a migration of your own: drop index ${qualified({ schema: relation.schema, name })}, or, if a constraint has it, alter table ${qualified(relation)} drop constraint ${identifier(name)}`,
    }))
}

const constraint = (relation: Relation, name: string, definition: string, severity: Severity): Obstacle => ({
  object: `${qualify(relation)}.${name}`,
  severity,
  actual: definition,
  message: `the constraint ${name} of ${qualify(relation)} may refuse or remove history, and so keep the table from being written. Drop it in a migration of your own: alter table ${qualified(relation)} drop constraint ${identifier(name)}`,
})
