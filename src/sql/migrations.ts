import { byCodePoint } from '../order.ts'
import type { VersionedTable } from '../plan/types.ts'
import { backfill } from './backfill.ts'
import { fillOpenVersions } from './fill.ts'
import { historyGrants } from './grants.ts'
import { recordFunctionName } from './names.ts'
import { literal, qualified } from './quote.ts'
import { createRecordFunction } from './record-function.ts'
import { comment } from './text.ts'
import { createTransactionTable } from './transaction-table.ts'
import { createTrigger, recordTriggers } from './triggers.ts'
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
  const triggers = recordTriggers(table)
  const records = table.writer === 'trigger'
  const header = [
    `History of ${base}: from here on, every committed state of its rows is kept in ${version}.`,
    '',
    `Creates  ${version}, one row per changed row and transaction`,
    ...(table.transaction.exists
      ? []
      : [`         ${transaction}, one row per transaction that changes anything: when and who`]),
    ...(records
      ? [
          `         ${comment(qualified(recordFunctionName(table.version)))}() and ${triggers.length} triggers on ${base}`,
          `Locks    ${base}: SHARE ROW EXCLUSIVE while the triggers are created, the last statements of this file: writes`,
          `         wait for milliseconds, reads go on. If that lock is not to be had within ${comment(timeouts.lockTimeout)}, nothing is changed: run again.`,
        ]
      : ['Locks    nothing that exists.']),
    `Undo     drop the triggers, then the function, then ${version}.`,
    'Next     the backfill: the first version of each row that exists already.',
    ...squawkNote(versionColumns(table)),
  ]
  return sections(
    header,
    timeouts,
    ...(table.transaction.exists ? [] : [createTransactionTable(table.transaction)]),
    createVersionTable(table),
    ...versionIndexes(table).map((index) => createIndex(table, index)),
    historyGrants(table),
    ...(records ? [recordingSection(table)] : []),
    ...(records ? [triggers.map((trigger) => createTrigger(table, trigger)).join('\n')] : []),
  )
}

/** The function with the words a reviewer needs before reading it. */
export const recordingSection = (
  table: VersionedTable,
): string => `-- What a transaction does to a row becomes one version, its net effect: inserted and deleted again leaves nothing, nor
-- does a change that was taken back. It runs with its owner's rights, so that writers need none on history.
${createRecordFunction(table)}`

/** The second migration of a table: a first version for every row that was there before the triggers. */
export const backfillMigration = (
  table: VersionedTable,
  timeouts: Timeouts,
  filled: readonly string[] = [],
  versions = true,
): string =>
  sections(
    [
      ...(filled.length === 0
        ? [
            `First versions of the rows of ${comment(qualified(table.base))} that were there before their changes were recorded.`,
          ]
        : [
            `The values of ${comment(filled.join(', '))} that rows of ${comment(qualified(table.base))} hold now, for their open versions. What they held`,
            `before is not known: older versions stay as they are.${versions ? ' Rows without a version get their first.' : ''}`,
          ]),
      '',
      `Locks    ${comment(qualified(table.base))}: SHARE until the end of this file: writes wait, reads go on. The time grows with`,
      '         the number of rows, some seconds a million. Rows changed meanwhile have their versions already.',
      'Undo     not needed. It may be run again: what is right already is left alone.',
    ],
    { lockTimeout: timeouts.lockTimeout, statementTimeout: '0' },
    `set local row_security = off;  -- fail rather than leave out rows
lock table ${qualified(table.base)} in share mode;`,
    ...(filled.length === 0 ? [] : [fillOpenVersions(table, filled)]),
    ...(versions ? [backfill(table)] : []),
  )

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
