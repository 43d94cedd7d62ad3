import type { Settings } from './config/types.ts'
import { oneLine, QueryError } from './database/query-error.ts'
import { readCursor } from './database/read-cursor.ts'
import { openSnapshot } from './database/snapshot.ts'
import { VersiongenError } from './errors.ts'
import { chainProblemMessages, type ChainProblem, unfit } from './history/chain-violations.ts'
import type { Comparison } from './plan/compare.ts'
import { selectModels } from './plan/select-models.ts'
import { summarize } from './plan/summarize.ts'
import type { DriftCode } from './plan/types.ts'
import { readProject } from './read-project.ts'
import type { Progress, Selection, VerifyEvent, Violation } from './results.ts'
import { chainViolationsSql } from './sql/check-chains.ts'

/**
 * Reads whole histories and tells every version that contradicts another or the live rows, table by table. What is found
 * comes as it is read: however much there is, little of it is in memory.
 *
 * @throws VersiongenError for whatever keeps it from going on
 *
 * @example
 * ```ts
 * import { loadSettings, verify } from 'versiongen'
 *
 * const settings = await loadSettings({ cwd: process.cwd(), env: process.env })
 * for await (const event of verify(settings, { tables: [], all: true })) {
 *   if (event.kind === 'violation') console.log(event.table.table, event.violation.key, event.violation.message)
 * }
 * ```
 */
export async function* verify(
  settings: Settings,
  selection: Selection,
  { progress }: { readonly progress?: Progress } = {},
): AsyncGenerator<VerifyEvent, void, undefined> {
  const { target, driver, env } = settings
  if (target.kind === 'shadow') {
    throw new VersiongenError('usage', 'verify reads the histories of a database, and none is named', {
      hint: 'add --url URL or set DATABASE_URL',
    })
  }
  const project = await readProject(settings, { progress })
  const selected = selectModels(project.resolved, selection, project.catalog)
  const { connect } = await import('./database/connect.ts')
  const db = await connect(target, { driver, env })
  try {
    await openSnapshot(db, { statementTimeout: 0 })
    for (const { model, table, findings } of selected) {
      const summary = summarize({ model, table })
      const reason =
        table === undefined
          ? findings.find(({ severity }) => severity === 'error')?.message
          : whyUnreadable(project.comparisons.get(table))
      if (table === undefined || reason !== undefined) {
        yield { kind: 'unverified', table: summary, reason: reason ?? 'there is no such table' }
        continue
      }
      progress?.(`verifying the history of ${summary.table}`)
      let violations = 0
      const sql = chainViolationsSql(table, { compareLive: true, harmless: false, keyAsText: true })
      await db.script('savepoint versiongen_table')
      try {
        for await (const { key, transaction_id, problem } of readCursor<Row>(db, sql)) {
          violations++
          const violation: Violation = {
            key,
            transactionId: transaction_id,
            problem,
            message: chainProblemMessages[problem],
          }
          yield { kind: 'violation', table: summary, violation }
        }
      } catch (error) {
        if (!isUnfit(error)) throw error
        await db.script('rollback to versiongen_table')
        yield {
          kind: 'unverified',
          table: summary,
          reason: `a live value does not fit its history (${oneLine(error.serverMessage)})`,
        }
        continue
      }
      await db.script('release versiongen_table')
      yield { kind: 'verified', table: summary, violations }
    }
  } finally {
    // Which also ends the snapshot.
    await db.close()
  }
}

interface Row {
  readonly key: Readonly<Record<string, string>>
  readonly transaction_id: string | null
  readonly problem: ChainProblem
}

const isUnfit = (error: unknown): error is QueryError => error instanceof QueryError && unfit.test(error.sqlState)

const whyUnreadable = (comparison: Comparison | undefined): string | undefined =>
  comparison?.findings.find(({ code }) => unreadable.has(code))?.message

/** What the statement that verifies cannot do without. */
const unreadable: ReadonlySet<DriftCode> = new Set([
  'version-table-missing',
  'version-table-foreign',
  'column-missing',
  'primary-key',
  'transaction-table',
])
