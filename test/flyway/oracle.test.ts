import { join } from 'node:path'
import process from 'node:process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { displayVersion } from '../../src/flyway/version.ts'
import { nextVersions } from '../../src/flyway/next-version.ts'
import { readFolder } from '../../src/flyway/read-folder.ts'
import { readHistory } from '../../src/flyway/history.ts'
import { eachServer, majors, type TestDatabase } from '../support/databases.ts'
import { matchFixture } from '../support/fixture.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { readNextVersionCases } from './next-version-cases.ts'
import { startOracle, type FlywayCommand, type Oracle } from './oracle/oracle.ts'
import { ourOutcome, readProject } from './oracle/our-outcome.ts'
import { formatOutcome, type Outcome } from './oracle/recorded.ts'
import { applyToFolder, parseSettings, readScenarios, type Scenario } from './oracle/scenario.ts'

/** A dozen shapes; the others differ from these only in how they are found. */
const chosen =
  /^(two in the minute|carry from|nothing padded|six-part dates|four-part dates that|three digits.*day$|days with two|a longer date|stamps$|day and time with|whole numbers with|zeros run|major and minor with|Redgate|one stamp)/

/** The real Flyway says what the recordings say (`UPDATE=1` records anew), and so do we. */
const test = suite<{ oracle: Oracle; database: TestDatabase & { readonly url: string } }>('the real Flyway')

const oracle = await startOracle()
if (typeof oracle === 'string') {
  const message = `SKIPPED: ${oracle}, so nothing here was compared with the real Flyway`
  if (process.env['CI'] === 'true') throw new Error(message)
  console.error(`\n${'!'.repeat(message.length)}\n${message}\n${'!'.repeat(message.length)}\n`)
} else {
  eachServer((_, open, major) => {
    if (major !== majors.at(-1)) return
    test.before(async (context) => {
      context.oracle = oracle
      context.database = await open()
    })
  })
  test.after(async ({ database }) => {
    await oracle.stop()
    await database.close()
  })
  for (const { title, now, have, next } of await readNextVersionCases()) {
    if (have.length === 0 || !chosen.test(title)) continue
    test(`takes the next versions: ${title}`, ({ oracle, database }) =>
      withTemporaryFolder(async (root) => {
        await reset(database)
        const add = (version: string): Promise<boolean> =>
          applyToFolder({ verb: 'add', rest: `V${version}__x.sql` }, join(root, 'sql'))
        const migrate = (): Promise<Answer> =>
          oracle.ask('migrate', { url: database.url, locations: `filesystem:${root}/sql` })
        await Promise.all(have.map(add))
        assert.equal(await migrate(), [['ok', String(have.length)]])
        const config = await readProject(root, {})
        const versions = nextVersions(await readFolder(config), await readHistory(database, config), {
          now,
          count: next.length,
        })
        await Promise.all(versions.map(({ text }) => add(text)))
        assert.equal(await migrate(), [['ok', String(next.length)]])
        const history = (await readHistory(database, config)) ?? []
        const applied = history
          .slice(have.length)
          .map(({ version, success }) => [version && displayVersion(version), success])
        assert.equal(
          applied,
          next.map((text) => [text.replaceAll('_', '.'), true]),
        )
      }))
  }
  for (const scenario of await readScenarios()) {
    test(scenario.name, ({ oracle, database }) =>
      withTemporaryFolder(async (root) => {
        await reset(database)
        const real = await play(scenario, root, oracle, database)
        await matchFixture(formatOutcome(real), scenario.recorded)
        const config = await readProject(root, scenario.settings)
        const ours = await ourOutcome(config, (await readHistory(database, config)) ?? [])
        assert.fixture(formatOutcome(ours), formatOutcome(real))
      }),
    )
  }
}

const reset = (database: TestDatabase): Promise<void> =>
  database.script('drop schema if exists app cascade; drop schema if exists public cascade; create schema public')

const play = async (
  { steps, settings }: Scenario,
  root: string,
  oracle: Oracle,
  database: TestDatabase & { readonly url: string },
): Promise<Outcome> => {
  const folder = join(root, 'sql')
  const ask = (command: FlywayCommand, more: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    oracle.ask(command, { url: database.url, locations: `filesystem:${folder}`, ...settings, ...more })
  for (const step of steps) {
    if (await applyToFolder(step, folder)) continue
    if (step.verb === 'sql') {
      await database.script(step.rest)
      continue
    }
    const answer = await ask(step.verb as FlywayCommand, parseSettings(step.rest.split(' ')))
    assert.is(answer[0]?.[0], 'ok', answer[0]?.join(': '))
  }
  const info = await ask('info')
  const validate = await ask('validate')
  const config = await readProject(root, settings)
  return {
    history: (await readHistory(database, config)) ?? [],
    info: listRows(info).map((row) => row.slice(0, 5)),
    validate: listRows(validate),
  }
}

type Answer = readonly (readonly string[])[]

const listRows = (answer: Answer): Answer =>
  answer[0]?.[0] === 'ok' ? answer.slice(1) : [['error', answer[0]?.[1] ?? '']]

test.run()
