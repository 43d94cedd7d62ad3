import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runChild } from './child.ts'

const script = fileURLToPath(new URL('signal-itself.ts', import.meta.url))

for (const [signal, number] of [
  ['SIGHUP', 1],
  ['SIGTERM', 15],
] as const) {
  test(`${signal} ends the process, but does not divide synchronous work`, async () => {
    const ended = await runChild([signal], { script, cwd: process.cwd() })
    assert.equal(ended, { exitCode: 128 + number, signal: null, stdout: 'begin end ', stderr: '' })
  })
}

test('SIGINT lets work go on', async () => {
  const ended = await runChild(['SIGINT'], { script, cwd: process.cwd() })
  assert.equal(ended, { exitCode: 0, signal: null, stdout: 'begin end later ', stderr: '' })
})

test.run()
