import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { matchFixture } from '../support/fixture.ts'
import { runCommand, runSuccessfully } from '../support/run-command.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const git = (...args: readonly string[]): Promise<string> => runSuccessfully('git', args, { cwd: root })

/** Without what no two runs have in common: times, dates of versions, hashes; and of files only the frame. */
const reduce = (output: string): string =>
  output
    .replaceAll(/^│.*\n/gm, '')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
    .replaceAll(/V\d{4}(?:\.\d{1,2}){4}__/g, 'V<now>__')

test('make demo tells the whole story and leaves the working tree as it was', async () => {
  const before = await git('status', '--porcelain', '--', 'fixtures/mines')
  const output = await runSuccessfully('make', ['--silent', 'demo'], { cwd: root })
  assert.is(await git('status', '--porcelain', '--', 'fixtures/mines'), before)
  await matchFixture(reduce(output), 'demo/output.txt')
})

test('make generate_version_table_migration works on a project of one’s own', async () => {
  await withTemporaryFolder(async (folder) => {
    for (const part of ['migrations', 'models']) {
      await cp(join(root, 'fixtures/mines', part), join(folder, part), { recursive: true })
    }
    const target = 'generate_version_table_migration'
    await runSuccessfully(
      'make',
      [
        ...['--silent', target, 'TABLE=mine', `MODELS=${folder}/models/*.ts`],
        ...[`MIGRATIONS=${folder}/migrations`, `OUT=${folder}/history`],
      ],
      { cwd: root, env: { FLYWAY_PLACEHOLDERS_APPLICATION_ROLE: 'mds' } },
    )
    const written = (await readdir(join(folder, 'migrations'))).filter((file) => file.includes('_version_table'))
    assert.is(written.length, 2)
    assert.equal((await readdir(join(folder, 'history'))).sort(), ['index.ts', 'mine.ts'])
  })
})

test('make generate_version_table_migration without a table says what is missing', async () => {
  const { exitCode, stderr } = await runCommand('make', ['--silent', 'generate_version_table_migration'], {
    cwd: root,
    env: { TABLE: '' },
  })
  assert.is(exitCode, 2)
  assert.match(stderr, 'Which table?')
})

test.run()
