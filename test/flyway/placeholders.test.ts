import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { containsPlaceholder, replacePlaceholders } from '../../src/flyway/placeholders.ts'

const config = { placeholderReplacement: true, placeholderPrefix: '${', placeholderSuffix: '}', placeholders: {} }

test('a prefix counts wherever it stands', () => {
  for (const text of ['${x}', "'${'", '-- ${', '$$ ${x} $$', '$${x}'])
    assert.ok(containsPlaceholder(text, config), text)
  for (const text of ['$x', '$ {x}', '{x}', '$body$']) assert.not(containsPlaceholder(text, config), text)
})

test('the configured prefix, and none when Flyway replaces nothing', () => {
  assert.not(containsPlaceholder('${x}', { ...config, placeholderReplacement: false }))
  assert.not(containsPlaceholder('${x}', { ...config, placeholderPrefix: '@@' }))
  assert.ok(containsPlaceholder('a @@x', { ...config, placeholderPrefix: '@@' }))
})

test('replaces names in any case, names what is unknown', () => {
  const placeholders = { Role: 'mds', __proto__x: 'y', constructor: 'c' }
  const replace = (text: string): unknown =>
    replacePlaceholders(text, { ...config, placeholders }, new Map([['flyway:table', 't']]))
  assert.equal(replace('a ${role} ${ROLE} ${flyway:table} ${constructor}'), { text: 'a mds mds t c', unknown: [] })
  assert.equal(replace('${nope} ${toString}'), { text: '${nope} ${toString}', unknown: ['nope', 'toString'] })
  assert.equal(replace('${open'), { text: '${open}', unknown: ['open'] })
})

test.run()
