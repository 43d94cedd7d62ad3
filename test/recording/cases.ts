import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import type { VersionedOptions } from '../../src/models/types.ts'
import { eachDatabase } from '../support/databases.ts'
import type { TestDatabase } from '../support/databases.ts'
import {
  backfillTable,
  findViolations,
  lastTransaction,
  readVersions,
  recordTable,
  startAfresh,
} from './recorded-table.ts'
import type { Recorded } from './recorded-table.ts'

/** Statements in, versions out. */
export interface Case {
  /** DDL; then the tables in `tables` are recorded. */
  readonly ddl?: string
  /** Tables with a history; the first is the one looked at. */
  readonly tables?: readonly string[]
  readonly options?: VersionedOptions
  /** Rows that are there before. */
  readonly given?: string
  /** `given` comes before the triggers, and is backfilled only after `when`. */
  readonly late?: boolean
  /** Each is sent as it is: one statement in a transaction of its own, or several with `begin` and `commit`. */
  readonly when: string | readonly string[]
  /** The versions that `when` adds to the first table, by transaction and key. */
  readonly then: readonly Recorded[]
  /** Those it adds to other tables. */
  readonly others?: Readonly<Record<string, readonly Recorded[]>>
  /** The live rows may differ from their last versions, because the table was altered. */
  readonly unlike?: boolean
  /** The first major that has what the case needs. */
  readonly since?: number
  readonly serversOnly?: boolean
}

export type Cases = Readonly<Record<string, Case>>

/** Registers each case as a test, on every database; each starts from an empty schema. */
export const testCases = (test: Test, cases: Cases, defaults: Partial<Case> = {}): void =>
  eachDatabase((name, open) => {
    let database: TestDatabase
    let major = 0
    test(`open (${name})`, async () => {
      database = await open()
      const [row] = await database.query<{ major: number }>(
        `select current_setting('server_version_num')::int / 10000 as major`,
      )
      major = row?.major ?? 0
    })
    for (const [title, given] of Object.entries(cases)) {
      test(`${title} (${name})`, async () => {
        const runs = major >= (given.since ?? 0) && !(given.serversOnly === true && database.pglite !== undefined)
        if (runs) await runCase(database, { ...defaults, ...given })
      })
    }
    test(`close (${name})`, () => database.close())
  })

const runCase = async (
  database: TestDatabase,
  { ddl = '', tables = ['t'], options = {}, given = '', late = false, when, then, others = {}, unlike = false }: Case,
): Promise<void> => {
  await startAfresh(database)
  await database.script(ddl)
  if (late) await database.script(given)
  const recorded = []
  for (const table of tables) recorded.push(await recordTable(database, table, { options }))
  if (!late) await database.script(given)
  const [first] = recorded
  if (first === undefined) throw new RangeError('no table')
  const before = await lastTransaction(database, first)
  for (const script of typeof when === 'string' ? [when] : when) await database.script(script)
  assert.equal(await readVersions(database, first, before), then, first.base.name)
  for (const table of recorded.slice(1)) {
    const expected = others[table.base.name]
    if (expected !== undefined) assert.equal(await readVersions(database, table, before), expected, table.base.name)
  }
  for (const table of unlike ? [] : recorded) {
    if (late) await backfillTable(database, table)
    assert.equal(await findViolations(database, table), [], `chains of ${table.base.name}`)
  }
}
