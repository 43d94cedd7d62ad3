import * as assert from 'uvu/assert'
import type { Database } from '../../src/database/types.ts'
import { readHistory } from '../../src/flyway/history.ts'
import { ourOutcome, readProject } from '../flyway/oracle/our-outcome.ts'
import { formatOutcome } from '../flyway/oracle/recorded.ts'
import type { Flyway, FlywayAnswer } from '../support/flyway.ts'

/** A project folder, whose migrations are in `sql`, and its Flyway settings without `flyway.`. */
export interface FlywayProject {
  readonly root: string
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * Runs a folder with the real Flyway, has it validated, and sets the table of `flyway info` against ours.
 *
 * @param executed how many migrations have to be run; undefined: Flyway is expected to fail
 * @returns Flyway's answer to `migrate`
 */
export const migrateAndCompare = async (
  flyway: Flyway,
  database: Database & { readonly url: string },
  { root, settings = {} }: FlywayProject,
  executed: number | undefined,
): Promise<FlywayAnswer> => {
  const options = { url: database.url, locations: `filesystem:${root}/sql`, ...settings }
  const migrated = await flyway.ask('migrate', options)
  if (executed !== undefined) assert.equal(migrated, [['ok', String(executed)]])
  const config = await readProject(root, settings)
  const history = (await readHistory(database, config)) ?? []
  const real = {
    history,
    info: listRows(await flyway.ask('info', options)).map((row) => row.slice(0, 5)),
    validate: listRows(await flyway.ask('validate', options)),
  }
  if (executed !== undefined) assert.equal(real.validate, [], 'flyway validate')
  assert.fixture(formatOutcome(await ourOutcome(config, history)), formatOutcome(real), 'the table of flyway info')
  return migrated
}

export const listRows = (answer: FlywayAnswer): FlywayAnswer =>
  answer[0]?.[0] === 'ok' ? answer.slice(1) : [['error', answer[0]?.[1] ?? '']]
