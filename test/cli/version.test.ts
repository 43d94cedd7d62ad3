import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VERSION } from '../../src/version.ts'

for (const name of ['package.json', 'deno.json']) {
  test(`${name} has the version of src/version.ts`, () => {
    const { version } = JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')) as {
      version: string
    }
    assert.is(version, VERSION)
  })
}

test.run()
