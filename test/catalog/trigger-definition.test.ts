import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readTriggerDefinition } from '../../src/catalog/trigger-definition.ts'

const create = 'CREATE TRIGGER t AFTER UPDATE ON public.mine FOR EACH ROW'

const cases: readonly (readonly [definition: string, when: string | null, args: readonly string[]])[] = [
  [`${create} EXECUTE FUNCTION f()`, null, []],
  [`${create} EXECUTE FUNCTION f('a')`, null, ['a']],
  [`${create} EXECUTE FUNCTION f('a', '', 'it''s')`, null, ['a', '', "it's"]],
  [`${create} EXECUTE FUNCTION f('', '''', '''''')`, null, ['', "'", "''"]],
  [`${create} EXECUTE FUNCTION f(E'a\\\\b', 'a, ''b''', '")')`, null, ['a\\b', "a, 'b'", '")']],
  [`${create} WHEN ((old.a > 1)) EXECUTE FUNCTION f()`, 'old.a > 1', []],
  [`${create} WHEN (old.ready) EXECUTE FUNCTION f()`, 'old.ready', []],
  [`${create} WHEN (((a) OR (b))) EXECUTE FUNCTION f('x')`, '(a) OR (b)', ['x']],
  [
    `${create} WHEN ((old.a = ')) EXECUTE FUNCTION g('::text)) EXECUTE FUNCTION f()`,
    "old.a = ')) EXECUTE FUNCTION g('::text",
    [],
  ],
  [`${create} WHEN ((old.")" = E'\\\\'''::text)) EXECUTE FUNCTION "f("()`, `old.")" = E'\\\\'''::text`, []],
  [
    `CREATE TRIGGER " WHEN (x) EXECUTE FUNCTION " BEFORE DELETE ON a."b("" WHEN (" FOR EACH ROW EXECUTE FUNCTION f()`,
    null,
    [],
  ],
]

for (const [definition, when, args] of cases) {
  test(definition, () => assert.equal(readTriggerDefinition(definition), { when, arguments: args }))
}

test.run()
