import { Buffer } from 'node:buffer'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checksumOfText, decodeMigration } from '../../src/flyway/checksum.ts'

// Values that the real Flyway stored; see fixtures/flyway/states for more.
test('as Flyway stores it', () => {
  assert.is(checksumOfText('select 1;'), -690524359)
  assert.is(checksumOfText("select 'V1__a.sql';\n"), -1185823593)
  assert.is(checksumOfText(''), 0)
})

test('line breaks, blank lines and one byte order mark do not count; anything else does', () => {
  const text = 'select 1;\nselect 2;\n'
  const sum = checksumOfText(text)
  for (const same of ['select 1;\r\nselect 2;', '\n\nselect 1;\rselect 2;\n\n', `\uFEFF${text}`]) {
    assert.is(checksumOfText(same), sum, JSON.stringify(same))
  }
  for (const other of ['select 1; \nselect 2;', `\uFEFF\uFEFF${text}`, 'select 1;\n\tselect 2;', text.toUpperCase()]) {
    assert.is.not(checksumOfText(other), sum, JSON.stringify(other))
  }
})

test('bytes are decoded strictly', () => {
  assert.is(checksumOfText(decodeMigration(Buffer.from('é'), 'UTF-8')), checksumOfText('é'))
  assert.is(checksumOfText(decodeMigration(Buffer.from([0xe9]), 'ISO-8859-1')), checksumOfText('é'))
  assert.is(checksumOfText(decodeMigration(Buffer.from([0x80]), 'windows-1252')), checksumOfText('€'))
  assert.is(checksumOfText(decodeMigration(Buffer.from([0xef, 0xbb, 0xbf, 0x61]), 'UTF-8')), checksumOfText('a'))
  assert.throws(
    () => decodeMigration(Buffer.from([0xe9]), 'UTF-8'),
    (error: unknown) => error instanceof TypeError,
  )
})

test.run()
