import { join } from 'node:path'
import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSettings } from '../../src/config/load-settings.ts'
import type { Settings } from '../../src/config/types.ts'
import { check, renumber } from '../../src/project.ts'
import { makeBranches } from '../git/branches.ts'
import { eachServer, majors } from '../support/databases.ts'
import { startFlyway } from '../support/flyway.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const now = new Date('2026-03-01T12:00:00Z')

const flyway = await startFlyway()
if (flyway !== undefined) {
  test.after(() => flyway.stop())
  eachServer((server, open, major) => {
    if (major !== majors.at(-1)) return
    test(`two branches clash as Flyway says, until one is renumbered (${server})`, () =>
      withTemporaryFolder(async (root) => {
        const branches = await makeBranches(root, {
          shared: ['V1__a.sql'],
          main: ['V2__theirs.sql', 'V5__theirs.sql'],
          feature: ['V2__ours.sql', 'V4__ours.sql'],
        })
        const [production, local] = [await open(), await open()]
        try {
          const ask = (command: 'migrate' | 'validate', { url }: { readonly url: string }) =>
            flyway.ask(command, { url, locations: `filesystem:${join(root, 'sql')}` })
          await branches.git('checkout', '--quiet', 'main')
          assert.equal(await ask('migrate', production), [['ok', '3']])
          await branches.git('checkout', '--quiet', 'feature')
          assert.equal(await ask('migrate', local), [['ok', '3']])

          await branches.git('merge', '--quiet', '--message', 'x', 'main')
          const [refused] = await ask('migrate', production)
          assert.equal(refused?.slice(0, 2), ['error', 'DUPLICATE_VERSIONED_MIGRATION'])
          const settingsFor = (url: string): Promise<Settings> =>
            loadSettings({ cwd: root, env: process.env, home: undefined, flags: { url } })
          const shadow = await loadSettings({ cwd: root, env: process.env, home: undefined, flags: { shadow: true } })
          const { ok, findings } = await check(shadow, { tables: [], all: true }, { base: 'main' })
          assert.is(ok, false)
          assert.equal(
            findings.map(({ code, object, fix }) => [code, object, fix]),
            [
              ['migration-duplicate', 'V2__ours.sql', 'versiongen renumber --base main'],
              ['migration-order', 'V4__ours.sql', 'versiongen renumber --base main'],
            ],
          )

          const options = { files: [], base: 'main', dryRun: false, now }
          const before = await branches.list()
          const message = await renumber(await settingsFor(local.url), options).then(
            () => 'moved',
            (error: Error) => error.message,
          )
          assert.is(message, 'has been applied to this database, so that it keeps its version')
          assert.equal(await branches.list(), before)

          const { moves } = await renumber(await settingsFor(production.url), options)
          assert.is(moves.length, 2)
          assert.equal(await branches.list(), [
            'V1__a.sql',
            'V2__theirs.sql',
            'V5__theirs.sql',
            'V6__ours.sql',
            'V7__ours.sql',
          ])
          assert.equal(await ask('migrate', production), [['ok', '2']])
          assert.equal(await ask('validate', production), [['ok', 'true']])
          assert.equal((await renumber(await settingsFor(production.url), options)).moves, [])
        } finally {
          await production.close()
          await local.close()
        }
      }))
  })
}

test.run()
