import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { splitStatements } from '../../src/database/split-statements.ts'

const texts = (script: string): string[] => splitStatements(script).map(({ text }) => text)

const cases: readonly (readonly [what: string, script: string, expected: readonly string[]])[] = [
  ['nothing', ' ; -- x\n/* ; */ ;', []],
  ['two', 'select 1; select 2', ['select 1', 'select 2']],
  ['a string', "select ';''; '; x", ["select ';''; '", 'x']],
  ['an escape string', "select E'a\\'; b', e'\\\\'; x", ["select E'a\\'; b', e'\\\\'", 'x']],
  ['a backslash that escapes nothing', "select '\\'; x", ["select '\\'", 'x']],
  ['a word that ends in e', "select name'a\\'; x", ["select name'a\\'", 'x']],
  ['quoted names', 'select "a;""b;" ; x', ['select "a;""b;"', 'x']],
  ['dollar quotes', 'do $$ ; $x$ ; $$; do $x$ $$ ; $x$; x', ['do $$ ; $x$ ; $$', 'do $x$ $$ ; $x$', 'x']],
  ['a parameter and a name with a dollar', 'select $1, a$b; select a$$; x', ['select $1, a$b', 'select a$$', 'x']],
  ['nested comments', 'select /* ; /* ; */ ; */ 1; x', ['select /* ; /* ; */ ; */ 1', 'x']],
  ['a line comment', "select 1 -- it's; fine\n; x", ["select 1 -- it's; fine", 'x']],
  [
    'parentheses',
    'create rule r as on insert to t do (select 1; select 2); x',
    ['create rule r as on insert to t do (select 1; select 2)', 'x'],
  ],
  [
    'an atomic body',
    'create function f() returns int begin atomic select case when true then 1 end; select 2; end; x',
    ['create function f() returns int begin atomic select case when true then 1 end; select 2; end', 'x'],
  ],
  ['a transaction', 'begin; select 1; end; x', ['begin', 'select 1', 'end', 'x']],
  ['what is never closed', "select 'a; b", ["select 'a; b"]],
]
for (const [what, script, expected] of cases) test(`splits ${what}`, () => assert.equal(texts(script), expected))

test('says where a statement starts and with which words', () => {
  const [, second] = splitStatements('select 1;\n-- note\n  CREATE UNIQUE INDEX Concurrently "x" on t (a)')
  assert.is(second?.start, 20)
  assert.equal(second?.words.slice(0, 4), ['create', 'unique', 'index', 'concurrently'])
})

test('keeps the data of COPY apart', () => {
  const [copy, next] = splitStatements("copy t (a) from STDIN with (format csv);\r\n1;2\r\n'\r\n\\.\r\nselect 1;")
  assert.is(copy?.copy?.data, "1;2\r\n'\r\n")
  assert.is(copy?.text.slice(...(copy.copy?.stdin ?? [])), 'STDIN')
  assert.is(next?.text, 'select 1')
})

const piece = fc.constantFrom(
  "'a;''b'",
  "E'\\';'",
  '"c;""d"',
  '$$;$$',
  "$q$ $$;' $q$",
  '/* ;/*;*/ */',
  '-- ;\n',
  'word',
  '1.5',
  '+',
  '(a;b)',
  'é',
)
const statement = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => `select ${pieces.join(' ')}`)

test('any statements, joined by semicolons, come apart again', () => {
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 6 }), (statements) => {
      assert.equal(
        texts(statements.join('\n;')),
        statements.map((text) => text.trimEnd()),
      )
    }),
  )
})

test('ends on any input, and loses nothing but semicolons, space and comments', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("'", '"', '$', ';', '/', '*', '-', '\n', 'e', 'E', '\\', '(', ')', 'x', '1') }),
      (script) => {
        for (const { text, start } of splitStatements(script)) assert.is(script.slice(start, start + text.length), text)
      },
    ),
  )
})

test.run()
