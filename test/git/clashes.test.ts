import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSettings } from '../../src/config/load-settings.ts'
import type { Settings } from '../../src/config/types.ts'
import { VersiongenError } from '../../src/errors.ts'
import { readBranch } from '../../src/read-branch.ts'
import { renumber } from '../../src/renumber.ts'
import { runChild } from '../cli/child.ts'
import { runSuccessfully } from '../support/run-command.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { makeBranches, type Branches } from './branches.ts'

const settingsFor = (root: string): Promise<Settings> =>
  loadSettings({ cwd: root, env: process.env, home: undefined, flags: { shadow: true } })

const now = new Date('2026-03-01T12:00:00Z')

const clashesOf = async ({ root }: Branches, base = 'main'): Promise<readonly string[]> =>
  (await readBranch(await settingsFor(root), base))
    .findDrift(null, null)
    .map(({ code, object, fix }) => `${code} ${object} ${fix ?? '-'}`)

const move = async (
  { root }: Branches,
  files: readonly string[] = [],
  base: string | undefined = 'main',
  dryRun = false,
) => {
  const paths = files.map((file) => join(root, 'sql', file))
  const { moves } = await renumber(await settingsFor(root), { files: paths, base, dryRun, now })
  const short = (path: string): string => path.slice(join(root, 'sql').length + 1)
  return moves.map(({ from, to }) => `${short(from)} > ${short(to)}`)
}

const throws = async (work: () => Promise<unknown>): Promise<VersiongenError> => {
  const error = await work().then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.instance(error, VersiongenError)
  return error as VersiongenError
}

const fix = 'versiongen renumber --base main'

/** What the branches hold; what check says; what renumber does. */
const cases: readonly {
  readonly title: string
  readonly shared: readonly string[]
  readonly main: readonly string[]
  readonly feature: readonly string[]
  readonly clashes: readonly string[]
  readonly moves: readonly string[]
}[] = [
  {
    title: 'the same next number on both',
    shared: ['V1__a.sql'],
    main: ['V2__theirs.sql'],
    feature: ['V2__ours.sql'],
    clashes: [`migration-duplicate V2__ours.sql ${fix}`],
    moves: ['V2__ours.sql > V3__ours.sql'],
  },
  {
    title: 'several, whose order stays',
    shared: ['V1__a.sql'],
    main: ['V2__theirs.sql', 'V4__theirs.sql'],
    feature: ['V2__ours.sql', 'V3__ours.sql', 'V10__ours.sql'],
    clashes: [`migration-duplicate V2__ours.sql ${fix}`, `migration-order V3__ours.sql ${fix}`],
    moves: ['V2__ours.sql > V5__ours.sql', 'V3__ours.sql > V6__ours.sql'],
  },
  {
    title: 'what comes after the clash makes room',
    shared: ['V1__a.sql'],
    main: ['V2__theirs.sql'],
    feature: ['V2__ours.sql', 'V3__ours.sql', 'V4__ours.sql'],
    clashes: [`migration-duplicate V2__ours.sql ${fix}`],
    moves: ['V2__ours.sql > V3__ours.sql', 'V3__ours.sql > V4__ours.sql', 'V4__ours.sql > V5__ours.sql'],
  },
  {
    title: 'an equal version in another spelling and folder',
    shared: ['V1.1__a.sql'],
    main: ['old/V1.2.0__theirs.sql'],
    feature: ['V01_2__ours.sql'],
    clashes: [`migration-duplicate V01_2__ours.sql ${fix}`],
    moves: ['V01_2__ours.sql > V1.2.1__ours.sql'],
  },
  {
    title: 'dates: an older one than what was merged meanwhile',
    shared: ['V2024.1.05.9.00__a.sql', 'V2024.1.15.9.30__b.sql'],
    main: ['V2026.04.2.10.00__theirs.sql'],
    feature: ['V2026.03.30.8.05__ours.sql'],
    clashes: [`migration-order V2026.03.30.8.05__ours.sql ${fix}`],
    moves: ['V2026.03.30.8.05__ours.sql > V2026.04.2.10.01__ours.sql'],
  },
  {
    title: 'the configuration and the undo migration of a file go along',
    shared: ['V1__a.sql'],
    main: ['V2__theirs.sql'],
    feature: ['V2__ours.sql', 'V2__ours.sql.conf', 'U2__ours.sql'],
    clashes: ['migration-name sql/U2__ours.sql -', `migration-duplicate V2__ours.sql ${fix}`],
    moves: ['V2__ours.sql > V3__ours.sql', 'V2__ours.sql.conf > V3__ours.sql.conf', 'U2__ours.sql > U3__ours.sql'],
  },
  {
    title: 'hostile names',
    shared: ["V1__it's.sql"],
    main: ['V2__$(touch x) `y` "z".sql'],
    feature: ["V2__é $$ it's \n ${x}.sql", 'V3__--force.sql'],
    clashes: [`migration-duplicate V2__é $$ it's \n \${x}.sql ${fix}`],
    moves: ["V2__é $$ it's \n ${x}.sql > V3__é $$ it's \n ${x}.sql", 'V3__--force.sql > V4__--force.sql'],
  },
  {
    title: 'repeatable migrations of one description are for a person',
    shared: ['V1__a.sql'],
    main: ['views/R__mine_view.sql'],
    feature: ['R__mine_view.sql'],
    clashes: ['migration-duplicate R__mine_view.sql -'],
    moves: [],
  },
  {
    title: 'no clash: above, or the same file on both',
    shared: ['V1__a.sql'],
    main: ['V2__both.sql', 'V3__theirs.sql', '.hidden/V9__x.sql', 'notes.txt'],
    feature: ['V2__both.sql', 'V4__ours.sql'],
    clashes: [],
    moves: [],
  },
]

for (const { title, shared, main, feature, clashes, moves } of cases) {
  test(title, () =>
    withTemporaryFolder(async (root) => {
      const branches = await makeBranches(root, { shared, main, feature })
      assert.equal(await clashesOf(branches), clashes)
      const before = await branches.list()
      assert.equal(await move(branches, [], 'main', true), moves)
      assert.equal(await branches.list(), before, 'a dry run moves nothing')
      assert.equal(await move(branches), moves)
      assert.equal(await move(branches), [], 'a second run has nothing to do')
      assert.equal(
        (await clashesOf(branches)).filter((line) => line.endsWith(fix)),
        [],
      )
      await branches.commit()
      await branches.git('merge', '--quiet', '--message', 'x', 'main')
      assert.equal(
        (await clashesOf(branches)).filter((line) => line.endsWith(fix)),
        [],
        'nor once both are merged',
      )
    }),
  )
}

test('files that are not committed count, and so does what a merge has brought in', () =>
  withTemporaryFolder(async (root) => {
    const branches = await makeBranches(root, { shared: ['V1__a.sql'], main: ['V2__theirs.sql'], feature: [] })
    await branches.add('V2__ours.sql')
    assert.equal(await clashesOf(branches), [`migration-duplicate V2__ours.sql ${fix}`])
    await branches.git('merge', '--quiet', '--message', 'x', 'main')
    assert.equal(await clashesOf(branches), [`migration-duplicate V2__ours.sql ${fix}`], 'once, with its repair')
    assert.equal(await move(branches), ['V2__ours.sql > V3__ours.sql'])
  }))

test('a file that was moved or deleted on the branch is no clash', () =>
  withTemporaryFolder(async (root) => {
    const branches = await makeBranches(root, { shared: ['V1__a.sql', 'V2__b.sql'], main: [], feature: [] })
    await rm(join(root, 'sql/V1__a.sql'))
    await branches.add('old/V1__a.sql')
    assert.equal(await clashesOf(branches), [])
    await rm(join(root, 'sql/V2__b.sql'))
    await branches.add('V2__another.sql')
    assert.equal(await clashesOf(branches), [])
  }))

test('with outOfOrder only equal versions clash', () =>
  withTemporaryFolder(async (root) => {
    const branches = await makeBranches(root, {
      shared: ['V1__a.sql'],
      main: ['V5__theirs.sql'],
      feature: ['V3__ours.sql', 'V5__ours.sql'],
    })
    await writeFile(join(root, 'flyway.toml'), '[flyway]\nlocations = ["filesystem:sql"]\noutOfOrder = true\n')
    assert.equal(await clashesOf(branches), [`migration-duplicate V5__ours.sql ${fix}`])
    assert.equal(await move(branches), ['V5__ours.sql > V6__ours.sql'])
  }))

test('named files move behind all others; what is on the base never does', () =>
  withTemporaryFolder(async (root) => {
    const branches = await makeBranches(root, {
      shared: ['V1__a.sql', 'V2__b.sql'],
      main: ['V4__theirs.sql'],
      feature: ['V3__ours.sql', 'V5__ours.java', 'R__x.sql'],
    })
    assert.equal(await move(branches, ['V3__ours.sql'], undefined), ['V3__ours.sql > V6__ours.sql'])
    assert.equal(await move(branches, ['V6__ours.sql'], undefined), [], 'it is')
    const refused = async (file: string, base?: string): Promise<string> => {
      const { code, message } = await throws(() => move(branches, [file], base))
      return `${code}: ${message}`
    }
    assert.is(await refused('V2__b.sql', 'main'), 'renumber-refused: is not new on this branch')
    assert.is(await refused('V9__none.sql'), 'renumber-refused: does not exist')
    assert.is(await refused('R__x.sql'), 'renumber-refused: is no versioned migration of this project')
    assert.match(await refused('V5__ours.java'), 'is a Java migration')
    const before = await branches.list()
    await branches.add('V7__ours.sql', 'V8__b.sql')
    await throws(() => move(branches, ['V2__b.sql', 'V5__ours.java'], undefined))
    assert.equal(await branches.list(), [...before, 'V7__ours.sql', 'V8__b.sql'].sort(), 'all or nothing')
  }))

test('a base that cannot be read is one clear line', () =>
  withTemporaryFolder(async (root) => {
    const branches = await makeBranches(root, { shared: ['V1__a.sql'], main: [], feature: ['V2__b.sql'] })
    const said = async (base: string, cwd = root): Promise<string> => {
      const { code, message, hint } = await throws(async () => readBranch(await settingsFor(cwd), base))
      assert.is(message.split('\n').length, 1)
      return `${code}: ${message}; ${hint ?? ''}`
    }
    assert.is(await said('origin/mian'), 'git-revision: git knows no commit "origin/mian"; git fetch origin mian')
    for (const base of ['--all', 'no such', 'main..feature', '']) assert.match(await said(base), /^git-revision: /)
    await branches.git('checkout', '--quiet', '--orphan', 'alone')
    await branches.commit()
    assert.match(await said('main'), /^git-history: this branch and main have no commit in common/)
    await withTemporaryFolder(async (elsewhere) => {
      await runSuccessfully(
        'git',
        ['clone', '--quiet', '--depth', '1', '--branch', 'feature', `file://${root}`, 'clone'],
        {
          cwd: elsewhere,
        },
      )
      const clone = join(elsewhere, 'clone')
      await runSuccessfully('git', ['fetch', '--quiet', '--depth', '1', 'origin', 'main'], { cwd: clone })
      assert.match(await said('FETCH_HEAD', clone), /^git-history: .*this clone is shallow: git fetch --unshallow/)
    })
    await rm(join(root, '.git'), { recursive: true })
    assert.match(await said('main'), /^git-repository: is not in a git repository/)
  }))

test('from the command line', () =>
  withTemporaryFolder(async (root) => {
    const branches = await makeBranches(root, {
      shared: ['V1__a.sql'],
      main: ['V2__theirs.sql'],
      feature: ['V2__ours.sql', 'V3__--odd $x.sql'],
    })
    const run = async (...args: readonly string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await runChild(args, { cwd: root })
      return `${exitCode}\n${stdout}${stderr}`
    }
    assert.match(await run('renumber'), /^2\nerror\[usage\] say which: migration files, or --base REV .*\n {2}hint: /)
    assert.match(await run('renumber', '--base', 'nowhere'), /^2\nerror\[git-revision\] [^\n]+\n {2}hint: [^\n]+\n$/)
    assert.match(
      await run('renumber', 'sql/V9__x.sql'),
      /^2\nerror\[renumber-refused\] sql\/V9__x\.sql: does not exist\n/,
    )
    assert.match(await run('renumber', '--bse', 'main'), /unknown option --bse\n {2}hint: did you mean --base\?/)
    await branches.git('merge', '--quiet', '--message', 'x', 'main')
    const checked = await run('check', '--base', 'main', '--json')
    assert.match(checked, /^1\n/)
    assert.match(checked, '"fix": "versiongen renumber --base main"')
    assert.is(
      await run('renumber', '--base', 'main', '--dry-run'),
      `0\n2 files would be moved; nothing was\n  sql/V2__ours.sql → V3__ours.sql\n  sql/V3__--odd $x.sql → V4__--odd $x.sql\n`,
    )
    assert.match(
      await run('renumber', '--json', 'sql/V2__ours.sql', 'sql/V3__--odd $x.sql'),
      '"to": "sql/V4__--odd $x.sql"',
    )
    assert.equal(await branches.list(), ['V1__a.sql', 'V2__theirs.sql', 'V3__ours.sql', 'V4__--odd $x.sql'])
    assert.is(await run('renumber', '--base', 'main'), '0\nevery migration is in its place; nothing was moved\n')
  }))

test.run()
