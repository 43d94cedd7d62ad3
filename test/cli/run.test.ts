import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VersiongenError } from '../../src/errors.ts'
import { VERSION } from '../../src/version.ts'
import type { Settings } from '../../src/config/types.ts'
import type { GenerateResult, Selection } from '../../src/results.ts'
import { matchFixture } from '../support/fixture.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { runInProcess } from './context.ts'
import { drift, generated, inSync, rows } from './results.ts'

for (const command of ['generate', 'check', 'status', 'renumber', 'verify', 'init']) {
  test(`${command} --help`, async () => {
    const ran = await runInProcess([command, '--help'])
    assert.is(ran.exitCode, 0)
    assert.is(ran.stderr, '')
    await matchFixture(ran.stdout, `cli/help/${command}.txt`)
    assert.equal(await runInProcess(['help', command]), ran)
  })
}

test('--help', async () => {
  const ran = await runInProcess(['--help'])
  assert.is(ran.exitCode, 0)
  await matchFixture(ran.stdout, 'cli/help/versiongen.txt')
  assert.equal(await runInProcess(['help']), ran)
  assert.equal(await runInProcess(['--table', 'mine', '--help']), ran)
  for (const line of ran.stdout.split('\n')) assert.ok(line.length <= 100, line)
})

test('--help on a narrow terminal', async () => {
  const stdout = { text: '', write: (text: string) => void (stdout.text += text), isTerminal: true, columns: 60 }
  await runInProcess(['check', '--help'], { stdout })
  for (const line of stdout.text.split('\n')) assert.ok(line.length <= 60, line)
})

test('--version', async () => {
  assert.equal(await runInProcess(['--version']), { exitCode: 0, stdout: `${VERSION}\n`, stderr: '' })
  assert.equal(await runInProcess(['check', '--version']), { exitCode: 0, stdout: `${VERSION}\n`, stderr: '' })
})

const misuses: readonly [args: string[], message: string, hint: string][] = [
  [[], 'say for which table: --table NAME, or --all for every model', 'versiongen --help'],
  [['generate'], 'say for which table: --table NAME, or --all for every model', 'versiongen --help'],
  [['--tabel', 'mine'], 'unknown option --tabel', 'did you mean --table?'],
  [['--tabel=mine'], 'unknown option --tabel', 'did you mean --table?'],
  [['check', '--formt', 'json'], 'unknown option --formt', 'did you mean --format?'],
  [['--format', 'json', '--all'], 'unknown option --format', '--format belongs to versiongen check'],
  [['--dryRun'], 'unknown option --dryRun', 'did you mean --dry-run?'],
  [['--colour'], 'unknown option --colour', 'versiongen --help lists what there is'],
  [['-x'], 'unknown option -x', 'versiongen --help lists what there is'],
  [['--no-all'], 'unknown option --no-all', 'versiongen --help lists what there is'],
  [['--__proto__', 'x'], 'unknown option --__proto__', 'versiongen --help lists what there is'],
  [['--constructor', 'x'], 'unknown option --constructor', 'versiongen --help lists what there is'],
  [['--url.toString', 'x'], 'unknown option --url.toString', 'versiongen --help lists what there is'],
  [['chekc'], 'unknown command chekc', 'did you mean versiongen check?'],
  [['mine'], 'unknown command mine', 'to name a table: versiongen --table mine'],
  [['check', 'mine'], 'unexpected argument mine', 'to name a table: --table mine'],
  [['--all', '--', 'mine'], 'unexpected argument mine', 'to name a table: --table mine'],
  [['--table'], '--table needs a value', 'versiongen --help'],
  [['--table', '--all'], '--table needs a value', 'versiongen --help'],
  [['--table', ''], '--table needs a value', 'versiongen --help'],
  [['--all', '--url', ''], '--url needs a value', 'versiongen --help'],
  [['--all', '--models'], '--models needs a value', 'versiongen --help'],
  [['--table', 'mine', '--all'], '--table and --all exclude each other', 'leave one of them out'],
  [
    ['--all', '--driver', 'pgg'],
    '--driver must be one of pg, postgres, pglite; not "pgg"',
    'did you mean --driver pg?',
  ],
  [
    ['check', '--format', 'xml'],
    '--format must be one of text, json, github, sarif, junit; not "xml"',
    'versiongen --help lists what there is',
  ],
  [
    ['check', '--json', '--format', 'sarif'],
    '--json and --format sarif exclude each other',
    'leave one out, or send the sarif report to a file with --output',
  ],
  [['check', '--offline', '--shadow'], '--offline and --shadow exclude each other', 'leave one of them out'],
  [['check', '--url', 'x', '--offline'], '--offline and --url exclude each other', 'leave one of them out'],
  [['check', '--url', 'x', '--against', 'y'], '--against and --url exclude each other', 'leave one of them out'],
  [['check', '--against', 'x', '--shadow'], '--against and --shadow exclude each other', 'leave one of them out'],
  [['--all', '--shadow', '--url', 'x'], '--shadow and --url exclude each other', 'leave one of them out'],
  [['status', '--url', 'x', '--shadow'], '--shadow and --url exclude each other', 'leave one of them out'],
  [
    ['verify', '--shadow'],
    'verify reads the histories of a database, and a shadow database has none',
    'leave --shadow out',
  ],
  [['check', '--against', 'x', '--base', 'main'], '--against and --base exclude each other', 'leave one of them out'],
]

for (const [args, message, hint] of misuses) {
  test(`versiongen ${args.join(' ')}: ${message}`, async () => {
    const { exitCode, stdout, stderr } = await runInProcess(args)
    assert.is(exitCode, 2)
    assert.is(stderr, `error[usage] ${message}\n  hint: ${hint}\n`)
    if (!args.includes('--json')) assert.is(stdout, '')
    const json = await runInProcess(args.includes('--json') ? args : ['--json', ...args])
    assert.is(json.exitCode, 2)
    assert.equal(Object.keys(JSON.parse(json.stdout) as object), ['ok', 'error'])
  })
}

test('generate: selection, flags and result', async () => {
  const calls: [Settings, Selection, unknown][] = []
  const project = {
    generate: async (settings: Settings, selection: Selection, options: object) => {
      calls.push([settings, selection, { ...options, progress: undefined, note: undefined }])
      return { ...generated, dryRun: true }
    },
  }
  await withTemporaryFolder(async (cwd) => {
    const url = 'postgres://me@localhost/mines'
    const args = [
      '--table',
      'mine',
      '--table',
      'app.Permit "x"',
      '--url',
      'postgres://other',
      '--url',
      url,
      '--dry-run',
    ]
    const ran = await runInProcess([...args, '--models', 'a/*.ts', 'b', '--force', '--table', 'mine'], { cwd, project })
    assert.is(ran.stderr, '')
    assert.is(ran.exitCode, 0)
    const [[settings, selection, options] = []] = calls
    assert.equal(selection, { tables: ['mine', 'app.Permit "x"'], all: false })
    assert.equal(settings?.models, ['a/*.ts', 'b'])
    assert.equal(settings?.target, { kind: 'server', url, namedBy: '--url' })
    assert.equal(options, {
      dryRun: true,
      force: true,
      catchUp: false,
      now: new Date(0),
      progress: undefined,
      note: undefined,
    })
    assert.is(settings?.backfill.mode, 'auto')
    const others = ['generate', '--all', '--url', url, '--backfill', 'batches', '--catch-up']
    await runInProcess(others, { cwd, project })
    assert.is(calls[1]?.[0].backfill.mode, 'batches')
    assert.is((calls[1]?.[2] as { catchUp?: boolean } | undefined)?.catchUp, true)
    assert.equal(calls[1]?.[1], { tables: [], all: true })
  })
})

test('generate prints what it wrote, or one JSON document, or nothing', async () => {
  const project = { generate: async () => ({ ...generated, findings: [] }) }
  await withTemporaryFolder(async (cwd) => {
    const text = await runInProcess(['--table', 'mine'], { cwd, project })
    assert.match(text.stdout, /^wrote 2 files for public\.mine\n/)
    const json = await runInProcess(['--table', 'mine', '--json'], { cwd, project })
    assert.is((JSON.parse(json.stdout) as { files: object[] }).files.length, 2)
    assert.is((await runInProcess(['--table', 'mine', '--quiet'], { cwd, project })).stdout, '')
  })
})

test('generate: what it cannot mend is drift, and nothing is up to date then', async () => {
  const left = {
    code: 'chain-broken',
    severity: 'error',
    object: 'public.mine_version',
    expected: null,
    actual: null,
    message: 'is broken',
    fix: null,
    where: null,
  } as const
  const waiting = { ...left, code: 'migration-pending', fix: 'flyway migrate' } as const
  const run = (findings: GenerateResult['findings'], ...args: readonly string[]) =>
    withTemporaryFolder(async (cwd) => {
      const project = { generate: async () => ({ ...generated, files: [], findings }) }
      return runInProcess(['--table', 'mine', ...args], { cwd, project })
    })
  const ran = await run([left])
  assert.is(ran.exitCode, 1)
  assert.match(ran.stdout, /\nnothing was written\n$/)
  assert.not.match(ran.stdout, 'up to date')
  const json = await run([left], '--json')
  assert.is(json.exitCode, 1)
  assert.is((JSON.parse(json.stdout) as { ok: boolean }).ok, false)
  const pending = await run([waiting])
  assert.is(pending.exitCode, 0)
  assert.not.match(pending.stdout, 'up to date')
  assert.is((await run([{ ...left, severity: 'warning' }])).exitCode, 0)
})

test('check: exit code, report, --output and --summary', async () => {
  await withTemporaryFolder(async (cwd) => {
    const drifting = { cwd, project: { check: async () => drift } }
    const clean = { cwd, project: { check: async () => inSync } }
    assert.is((await runInProcess(['check'], drifting)).exitCode, 1)
    assert.is((await runInProcess(['check', '--json'], drifting)).exitCode, 1)
    assert.is((await runInProcess(['check'], clean)).exitCode, 0)
    assert.is((await runInProcess(['check'], clean)).stdout, '3 tables in sync\n')
    assert.is((await runInProcess(['check', '--quiet'], clean)).stdout, '')

    const sarif = await runInProcess(['check', '--format', 'sarif', '--output', 'reports/a.sarif'], drifting)
    assert.is(sarif.exitCode, 1)
    assert.match(sarif.stdout, /3 errors, 2 warnings in 3 tables\n$/)
    assert.is((JSON.parse(readFileSync(join(cwd, 'reports/a.sarif'), 'utf8')) as { version: string }).version, '2.1.0')
    assert.equal(readdirSync(join(cwd, 'reports')), ['a.sarif'])

    const both = ['check', '--json', '--format', 'junit', '--output', 'b.xml', '--summary', 'c.md']
    writeFileSync(join(cwd, 'c.md'), 'before\n')
    const ran = await runInProcess(both, drifting)
    assert.is((JSON.parse(ran.stdout) as { ok: boolean }).ok, false)
    assert.match(readFileSync(join(cwd, 'b.xml'), 'utf8'), /^<\?xml/)
    assert.match(readFileSync(join(cwd, 'c.md'), 'utf8'), /^before\n### ❌ versiongen check: 3 errors/)

    const env = { GITHUB_STEP_SUMMARY: join(cwd, 'step.md') }
    await runInProcess(['check', '--quiet'], { ...drifting, env })
    await runInProcess(['check', '--quiet'], { ...clean, env })
    const page = readFileSync(join(cwd, 'step.md'), 'utf8')
    assert.match(page, /^### ❌ versiongen check: 3 errors[^]*\n\n### ✅ versiongen check: 3 tables in sync\n\n$/)
    await runInProcess(['check', '--quiet', '--summary', 'd.md'], { ...clean, env })
    assert.is(readFileSync(join(cwd, 'step.md'), 'utf8'), page, 'the file that is named comes first')

    writeFileSync(join(cwd, 'file'), '')
    const failed = await runInProcess(['check', '--output', 'file/x.json'], drifting)
    assert.is(failed.exitCode, 2)
    assert.match(failed.stderr, /^error\[file\] file: \w+: .*\n {2}hint: /)
    mkdirSync(join(cwd, 'folder'))
    const taken = await runInProcess(['check', '--output', 'folder'], drifting)
    assert.is(taken.exitCode, 2)
    assert.match(taken.stderr, /^error\[file\] folder: rename: it is a folder\n/)
  })
})

test('check takes every model when none is named', async () => {
  const selections: Selection[] = []
  const check = async (_settings: Settings, selection: Selection) => {
    selections.push(selection)
    return inSync
  }
  await withTemporaryFolder(async (cwd) => {
    await runInProcess(['check'], { cwd, project: { check } })
    await runInProcess(['check', '--table', 'mine'], { cwd, project: { check } })
  })
  assert.equal(selections, [
    { tables: [], all: true },
    { tables: ['mine'], all: false },
  ])
})

test('status exits 0 whatever it finds', async () => {
  await withTemporaryFolder(async (cwd) => {
    const project = { status: async () => rows }
    const text = await runInProcess(['status'], { cwd, project })
    assert.is(text.exitCode, 0)
    assert.match(text.stdout, /2 of 3 tables need attention/)
    const json = await runInProcess(['status', '--json'], { cwd, project })
    assert.is((JSON.parse(json.stdout) as { tables: object[] }).tables.length, 3)
  })
})

test('errors: one line with code, place and message, one with the hint; the stack on request', async () => {
  await withTemporaryFolder(async (cwd) => {
    const cause = new TypeError('the cause')
    const error = new VersiongenError('table-not-found', 'there is no table\npublic.\u001bmien', {
      where: { file: join(cwd, 'src/mine.ts'), line: 3, column: 14 },
      hint: 'did you mean public.mine?',
      cause: new AggregateError([cause, new RangeError('another')], 'two'),
    })
    const project = { check: () => Promise.reject(error) }
    const ran = await runInProcess(['check'], { cwd, project })
    assert.is(ran.exitCode, 2)
    assert.is(
      ran.stderr,
      'error[table-not-found] src/mine.ts:3:14: there is no table\\npublic.\\u001bmien\n  hint: did you mean public.mine?\n',
    )
    const verbose = await runInProcess(['check', '--verbose'], { cwd, project })
    assert.ok(verbose.stderr.startsWith(ran.stderr))
    for (const line of [
      'VersiongenError: there is no table',
      'caused by: AggregateError: two',
      'caused by: TypeError: the cause',
      'caused by: RangeError: another',
    ])
      assert.match(verbose.stderr, line)
    const json = await runInProcess(['check', '--json'], { cwd, project })
    assert.equal(JSON.parse(json.stdout), {
      ok: false,
      error: {
        code: 'table-not-found',
        message: error.message,
        where: { file: 'src/mine.ts', line: 3, column: 14 },
        hint: 'did you mean public.mine?',
      },
    })
  })
})

test('a defect keeps its stack and asks to be reported', async () => {
  await withTemporaryFolder(async (cwd) => {
    const project = { check: () => Promise.reject(new TypeError('x is not a function')) }
    const { exitCode, stderr } = await runInProcess(['check'], { cwd, project })
    assert.is(exitCode, 2)
    assert.match(stderr, /^error\[defect\] TypeError: x is not a function\n +at /)
    assert.match(stderr, /please report it/)
  })
})

test('Ctrl-C stops the work at its next step', async () => {
  await withTemporaryFolder(async (cwd) => {
    let interrupted = false
    let finished = false
    const project = {
      generate: async (
        _settings: Settings,
        _selection: Selection,
        { progress }: { progress?: (step: string) => void },
      ) => {
        progress?.('reading')
        interrupted = true
        progress?.('writing')
        finished = true
        return generated
      },
    }
    const ran = await runInProcess(['--all'], { cwd, project, interrupted: () => interrupted })
    assert.is(ran.exitCode, 130)
    assert.is(finished, false)
    assert.match(ran.stderr, /^error\[interrupted\] stopped by Ctrl-C; nothing was written\n/)
  })
})

test('progress: a line on a terminal after a second, and none elsewhere', async () => {
  await withTemporaryFolder(async (cwd) => {
    const project = {
      check: async (
        _settings: Settings,
        _selection: Selection,
        { progress }: { progress?: (step: string) => void },
      ) => {
        progress?.('reading the catalog')
        await new Promise((resolve) => setTimeout(resolve, 1300))
        return inSync
      },
    }
    const stderr = { text: '', write: (text: string) => void (stderr.text += text), isTerminal: true, columns: 20 }
    assert.is((await runInProcess(['check'], { cwd, project, stderr })).exitCode, 0)
    assert.match(stderr.text, '\r\u001b[2K⠋ reading the catal')
    assert.ok(stderr.text.endsWith('\r\u001b[2K'))
    assert.not(stderr.text.endsWith('\r\u001b[2K\r\u001b[2K'), 'the line is taken away once')
    assert.is((await runInProcess(['check'], { cwd, project })).stderr, '')
  })
})

test('a configuration that does not load stops every command but init and help', async () => {
  await withTemporaryFolder(async (cwd) => {
    writeFileSync(join(cwd, 'versiongen.config.json'), '{\n  "modles": "x"\n}')
    for (const command of ['generate', 'check', 'status']) {
      const { exitCode, stderr } = await runInProcess([command, ...(command === 'generate' ? ['--all'] : [])], { cwd })
      assert.is(exitCode, 2)
      const line =
        'error[config-invalid] versiongen.config.json:2:3: unknown setting "modles"\n  hint: did you mean models?\n'
      assert.is(stderr, line)
    }
    assert.is((await runInProcess(['check', '--help'], { cwd })).exitCode, 0)
    assert.ok(existsSync(join(cwd, 'versiongen.config.json')))
  })
})

test.run()
