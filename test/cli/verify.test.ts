import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { VerifyEvent } from '../../src/results.ts'
import { apply, describeModel, look } from '../evolution/evolve.ts'
import { eachServer } from '../support/databases.ts'
import { matchFixture } from '../support/fixture.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { runInProcess } from './context.ts'

const table = (name: string) => ({
  table: `public.${name}`,
  model: { name: 'Mine', file: '/project/src/models/mine.ts', line: 3 },
  versionTable: `public.${name}_version`,
})

const events: readonly VerifyEvent[] = [
  {
    kind: 'violation',
    table: table('mine'),
    violation: {
      key: { 'a "b"': 'x\u001b[31m\n', n: '9007199254740993' },
      transactionId: '9007199254740995',
      problem: 'gap',
      message: 'ends before the next version begins',
    },
  },
  {
    kind: 'violation',
    table: table('mine'),
    violation: { key: { n: '2' }, transactionId: null, problem: 'version-missing', message: 'the row has no version' },
  },
  { kind: 'verified', table: table('mine'), violations: 2 },
  { kind: 'verified', table: table('permit'), violations: 0 },
  { kind: 'unverified', table: table('condition'), reason: 'public.condition has no version table' },
]

/** What a test makes up for the database. */
const projectOf = (found: readonly VerifyEvent[]) => ({
  verify: async function* () {
    yield* found
  },
})

const sound = [events[3]].filter((event) => event !== undefined)

test('verify: text, JSON and exit codes', () =>
  withTemporaryFolder(async (cwd) => {
    const broken = { cwd, project: projectOf(events) }
    const text = await runInProcess(['verify'], broken)
    assert.is(text.exitCode, 1)
    await matchFixture(text.stdout, 'cli/reporters/verify.txt')
    assert.equal(await runInProcess(['verify', '--quiet'], broken), text)

    const json = await runInProcess(['verify', '--json'], { ...broken, cwd })
    assert.is(json.exitCode, 1)
    const document = JSON.parse(json.stdout) as {
      ok: boolean
      tables: { violations: object[]; reason: string | null }[]
    }
    assert.is(document.ok, false)
    assert.equal(
      document.tables.map(({ violations, reason }) => [violations.length, reason]),
      [
        [2, null],
        [0, null],
        [0, 'public.condition has no version table'],
      ],
    )
    assert.equal(
      document.tables[0]?.violations,
      events.flatMap((event) => (event.kind === 'violation' ? [event.violation] : [])),
    )

    const clean = { cwd, project: projectOf(sound) }
    const expected = { exitCode: 0, stdout: '1 table verified, no violations\n', stderr: '' }
    assert.equal(await runInProcess(['verify', '--table', 'permit'], clean), expected)
    assert.is((await runInProcess(['verify', '--quiet'], clean)).stdout, '')
    assert.is((JSON.parse((await runInProcess(['verify', '--json'], clean)).stdout) as { ok: boolean }).ok, true)
    const nothing = await runInProcess(['verify', '--json'], { cwd, project: projectOf([]) })
    assert.equal(JSON.parse(nothing.stdout), { tables: [], ok: true })
  }))

test('verify wants a database', () =>
  withTemporaryFolder(async (cwd) => {
    const { verify } = await import('../../src/project.ts')
    const ran = await runInProcess(['verify'], { cwd, project: { verify } })
    assert.is(ran.exitCode, 2)
    assert.is(
      ran.stderr,
      'error[usage] verify reads the histories of a database, and none is named\n  hint: add --url URL or set DATABASE_URL\n',
    )
  }))

eachServer((name, open) => {
  test(`verify reads the histories of models (${name})`, () =>
    withTemporaryFolder(async (cwd) => {
      const database = await open()
      try {
        await database.script(`create table mine (mine_no int8 primary key, mine_name text);
          create table permit (permit_no int primary key); create table late (id int primary key);
          insert into mine values (9007199254740993, 'Brucejack'), (2, 'Elkview')`)
        for (const each of ['mine', 'permit']) {
          await apply(database, (await look(database, describeModel(each, {}))).migrations)
        }
        await mkdir(join(cwd, 'sql'))
        const models = ['mine', 'permit', 'late'].map(
          (each) => `export class ${each} { static __versioned__ = {}; static tableName = '${each}' }\n`,
        )
        await writeFile(join(cwd, 'models.ts'), models.join(''))
        const { verify } = await import('../../src/project.ts')
        const run = (...args: readonly string[]) =>
          runInProcess(['verify', '--url', database.url, '--models', 'models.ts', '--migrations', 'sql', ...args], {
            cwd,
            project: { verify },
          })
        await database.script(`update mine set mine_name = 'x'`)
        const clean = await run('--table', 'mine', '--table', 'permit')
        assert.equal(clean, { exitCode: 0, stdout: '2 tables verified, no violations\n', stderr: '' })

        await database.script(`update mine_version set end_transaction_id = null`)
        assert.equal(await run(), {
          exitCode: 1,
          stdout:
            'public.mine\n' +
            '  open-not-last  mine_no "2" in transaction 1 is still open although a later version follows\n' +
            '  open-not-last  mine_no "9007199254740993" in transaction 1 is still open although a later version follows\n' +
            'public.late\n  not verified  public.late has no version table: versiongen check\n' +
            '2 violations, 1 table not verified, of 3 tables\n',
          stderr: '',
        })

        // What its history cannot hold keeps one table from being verified, and no other.
        await database.script(`alter table permit add rate numeric; alter table permit_version add rate float8;
          insert into permit values (1, 1e400)`)
        const unfit = await run()
        assert.is(unfit.exitCode, 1)
        assert.match(
          unfit.stdout,
          /^public.permit\n {2}not verified {2}a live value does not fit its history \(.*out of range.*\): versiongen check$/m,
        )
        assert.match(unfit.stdout, /^2 violations, 2 tables not verified, of 3 tables$/m)
        await database.script(`delete from permit; alter table permit drop rate;
          alter table permit_version drop rate`)

        await writeFile(
          join(cwd, 'models.ts'),
          `export class Permit { static __versioned__ = { exclude: ['permit_no'] }; static tableName = 'permit' }\n`,
        )
        assert.match(
          (await run('--table', 'permit')).stdout,
          /not verified {2}permit_no is part of the key of public\.permit and cannot be excluded/,
        )
        await writeFile(join(cwd, 'models.ts'), models.join(''))

        const unknown = await run('--table', 'mien')
        assert.is(unknown.exitCode, 2)
        assert.match(unknown.stderr, /mien/)

        // Who does not see all rows cannot say that some are missing.
        await database.script(`create role verify_reader; grant select on all tables in schema public to verify_reader;
          alter table permit enable row level security; alter table permit_version disable row level security`)
        const hidden = await run('--table', 'permit', '--url', `${database.url}?options=-c%20role%3Dverify_reader`)
        assert.is(hidden.exitCode, 2)
        assert.match(hidden.stderr, /row-level security/)
      } finally {
        await database.script(
          `do $$ begin if to_regrole('verify_reader') is not null then drop owned by verify_reader; drop role verify_reader; end if; end $$`,
        )
        await database.close()
      }
    }))
})

test.run()
