import type { Config } from '../../src/config/types.ts'

export const goodConfigs: readonly { name: string; text: string; config: Config }[] = [
  { name: 'versiongen.config.ts', text: 'export default {}', config: {} },
  { name: 'versiongen.config.ts', text: 'const out: string = "é"\nexport default { out }', config: { out: 'é' } },
  { name: 'versiongen.config.mts', text: 'export default { models: ["a"] as const }', config: { models: ['a'] } },
  { name: 'versiongen.config.mjs', text: 'export default { models: await "a" }', config: { models: 'a' } },
  { name: 'versiongen.config.mjs', text: 'export default { shadow: true }', config: { shadow: true } },
  {
    name: 'versiongen.config.json',
    text: '\uFEFF{ /* a */ "out": "a//b", "models": ["x",], }',
    config: { out: 'a//b', models: ['x'] },
  },
  {
    name: 'package.json',
    text: '{ "name": "x", "versiongen": { "naming": "camelCase" } }',
    config: { naming: 'camelCase' },
  },
  {
    name: 'deno.jsonc',
    text: '{ "versiongen": { "values": { "int8": "bigint" } }, }',
    config: { values: { int8: 'bigint' } },
  },
]

/** `place` is the line; empty where no engine says it. */
export const badConfigs: readonly {
  name: string
  text: string
  code: string
  message: RegExp
  place: string
  hint?: RegExp
}[] = [
  {
    name: 'versiongen.config.ts',
    text: 'export default {\n  models: [,\n}\n',
    code: 'config-syntax',
    message: /^the configuration file does not parse: ./,
    place: '3',
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default {\n  out: "x"',
    code: 'config-syntax',
    message: /^the configuration file does not parse: ./,
    place: '2',
  },
  {
    name: 'versiongen.config.mjs',
    text: 'export default {\n  models: [,\n}\n',
    code: 'config-syntax',
    message: /^the configuration file does not parse: ./,
    place: '3',
  },
  {
    name: 'versiongen.config.ts',
    text: '\nthrow new Error("no\\nway")',
    code: 'config-failed',
    message: /^the configuration file threw an error: no$/,
    place: '2',
  },
  {
    name: 'versiongen.config.mjs',
    text: 'throw "a text"',
    code: 'config-failed',
    message: /^the configuration file threw an error: a text$/,
    place: '',
  },
  {
    name: 'versiongen.config.mjs',
    text: 'import "not-there"\nexport default {}',
    code: 'config-failed',
    message: /not-there/,
    place: '1',
    hint: /npm install not-there/,
  },
  {
    name: 'versiongen.config.ts',
    text: '\nimport x from "./nope.ts"\nexport default { out: x }',
    code: 'config-failed',
    message: /imports nope.ts, which does not exist/,
    place: '2',
  },
  {
    name: 'versiongen.config.mjs',
    text: '\nimport x from "@not/there/config"\nexport default { out: x }',
    code: 'config-failed',
    message: /@not\/there/,
    place: '2',
    hint: /npm install @not\/there$/,
  },
  {
    name: 'versiongen.config.ts',
    text: 'export const out = "x"',
    code: 'config-invalid',
    message: /no default export/,
    place: '',
    hint: /export default/,
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default 3',
    code: 'config-invalid',
    message: /^the configuration must be an object, not 3$/,
    place: '',
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default [1]',
    code: 'config-invalid',
    message: /^the configuration must be an object, not a list$/,
    place: '',
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default {\n  out: "x",\n  modles: "a" }',
    code: 'config-invalid',
    message: /^unknown setting "modles"$/,
    place: '3',
    hint: /did you mean models\?/,
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default {\n  values: {\n    int: "string" } }',
    code: 'config-invalid',
    message: /^unknown setting "values.int"$/,
    place: '3',
    hint: /did you mean int8/,
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default { zzzzzz: 1 }',
    code: 'config-invalid',
    message: /^unknown setting "zzzzzz"$/,
    place: '1',
    hint: /the settings here are url, driver/,
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default {\n  driver: "pgg" }',
    code: 'config-invalid',
    message: /^driver must be one of 'pg', 'postgres', 'pglite', not 'pgg'$/,
    place: '2',
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default { shadow: "yes" }',
    code: 'config-invalid',
    message: /^shadow must be true or false, not 'yes'$/,
    place: '1',
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default { models: 3 }',
    code: 'config-invalid',
    message: /^models must be a text or a list of texts, not 3$/,
    place: '1',
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default { out: "" }',
    code: 'config-invalid',
    message: /^out must be a text that is not empty/,
    place: '1',
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default { versioned: { exclude: "geom" } }',
    code: 'config-invalid',
    message: /^versioned.exclude must be a list of texts, not 'geom'$/,
    place: '1',
  },
  {
    name: 'versiongen.config.ts',
    text: 'export default { url: ["postgres://u:secret@h/d"] }',
    code: 'config-invalid',
    message: /^url must be a text, not a list$/,
    place: '1',
  },
  {
    name: 'versiongen.config.json',
    text: '{\n  "url": postgres://u:secret@h/d\n}',
    code: 'config-syntax',
    message: /^not valid JSON: Unexpected token 'p'$/,
    place: '2',
  },
  {
    name: 'versiongen.config.json',
    text: '{\n  "out": "x"\n  "shadow": true\n}',
    code: 'config-syntax',
    message: /^not valid JSON: Expected/,
    place: '3',
  },
  {
    name: 'versiongen.config.json',
    text: '{\n  "out": "x"',
    code: 'config-syntax',
    message: /^not valid JSON: /,
    place: '2',
  },
  {
    name: 'versiongen.config.json',
    text: '',
    code: 'config-syntax',
    message: /^not valid JSON: Unexpected end of JSON input$/,
    place: '1',
  },
  {
    name: 'package.json',
    text: '{\n  "versiongen": { "tabel": 1 } }',
    code: 'config-invalid',
    message: /^unknown setting "tabel"$/,
    place: '2',
  },
  {
    name: 'versiongen.config.json',
    text: '{ "__proto__": { "out": "x" } }',
    code: 'config-invalid',
    message: /^unknown setting "__proto__"$/,
    place: '1',
  },
]
