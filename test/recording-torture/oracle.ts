import type { Database } from '../../src/database/types.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { chainViolationsSql } from '../../src/sql/check-chains.ts'
import type { ChainViolation } from '../../src/sql/check-chains.ts'
import { isRefusal } from './refusals.ts'
import { emptyTables, tables } from './tables.ts'

/** A statement, or statements between a savepoint and its end. */
export type Step = string | { readonly savepoint: 'release' | 'rollback'; readonly steps: readonly Step[] }

export interface Transaction {
  readonly end: 'commit' | 'rollback'
  /** Each statement has a savepoint of its own, so that one that is refused leaves the others alone. */
  readonly guarded: boolean
  readonly steps: readonly Step[]
}

/** By table and key, such as `site (1)`: the values of a row, as text. */
type State = ReadonlyMap<string, string>

/** `site (1) | 7 | null | 0 | (1,a,,)`: key, transaction, end, operation, values. */
type Version = { readonly row: string; readonly tx: string; end: string | null; op: number; values: string }

export interface Outcome {
  readonly committed: number
  readonly refused: number
  /** Transaction rows that no version points to. */
  readonly orphans: number
}

/**
 * Runs a program from empty tables and compares the whole history with what the tables themselves looked like: before
 * the transaction, after each statement, and at its end.
 *
 * @throws Error that says which transaction was recorded wrongly, what was expected and what is there
 */
export const runProgram = async (
  database: Database,
  program: readonly Transaction[],
  recorded: readonly VersionedTable[] = tables,
): Promise<Outcome> => {
  // The program before may have ended in the middle of a transaction.
  for (const statement of ['rollback', ...emptyTables]) await database.script(statement)
  const expected: Version[] = []
  let committed = 0
  let refused = 0
  for (const [index, transaction] of program.entries()) {
    const before = await readState(database)
    const run = new Run(database, before, transaction.guarded)
    await database.script('begin')
    const whole = await run.steps(transaction.steps)
    refused += run.refused
    const committing = whole && transaction.end === 'commit'
    await database.script(committing ? 'commit' : 'rollback')
    if (committing) committed++
    const after = committing ? await readState(database) : before
    const actual = await readHistory(database, recorded)
    expectNetEffect(expected, actual, before, run.lastSeen, after)
    const difference = compare(expected, actual)
    if (difference !== '') throw new Error(`after transaction ${index + 1}:\n${difference}`)
  }
  for (const table of recorded) {
    const violations = await database.query<ChainViolation>(chainViolationsSql(table, { compareLive: true }))
    if (violations.length > 0) throw new Error(`${table.version.name}: ${JSON.stringify(violations)}`)
  }
  return { committed, refused, orphans: await countOrphans(database) }
}

/** One transaction as it goes. */
class Run {
  refused = 0
  /** The values each row had when it was last seen, deleted or not. */
  lastSeen: Map<string, string>
  readonly database: Database
  readonly guarded: boolean

  constructor(database: Database, before: State, guarded: boolean) {
    this.database = database
    this.guarded = guarded
    this.lastSeen = new Map(before)
  }

  /** False when the transaction cannot go on. */
  async steps(steps: readonly Step[]): Promise<boolean> {
    for (const step of steps) {
      if (!(typeof step === 'string' ? await this.statement(step) : await this.block(step))) return false
    }
    return true
  }

  private async block({ savepoint, steps }: Exclude<Step, string>): Promise<boolean> {
    const lastSeen = new Map(this.lastSeen)
    await this.database.script('savepoint block')
    const whole = await this.steps(steps)
    if (!whole || savepoint === 'rollback') {
      await this.database.script('rollback to savepoint block')
      this.lastSeen = lastSeen
    }
    await this.database.script('release savepoint block')
    return true
  }

  private async statement(sql: string): Promise<boolean> {
    if (this.guarded) await this.database.script('savepoint guard')
    try {
      await this.database.script(sql)
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.refused++
      if (this.guarded) await this.database.script('rollback to savepoint guard; release savepoint guard')
      return this.guarded
    }
    if (this.guarded) await this.database.script('release savepoint guard')
    for (const [row, values] of await readState(this.database)) this.lastSeen.set(row, values)
    return true
  }
}

/** Adds to `expected` what SPEC §5 asks for; the id is the one new id in `actual`. */
const expectNetEffect = (
  expected: Version[],
  actual: readonly Version[],
  before: State,
  lastSeen: State,
  after: State,
): void => {
  const known = new Set(expected.map(({ tx }) => tx))
  const tx = actual.map((version) => version.tx).find((id) => !known.has(id)) ?? 'a new id'
  for (const row of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(row)
    const now = after.get(row)
    if (old === now) continue
    const op = old === undefined ? 0 : now === undefined ? 2 : 1
    const open = expected.find((version) => version.row === row && version.end === null)
    if (open) open.end = tx
    expected.push({ row, tx, end: null, op, values: now ?? lastSeen.get(row) ?? '' })
  }
}

const compare = (expected: readonly Version[], actual: readonly Version[]): string => {
  const write = ({ row, tx, end, op, values }: Version): string => `${row} | ${tx} | ${end} | ${op} | ${values}`
  const want = new Set(expected.map(write))
  const have = new Set(actual.map(write))
  const lines = [
    ...[...want].filter((line) => !have.has(line)).map((line) => `  missing: ${line}`),
    ...[...have].filter((line) => !want.has(line)).map((line) => `  present: ${line}`),
  ]
  return lines.sort().join('\n')
}

const keyOf = ({ base, key }: VersionedTable): string =>
  `'${base.name} ' || row(${key.map(({ name }) => name).join(', ')})::text`
const valuesOf = ({ columns }: VersionedTable): string => `row(${columns.map(({ name }) => name).join(', ')})::text`

const stateSql = tables
  .map((table) => `select ${keyOf(table)} as row, ${valuesOf(table)} as values from ${table.base.name}`)
  .join(' union all ')

/** Where versions have no ends, each holds until the next. */
const endOf = ({ key, endTransactionColumn }: VersionedTable): string =>
  endTransactionColumn === null
    ? `lead(transaction_id) over (partition by ${key.map(({ name }) => name).join(', ')} order by transaction_id)::text`
    : `${endTransactionColumn}::text`

const readState = async (database: Database): Promise<State> => {
  const rows = await database.query<{ row: string; values: string }>(stateSql)
  return new Map(rows.map(({ row, values }) => [row, values]))
}

const readHistory = (database: Database, recorded: readonly VersionedTable[]): Promise<readonly Version[]> =>
  database.query<Version>(
    recorded
      .map(
        (table) => `select ${keyOf(table)} as row, transaction_id::text as tx, ${endOf(table)} as "end",
      operation_type as op, ${valuesOf(table)} as values from ${table.version.name}`,
      )
      .join(' union all '),
  )

const countOrphans = async (database: Database): Promise<number> => {
  const used = tables.map(({ version }) => `select transaction_id from ${version.name}`).join(' union ')
  const [row] = await database.query<{ orphans: number }>(
    `select count(*)::int as orphans from transaction where id not in (${used})`,
  )
  return row?.orphans ?? 0
}
