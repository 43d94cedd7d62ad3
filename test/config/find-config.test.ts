import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findConfig } from '../../src/config/find-config.ts'
import { VersiongenError } from '../../src/errors.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'versiongen-find-')))
test.after(() => rmSync(folder, { recursive: true }))

const cases: readonly [files: Record<string, string>, from: string, found: string | undefined][] = [
  [{ 'package.json': '{}' }, '.', undefined],
  [{ 'package.json': '{}', 'versiongen.config.ts': '' }, '.', 'versiongen.config.ts'],
  [{ 'package.json': '{}', 'versiongen.config.mjs': '' }, 'src/models', 'versiongen.config.mjs'],
  [{ 'package.json': '{}', 'versiongen.config.json': '', 'versiongen.config.js': '' }, '.', 'versiongen.config.js'],
  [{ 'package.json': '{"versiongen": {}}', 'versiongen.config.json': '' }, '.', 'versiongen.config.json'],
  [{ 'package.json': '{"versiongen": {}}' }, 'src', 'package.json'],
  [{ 'package.json': '{"dependencies": {"versiongen": "1"}}' }, '.', undefined],
  [{ 'package.json': '{}', 'deno.jsonc': '{"versiongen": {},}' }, '.', 'deno.jsonc'],
  [{ 'versiongen.config.ts': '', 'app/package.json': '{}' }, 'app', undefined],
  [{ 'versiongen.config.ts': '', '.git/HEAD': '' }, 'app/src', 'versiongen.config.ts'],
  [{ 'versiongen.config.ts': '', 'app/versiongen.config.mts': '' }, 'app/src', 'app/versiongen.config.mts'],
]

for (const [files, from, found] of cases) {
  test(`${Object.keys(files).join(', ')} from ${from}: ${found ?? 'none'}`, () => {
    const root = mkdtempSync(join(folder, 'p'))
    for (const [name, text] of Object.entries({ ...files, [`${from}/x`]: '' })) {
      mkdirSync(dirname(join(root, name)), { recursive: true })
      writeFileSync(join(root, name), text)
    }
    assert.is(findConfig(join(root, from)), found === undefined ? undefined : join(root, found))
  })
}

test('a named file has to exist', () => {
  writeFileSync(join(folder, 'other.json'), '{}')
  assert.is(findConfig(folder, './other.json'), join(folder, 'other.json'))
  assert.throws(
    () => findConfig(folder, 'nope.ts'),
    (error: unknown) =>
      error instanceof VersiongenError &&
      error.code === 'config-not-found' &&
      error.where?.file === join(folder, 'nope.ts'),
  )
})

test.run()
