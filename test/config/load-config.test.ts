import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config/load-config.ts'
import { VersiongenError } from '../../src/errors.ts'
import { badConfigs, goodConfigs } from './configs.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'versiongen-config-')))
test.after(() => rmSync(folder, { recursive: true }))

let number = 0
const write = (name: string, text: string): string => {
  const directory = join(folder, String(++number))
  mkdirSync(directory)
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}

for (const { name, text, config } of goodConfigs) {
  test(`reads ${name}: ${JSON.stringify(text)}`, async () => {
    assert.equal(await loadConfig(write(name, text)), config)
  })
}

for (const { name, text, code, message, place, hint } of badConfigs) {
  test(`refuses ${name}: ${JSON.stringify(text)}`, async () => {
    const file = write(name, text)
    const error: unknown = await loadConfig(file).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!(error instanceof VersiongenError)) throw new Error(`expected a VersiongenError, got ${String(error)}`)
    assert.is(error.code, code)
    assert.match(error.message, message)
    assert.not(error.message.includes('\n'), 'one line')
    assert.not(error.message.includes('secret'), 'no secret')
    const { file: named = '', line } = error.where ?? {}
    assert.is(`${relative(join(file, '..'), named)}:${line ?? ''}`, `${name}:${place}`)
    if (hint !== undefined) assert.match(error.hint ?? '', hint)
  })
}

test.run()
