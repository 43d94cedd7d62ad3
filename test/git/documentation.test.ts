import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runChild } from '../cli/child.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { makeBranches } from './branches.ts'

test('the commands of docs/flyway.md work, one after the other', () =>
  withTemporaryFolder(async (root) => {
    const text = await readFile(fileURLToPath(new URL('../../docs/flyway.md', import.meta.url)), 'utf8')
    const commands = [...text.matchAll(/^npx versiongen (.*)$/gm)].map(([, line = '']) => line)
    assert.is(commands.length, 4)
    const branches = await makeBranches(root, {
      shared: ['V1__a.sql'],
      main: ['V2__theirs.sql'],
      feature: ['V2__ours.sql', 'V3__ours.sql'],
    })
    for (const command of commands) {
      if (command.includes('add_region')) await branches.add('V4__add_region.sql')
      const { exitCode, stdout, stderr } = await runChild(command.split(' '), { cwd: root })
      assert.is(stderr, '', command)
      assert.is(exitCode, command.startsWith('check') ? 1 : 0, command)
      if (command.startsWith('check')) assert.match(stdout, 'versiongen renumber --base main')
    }
    assert.equal(await branches.list(), ['V1__a.sql', 'V3__ours.sql', 'V4__ours.sql', 'V5__add_region.sql'])
  }))

test.run()
