import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { formatScriptConfig, parseScriptConfig } from '../../src/flyway/conf.ts'
import type { VersiongenError } from '../../src/errors.ts'

test('what Flyway knows', () => {
  const text =
    '# why\n\nexecuteInTransaction=false\r\n placeholderReplacement : TRUE \nencoding=ISO-8859-1\nshouldExecute=true'
  assert.equal(parseScriptConfig(text, 'V1__x.sql.conf'), {
    executeInTransaction: false,
    placeholderReplacement: true,
    encoding: 'ISO-8859-1',
  })
  assert.equal(parseScriptConfig('', 'x').executeInTransaction, undefined)
})

for (const [text, message] of [
  ['\nexecuteInTransacton=false', 'executeInTransacton'],
  ['\nexecuteInTransaction=no', 'true or false'],
  ['\nexecuteInTransaction', 'expected key=value'],
] as const) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseScriptConfig(text, 'V1__x.sql.conf'),
      (error: VersiongenError) =>
        error.code === 'flyway-config' && error.message.includes(message) && error.where?.line === 2,
    )
  })
}

test('writes what it reads, and nothing for nothing', () => {
  const text = formatScriptConfig({ executeInTransaction: false, placeholderReplacement: false })
  assert.is(text, 'executeInTransaction=false\nplaceholderReplacement=false\n')
  assert.is(parseScriptConfig(text ?? '', 'x').placeholderReplacement, false)
  assert.is(formatScriptConfig({}), undefined)
})

test.run()
