import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { driftCodes } from '../../src/plan/drift-codes.ts'
import { eachServer, majors } from '../support/databases.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { migrate } from '../support/migrate.ts'
import { runCommand, runSuccessfully, type CommandRun } from '../support/run-command.ts'

// Every step that docs/ci.md shows is run as it stands, in a fresh project in git, with the packed package in place of the
// one from the registry. Only the actions of GitHub's own (checkout, Node) have been done already.
const root = fileURLToPath(new URL('../../', import.meta.url))
const text = await readFile(join(root, 'docs/ci.md'), 'utf8')

const blocks = [...text.matchAll(/^```(yaml|sh)\n([^]*?)^```$/gm)].map(([, language = '', body = '']) => ({
  language,
  body,
  file: /^# (\.\S+)$/m.exec(body)?.[1],
}))

interface Step {
  readonly run?: string
  readonly uses?: string
  readonly env?: Readonly<Record<string, string>>
}

const blockOf = (file: string): string => {
  const found = blocks.find((block) => block.file === file)
  if (found === undefined) throw new Error(`docs/ci.md shows no ${file}`)
  return found.body
}

/** The steps of the only job of a workflow. */
const stepsOf = (file: string): readonly Step[] => {
  const { jobs } = parse(blockOf(file)) as { jobs: Record<string, { 'runs-on': string; steps: Step[] }> }
  const [job, ...others] = Object.values(jobs)
  assert.equal(others, [])
  assert.match(job?.['runs-on'] ?? '', /^ubuntu-/)
  return job?.steps ?? []
}

let folder = ''
let project = ''

const git = (...args: readonly string[]): Promise<string> =>
  runSuccessfully('git', ['-c', 'user.name=me', '-c', 'user.email=me@example.org', ...args], { cwd: project })

test.before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'versiongen-ci-')))
  const report = await runSuccessfully('npm', ['pack', '--json', '--silent', '--pack-destination', folder], {
    cwd: root,
  })
  const [packed] = JSON.parse(report.slice(report.indexOf('['))) as [{ readonly filename: string }]
  project = join(folder, 'project')
  await cp(fixtureUrl('drift/in-sync/'), project, { recursive: true })
  await writeFile(join(project, '.gitignore'), 'node_modules/\n')
  await runSuccessfully(
    'npm',
    ['install', '--prefer-offline', '--no-fund', '--no-audit', join(folder, packed.filename)],
    {
      cwd: project,
    },
  )
  await runSuccessfully('npx', ['--no-install', 'versiongen', '--all', '--shadow'], { cwd: project })
  await git('init', '--quiet', '--initial-branch=main')
  await git('add', '.')
  await git('commit', '--quiet', '--message=start')
  await git('clone', '--quiet', '--bare', '.', join(folder, 'origin.git'))
  await git('remote', 'add', 'origin', join(folder, 'origin.git'))
  await git('fetch', '--quiet')
})

test.after(() => rm(folder, { recursive: true }))

const done = new Set<string>()

/** Runs a step as the runner would. What installs the same thing again is run once. */
const runStep = async (
  command: string,
  shell: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandRun> => {
  if (done.has(command)) return { exitCode: 0, stdout: '', stderr: '' }
  if (command === 'npm ci') done.add(command)
  const [program = '', ...args] = shell
  return runCommand(program, [...args, command], { cwd: project, env: { npm_config_prefer_offline: 'true', ...env } })
}

const runWorkflow = async (
  steps: readonly Step[],
  context: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<CommandRun> => {
  let last: CommandRun = { exitCode: 0, stdout: '', stderr: '' }
  for (const { run, uses, env: own = {} } of steps) {
    if (run === undefined) {
      assert.match(uses ?? '', /^(actions\/(checkout|setup-node)|github\/codeql-action\/upload-sarif)@v\d+$/)
      continue
    }
    const filled = Object.entries(own).map(([name, value]) => [
      name,
      value.replace(/\$\{\{ (\S+) \}\}/g, (_, key: string) => {
        if (context[key] === undefined) throw new Error(`unknown expression ${key}`)
        return context[key]
      }),
    ])
    last = await runStep(run, ['bash', '-eo', 'pipefail', '-c'], { ...env, ...Object.fromEntries(filled) })
    if (last.exitCode !== 0) return last
  }
  return last
}

/** As long as `use` runs, the accessor of a table is gone. */
const withDrift = async (use: () => Promise<void>): Promise<void> => {
  await rename(join(project, 'history/mine.ts'), join(folder, 'mine.ts'))
  try {
    await use()
  } finally {
    await rename(join(folder, 'mine.ts'), join(project, 'history/mine.ts'))
  }
}

test('the GitHub workflow passes, and fails on drift with annotations and a summary', async () => {
  const steps = stepsOf('.github/workflows/history.yml')
  const env = { GITHUB_STEP_SUMMARY: join(folder, 'summary.md') }
  const passed = await runWorkflow(steps, { 'github.base_ref': 'main' }, env)
  assert.is(passed.exitCode, 0, passed.stdout + passed.stderr)
  assert.match(await readFile(env.GITHUB_STEP_SUMMARY, 'utf8'), '✅ versiongen check: 2 tables in sync')
  await withDrift(async () => {
    const failed = await runWorkflow(steps, { 'github.base_ref': 'main' }, env)
    assert.is(failed.exitCode, 1)
    assert.match(failed.stdout, /^::error file=history\/mine\.ts|^::error file=models\/mine\.ts,line=2,/)
    assert.match(await readFile(env.GITHUB_STEP_SUMMARY, 'utf8'), '❌ versiongen check: 1 error')
  })
})

test('the step for code scanning writes SARIF', async () => {
  const block = blocks.find(({ body }) => body.includes('upload-sarif'))
  const steps = parse(block?.body ?? '') as readonly Step[]
  const ran = await runWorkflow(steps, {})
  assert.is(ran.exitCode, 0, ran.stderr)
  const { version } = JSON.parse(await readFile(join(project, 'history.sarif'), 'utf8')) as { version: string }
  assert.is(version, '2.1.0')
  await rm(join(project, 'history.sarif'))
})

test('the GitLab job passes and leaves its report', async () => {
  const { history } = parse(blockOf('.gitlab-ci.yml')) as {
    history: { script: string[]; artifacts: { reports: { junit: string } } }
  }
  for (const line of history.script) {
    const ran = await runStep(line, ['sh', '-c'], { CI_PIPELINE_SOURCE: 'merge_request_event' })
    assert.is(ran.exitCode, 0, ran.stderr)
  }
  const report = join(project, history.artifacts.reports.junit)
  assert.match(await readFile(report, 'utf8'), '<testsuites name="versiongen check" tests="2" failures="0">')
  await rm(report)
})

test('the hook lets a commit pass, and stops one with drift', async () => {
  const hook = blocks.find(({ language }) => language === 'sh')
  await mkdir(join(project, '.git/hooks'), { recursive: true })
  await writeFile(join(project, '.git/hooks/pre-commit'), hook?.body ?? '')
  await chmod(join(project, '.git/hooks/pre-commit'), 0o755)
  await git('commit', '--quiet', '--allow-empty', '--message=one')
  await withDrift(async () => {
    await assertRejects(git('commit', '--quiet', '--all', '--message=two'), /there is no accessor/)
  })
})

test('the hook of pre-commit is the same command', async () => {
  const { repos } = parse(blockOf('.pre-commit-config.yaml')) as {
    repos: { hooks: { entry: string; language: string }[] }[]
  }
  const [hook] = repos[0]?.hooks ?? []
  assert.is(hook?.language, 'system')
  const ran = await runStep(hook?.entry ?? '', ['sh', '-c'], {})
  assert.is(ran.exitCode, 0, ran.stderr)
})

eachServer((server, open, major) => {
  if (major !== majors.at(-1)) return
  test(`the nightly workflow passes, and finds what was changed by hand (${server})`, async () => {
    const db = await open()
    try {
      await migrate(db, project)
      const url = new URL(db.url)
      await db.script(`create role nightly login password 'n1ghtly'; grant select on flyway_schema_history to nightly`)
      url.username = 'nightly'
      url.password = 'n1ghtly'
      const steps = stepsOf('.github/workflows/production.yml')
      const passed = await runWorkflow(steps, { 'secrets.PRODUCTION_URL': url.href })
      assert.is(passed.exitCode, 0, passed.stdout + passed.stderr)
      await db.script('alter table mine disable trigger mine_version_update')
      const failed = await runWorkflow(steps, { 'secrets.PRODUCTION_URL': url.href })
      assert.is(failed.exitCode, 1)
      assert.match(failed.stdout, '[trigger-disabled]')
      assert.not.match(failed.stdout + failed.stderr, 'n1ghtly')
      await db.script('drop owned by nightly; drop role nightly')
    } finally {
      await db.close()
    }
  })
})

test('every code is explained, in the words of the source', () => {
  const rows = [...text.matchAll(/^\| `([a-z-]+)`\s+\| (.*?)\s+\|$/gm)].map(([, code = '', means = '']) => [
    code,
    means,
  ])
  assert.equal(Object.fromEntries(rows), driftCodes)
})

const assertRejects = async (work: Promise<unknown>, message: RegExp): Promise<void> => {
  const error = await work.then(
    () => undefined,
    (each: Error) => each,
  )
  assert.match(error?.message ?? 'nothing was thrown', message)
}

test.run()
