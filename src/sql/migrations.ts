import { byCodePoint } from '../order.ts'
import type { VersionedTable } from '../plan/types.ts'
import { asOfFunctionName, createAsOfFunction, createTransactionAt, transactionAtName } from './as-of-functions.ts'
import { backfill } from './backfill.ts'
import { backfillInBatches, fillInBatches } from './batched-backfill.ts'
import { catchUp } from './catch-up.ts'
import { closeChains } from './close-chains.ts'
import { fillOpenVersions } from './fill.ts'
import { createFitsFunction, fitsFunctionName } from './fits-function.ts'
import { historyGrants } from './grants.ts'
import { recordFunctionName } from './names.ts'
import { literal, qualified } from './quote.ts'
import {
  createRecordingTrigger,
  createReplicationFunction,
  recordingFunctions,
  recordsReplication,
  recordingTriggers,
  replicationFunctionName,
} from './replication.ts'
import { createRecordFunction } from './record-function.ts'
import { comment } from './text.ts'
import { createTransactionTable } from './transaction-table.ts'
import {
  createIndex,
  createVersionTable,
  squawkRules,
  versionColumns,
  versionIndexes,
  type VersionColumn,
} from './version-table.ts'

/** `SET LOCAL` at the top of every migration, as Postgres writes durations. */
export interface Timeouts {
  readonly lockTimeout: string
  readonly statementTimeout: string
}

/** The first migration of a table: everything that records from then on. */
export const createMigration = (table: VersionedTable, timeouts: Timeouts): string => {
  const base = comment(qualified(table.base))
  const version = comment(qualified(table.version))
  const transaction = comment(qualified(table.transaction))
  const triggers = recordingTriggers(table)
  const replicates = recordsReplication(table)
  const records = table.writer === 'trigger'
  const asOf = table.asOf === true
  const makesFits = records && table.transaction.knowsFits !== true
  const findsInstants = asOf && table.transaction.findsInstants !== true
  const header = [
    `History of ${base}: from here on, every committed state of its rows is kept in ${version}.`,
    '',
    `Creates  ${version}, one row per changed row and transaction`,
    ...(table.transaction.exists
      ? []
      : [`         ${transaction}, one row per transaction that changes anything: when and who`]),
    ...(asOf
      ? [`         ${comment(qualified(asOfFunctionName(table.version)))}(timestamptz), its rows as they were`]
      : []),
    ...(findsInstants
      ? [
          `         ${comment(qualified(transactionAtName(table.transaction)))}(timestamptz), which finds an instant's transactions`,
        ]
      : []),
    ...(makesFits
      ? [
          `         ${comment(qualified(fitsFunctionName(table.transaction)))}(text, text), which tells when a table has outgrown its history`,
        ]
      : []),
    ...(records
      ? [
          `         ${comment(qualified(recordFunctionName(table.version)))}() and ${triggers.length} triggers on ${base}`,
          ...(replicates
            ? [`         ${comment(qualified(replicationFunctionName(table.version)))}(), for what replication applies`]
            : []),
          `Locks    ${base}: SHARE ROW EXCLUSIVE while the triggers are created, the last statements of this file: writes`,
          `         wait for milliseconds, reads go on. If that lock is not to be had within ${comment(timeouts.lockTimeout)}, nothing is changed: run again.`,
        ]
      : ['Locks    nothing that exists.']),
    ...describeUndo(table, triggers.length),
    'Next     the backfill: the first version of each row that exists already.',
    ...squawkNote(versionColumns(table)),
  ]
  return sections(
    header,
    timeouts,
    ...(table.transaction.exists ? [] : [createTransactionTable(table.transaction)]),
    createVersionTable(table),
    ...versionIndexes(table).map((index) => createIndex(table, index)),
    ...(findsInstants ? [createTransactionAt(table.transaction)] : []),
    ...(asOf ? [createAsOfFunction(table)] : []),
    ...(makesFits ? [createFitsFunction(table.transaction)] : []),
    ...(records ? [recordingSection(table)] : []),
    ...(replicates
      ? [`-- The same for what logical replication applies, row by row.\n${createReplicationFunction(table)}`]
      : []),
    historyGrants(table, recordingFunctions(table)),
    ...(records ? [triggers.map((trigger) => createRecordingTrigger(table, trigger)).join('\n')] : []),
  )
}

/** What is this table's own, in the order in which it can be dropped, and what others need. */
const describeUndo = (table: VersionedTable, triggers: number): readonly string[] => {
  const records = table.writer === 'trigger'
  const own = [
    ...(records
      ? [`the ${triggers} triggers`, ...recordingFunctions(table).map((name) => `${comment(qualified(name))}()`)]
      : []),
    ...(table.asOf === true ? [`${comment(qualified(asOfFunctionName(table.version)))}(timestamptz)`] : []),
    comment(qualified(table.version)),
  ]
  const shared = [
    comment(qualified(table.transaction)),
    ...(table.asOf === true ? [`${comment(qualified(transactionAtName(table.transaction)))}(timestamptz)`] : []),
    ...(records ? [`${comment(qualified(fitsFunctionName(table.transaction)))}(text, text)`] : []),
  ]
  return [
    `Undo     drop, in this order: ${own.join(', ')}.`,
    `         Leave ${shared.join(', ')}: histories of other tables share ${shared.length === 1 ? 'it' : 'them'}.`,
  ]
}

/** The function with the words a reviewer needs before reading it. */
export const recordingSection = (
  table: VersionedTable,
): string => `-- What a transaction does to a row becomes one version, its net effect: inserted and deleted again leaves nothing, nor
-- does a change that was taken back. It runs with its owner's rights, so that writers need none on history.
${createRecordFunction(table)}`

/** What a backfill is to bring about. */
export interface BackfillWork {
  /** Columns that open versions get from the live rows. */
  readonly filled?: readonly string[]
  /** Whether rows without a version get their first. */
  readonly versions?: boolean
  /** Whether what is not recorded yet is, as of now; never in batches. */
  readonly caughtUp?: boolean
  /** Whether versions whose ends are wrong get those that follow from the next ones. */
  readonly closed?: boolean
  /** Columns among `filled` whose type followed, so that their values may have been left out. */
  readonly retyped?: readonly string[]
  /** Rows in each batch; undefined: all in one transaction. */
  readonly batchSize?: number | undefined
}

/** The second migration of a table: a first version for every row that was there before the triggers. */
export const backfillMigration = (
  table: VersionedTable,
  timeouts: Timeouts,
  { filled = [], versions = true, caughtUp = false, closed = false, retyped = [], batchSize }: BackfillWork = {},
): string => {
  const base = comment(qualified(table.base))
  const about = [
    ...(closed ? [`The ends that versions of rows of ${base} should have.`] : []),
    ...(filled.length === 0
      ? []
      : [
          `The values of ${comment(filled.join(', '))} that rows of ${base} hold now, for their open versions. What they held`,
          'before is not known: older versions stay as they are.',
        ]),
    ...(versions
      ? [
          filled.length === 0
            ? `First versions of the rows of ${base} that were there before their changes were recorded.`
            : 'Rows without a version get their first.',
        ]
      : []),
    ...(caughtUp
      ? [
          `What rows of ${base} hold and their versions do not, recorded as of now: what was written past its`,
          'triggers, or before its history followed a change of the table.',
        ]
      : []),
  ]
  if (batchSize !== undefined) {
    const batches = { size: batchSize, lockTimeout: timeouts.lockTimeout }
    return (
      [
        [...about, '', ...batchedHeader(base, batchSize)].map((line) => (line === '' ? '--' : `-- ${line}`)).join('\n'),
        'set statement_timeout = 0;',
        ...(filled.length === 0 ? [] : [fillInBatches(table, filled, batches)]),
        ...(versions ? [backfillInBatches(table, batches)] : []),
        'reset statement_timeout;',
      ].join('\n\n') + '\n'
    )
  }
  return sections(
    [
      ...about,
      '',
      `Locks    ${base}: SHARE until the end of this file: writes wait, reads go on. The time grows with`,
      '         the number of rows, some seconds a million. Rows changed meanwhile have their versions already.',
      'Undo     not needed. It may be run again: what is right already is left alone.',
    ],
    { lockTimeout: timeouts.lockTimeout, statementTimeout: '0' },
    `set local row_security = off;  -- fail rather than leave out rows
lock table ${qualified(table.base)} in share mode;`,
    ...(closed ? [closeChains(table)] : []),
    ...(versions ? [backfill(table)] : []),
    // What was left out becomes a version of its own, before the others are brought up to date where they stand.
    ...(caughtUp ? [catchUp(table, filled, retyped)] : []),
    ...(filled.length === 0 ? [] : [fillOpenVersions(table, filled)]),
  )
}

const batchedHeader = (base: string, size: number): readonly string[] => [
  `Runs     outside a transaction, as the .conf file beside it says: ${size} rows at a time in the order of their key, each`,
  '         batch committed. Where it was stopped it goes on when it is run again: flyway migrate, after a flyway repair if asked.',
  `Locks    each batch its rows of ${base}, until it is committed: who changes one of them waits that long.`,
  '         It waits for nobody: rows that others are changing are left for later.',
  'Undo     not needed. It may be run again: what is right already is left alone.',
]

/** Excuses the types of mirrored columns, and whatever else is meant. */
export const squawkNote = (columns: readonly VersionColumn[], others: readonly string[] = []): readonly string[] => {
  const rules = [...new Set([...squawkRules(columns), ...others])].sort(byCodePoint)
  return rules.length === 0 ? [] : ['', `squawk-ignore-file ${rules.join(', ')}`]
}

/** Comment header, timeouts, then sections with an empty line between them. */
export const sections = (header: readonly string[], timeouts: Timeouts, ...parts: readonly string[]): string =>
  [
    header.map((line) => (line === '' ? '--' : `-- ${line}`)).join('\n'),
    `set local lock_timeout = ${literal(timeouts.lockTimeout)};\nset local statement_timeout = ${literal(timeouts.statementTimeout)};`,
    ...parts,
  ].join('\n\n') + '\n'
