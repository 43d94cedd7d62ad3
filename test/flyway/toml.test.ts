import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { VersiongenError } from '../../src/errors.ts'
import { parseToml, type TomlValue } from '../../src/flyway/toml.ts'

const plain = (value: TomlValue): unknown => {
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]: [string, TomlValue]) => [key, plain(item)]))
  return Array.isArray(value) ? value.map(plain) : value
}

const read = (text: string): unknown => plain(parseToml(text, 'flyway.toml'))

test('values', () => {
  assert.equal(
    read('a = "x"\nb = \'C:\\x\'\nc = true # no\nd = -1_000\ne = 0x1F\nf = 1.5e3\ng = 2024-04-24 22:12:00Z'),
    {
      a: 'x',
      b: 'C:\\x',
      c: true,
      d: -1000,
      e: 31,
      f: 1500,
      g: '2024-04-24 22:12:00Z',
    },
  )
})

test('strings', () => {
  assert.equal(read('a = "\\u00e9\\t\\"\\\\"'), { a: 'é\t"\\' })
  assert.equal(read('a = """\none\ntwo \\\n   three"""'), { a: 'one\ntwo three' })
  assert.equal(read("a = '''\none '' \\n'''"), { a: "one '' \\n" })
  assert.equal(read('a = "# not a comment" # a comment'), { a: '# not a comment' })
})

test('arrays and tables', () => {
  assert.equal(read('a = [ "x", # y\n  "z",\n]\nb = { c = 1, d = { e = [] } }'), {
    a: ['x', 'z'],
    b: { c: 1, d: { e: [] } },
  })
  assert.equal(read('[a.b]\nc = 1\n[a]\nd = 2\n["e.f"."g"]\nh.i = 3'), {
    a: { b: { c: 1 }, d: 2 },
    'e.f': { g: { h: { i: 3 } } },
  })
  assert.equal(read('[[x]]\na = 1\n[[x]]\na = 2\n[x.y]\nb = 3'), { x: [{ a: 1 }, { a: 2, y: { b: 3 } }] })
  assert.equal(read('\uFEFFa = 1\r\nb = 2\r\n'), { a: 1, b: 2 })
  assert.equal(read(''), {})
})

test('names that objects have already', () => {
  assert.equal(
    [...parseToml('__proto__ = 1\nconstructor = 2\n[toString]\nx = 3', 'x').keys()],
    ['__proto__', 'constructor', 'toString'],
  )
})

for (const [text, line] of [
  ['a = ', 1],
  ['a = 1\n[b\nc = 2', 2],
  ['a = "x', 1],
  ['a = """x\ny', 1],
  ['\n\na = 1\na = 2', 4],
  ['[a]\nb = 1\n[a]', 3],
  ['a b = 1', 1],
  ['a = yes', 1],
  ['a = [1, 2', 1],
  ['a = [1\n2]', 2],
  ['a = "\\q"', 1],
  ['a = 1 b = 2', 1],
  ['a = 1\n[a.b]', 2],
  ['= 1', 1],
  ['a = { b = 1', 1],
  ['<<<<<<< HEAD\na = 1', 1],
] as const) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseToml(text, 'flyway.toml'),
      (error: VersiongenError) => {
        assert.is(error.code, 'flyway-config')
        assert.equal(error.where, { file: 'flyway.toml', line })
        return true
      },
    )
  })
}

test.run()
