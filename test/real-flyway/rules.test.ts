import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseMigrationName } from '../../src/flyway/name.ts'
import { compareVersions, displayVersion, parseVersion } from '../../src/flyway/version.ts'
import { nextVersions } from '../../src/flyway/next-version.ts'
import { readFolder } from '../../src/flyway/read-folder.ts'
import { readHistory } from '../../src/flyway/history.ts'
import { eachServer, majors, type TestDatabase } from '../support/databases.ts'
import { matchFixture } from '../support/fixture.ts'
import { startFlyway, type Flyway, type FlywayAnswer, type FlywayCommand } from '../support/flyway.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { readNextVersionCases } from '../flyway/next-version-cases.ts'
import { ourOutcome, readProject } from '../flyway/oracle/our-outcome.ts'
import { formatOutcome, type Outcome } from '../flyway/oracle/recorded.ts'
import { applyToFolder, parseSettings, readScenarios, settingsIn, type Scenario } from '../flyway/oracle/scenario.ts'

const config = {
  versionedPrefix: 'V',
  undoPrefix: 'U',
  baselinePrefix: 'B',
  repeatablePrefix: 'R',
  separator: '__',
  suffixes: ['.sql'],
}

/** A dozen shapes; the others differ from these only in how they are found. */
const chosen =
  /^(two in the minute|carry from|nothing padded|six-part dates|four-part dates that|three digits.*day$|days with two|a longer date|stamps$|day and time with|whole numbers with|zeros run|major and minor with|Redgate|one stamp)/

/** The real Flyway says what the recordings say (`UPDATE=1` records anew), and so do we. */
const test = suite<{ flyway: Flyway; database: TestDatabase & { readonly url: string } }>('the real Flyway')

const flyway = await startFlyway()
if (flyway !== undefined) {
  eachServer((_, open, major) => {
    if (major !== majors.at(-1)) return
    test.before(async (context) => {
      context.flyway = flyway
      context.database = await open()
    })
  })
  test.after(async ({ database }) => {
    await flyway.stop()
    await database.close()
  })
  test('names are read alike', async ({ flyway }) => {
    const pieces = fc.constantFrom(
      'V',
      'R',
      'B',
      '1',
      '02',
      '.',
      '_',
      '__',
      '-',
      '+',
      ' ',
      'a',
      'é',
      'afterMigrate',
      'Error',
      'sql',
      '\\',
    )
    const names = fc.sample(
      fc.tuple(
        fc.constantFrom('V', 'V1', 'V1_2', 'V1__', 'V1.2__', 'R', 'R__', 'beforeMigrate', 'beforeMigrate__', ''),
        fc.array(pieces, { maxLength: 6 }),
      ),
      { numRuns: 3000, seed: 1 },
    )
    const fileNames = [...new Set(names.map(([start, rest]) => `${start}${rest.join('')}.sql`))]
    const answer = await flyway.ask('parse', Object.fromEntries(fileNames.map((name, index) => [`n${index}`, name])))
    const valid = answer.filter(([, isValid]) => isValid === 'true')
    assert.ok(valid.length > 300 && answer.length - valid.length > 300, `${valid.length} of ${answer.length} valid`)
    for (const [fileName = '', isValid, version, description] of answer) {
      const ours = parseMigrationName(fileName, config)
      if (fileName.startsWith('B') || fileName === 'R.sql') continue
      assert.is(String(ours?.valid), isValid, fileName)
      if (!ours?.valid) continue
      assert.is(ours.version ? displayVersion(ours.version) : '', version, fileName)
      assert.is(ours.description, description, fileName)
    }
  })

  test('versions are compared alike', async ({ flyway }) => {
    const part = fc.constantFrom('0', '1', '9', '09', '10', '00', '2024', '+1', '20240424221200')
    const version = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.').replaceAll('.+', '.'))
    const pairs = fc.sample(fc.tuple(version, version), { numRuns: 2000, seed: 1 }).map((pair) => pair.join(' '))
    const answer = await flyway.ask('compare', Object.fromEntries(pairs.map((pair, index) => [`p${index}`, pair])))
    assert.is(answer.length, pairs.length)
    for (const [a = '', b = '', order] of answer) {
      const [left, right] = [parseVersion(a), parseVersion(b)]
      assert.is(left && right && String(compareVersions(left, right)), order, `${a} and ${b}`)
    }
  })

  test('checksums are calculated alike', ({ flyway, database }) =>
    withTemporaryFolder(async (root) => {
      await reset(database)
      const pieces = fc.constantFrom(
        '\n',
        '\r',
        '\r\n',
        ' ',
        '\t',
        'x',
        'é',
        '鉱山',
        '😀',
        '\uFEFF',
        '\u2028',
        '\u0085',
        '\v',
        '\f',
        "'",
      )
      const texts = fc.sample(fc.array(pieces, { maxLength: 12 }), { numRuns: 150, seed: 1 })
      await mkdir(join(root, 'sql'))
      for (const [index, text] of texts.entries()) await writeFile(join(root, `sql/V${index}__x.sql`), text.join(''))
      const answer = await flyway.ask('info', { url: database.url, locations: `filesystem:${root}/sql` })
      const { migrations } = await readFolder(await readProject(root, {}))
      assert.is(migrations.length, texts.length)
      assert.equal(
        migrations.map(({ checksum }) => String(checksum)),
        answer.slice(1).map((row) => row[4]),
      )
    }))

  for (const locations of [
    'a,a/b',
    'a/*/sql',
    'a/**/sql',
    'a/?/sql',
    'a/*',
    'a/**',
    'a/*sql',
    '?/b',
    'a/b/**/sql',
    'a/**/V*',
    'a/*/sql/V*.sql',
    'a/x.sql',
    'a/*.sql',
  ]) {
    test(`finds the same files in ${locations}`, ({ flyway, database }) =>
      withTemporaryFolder(async (root) => {
        await reset(database)
        const folders = [
          'a',
          'a/b',
          'a/b/sql',
          'a/b/sql/deep',
          'a/b/c/sql',
          'a/sql',
          'a/xsql',
          'a/x.sql',
          'a/.hidden/sql',
        ]
        for (const [index, folder] of folders.entries())
          await applyToFolder({ verb: 'add', rest: `${folder}/V${index}__x.sql` }, root)
        const all = locations.split(',').map((location) => `filesystem:${root}/${location}`)
        const answer = await flyway.ask('info', { url: database.url, locations: all.join(',') })
        const read = await readFolder(await readProject(root, { locations: all.join(',') }))
        assert.equal(
          read.migrations.map(({ script }) => script),
          answer.slice(1).map((row) => row[5]),
        )
      }))
  }

  for (const { title, now, have, next } of await readNextVersionCases()) {
    if (have.length === 0 || !chosen.test(title)) continue
    test(`takes the next versions: ${title}`, ({ flyway, database }) =>
      withTemporaryFolder(async (root) => {
        await reset(database)
        const add = (version: string): Promise<boolean> =>
          applyToFolder({ verb: 'add', rest: `V${version}__x.sql` }, join(root, 'sql'))
        const migrate = (): Promise<FlywayAnswer> =>
          flyway.ask('migrate', { url: database.url, locations: `filesystem:${root}/sql` })
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
    if (!scenario.name.includes(process.env['CASE'] ?? '')) continue
    test(scenario.name, ({ flyway, database }) =>
      withTemporaryFolder(async (root) => {
        await reset(database)
        const settings = settingsIn(root, scenario.settings)
        const real = await play({ ...scenario, settings }, root, flyway, database)
        await matchFixture(formatOutcome(real), scenario.recorded)
        const config = await readProject(root, settings)
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
  flyway: Flyway,
  database: TestDatabase & { readonly url: string },
): Promise<Outcome> => {
  const folder = join(root, 'sql')
  const ask = (command: FlywayCommand, more: Readonly<Record<string, string>> = {}): Promise<FlywayAnswer> =>
    flyway.ask(command, { url: database.url, locations: `filesystem:${folder}`, ...settings, ...more })
  for (const step of steps) {
    if (await applyToFolder(step, folder)) continue
    if (step.verb === 'sql') {
      await database.script(step.rest)
      continue
    }
    if (step.verb === 'fail') {
      assert.is((await ask('migrate'))[0]?.[0], 'error')
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

const listRows = (answer: FlywayAnswer): FlywayAnswer =>
  answer[0]?.[0] === 'ok' ? answer.slice(1) : [['error', answer[0]?.[1] ?? '']]

test.run()
