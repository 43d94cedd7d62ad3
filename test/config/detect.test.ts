import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { detectProject } from '../../src/config/detect.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { renderConfig } from '../../src/config/render-config.ts'
import { matchFixture } from '../support/fixture.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const marked = 'export interface Mine { __versioned__?: {} }\n'

const projects: readonly [name: string, files: Readonly<Record<string, string>>][] = [
  [
    'drizzle-installed',
    {
      'package.json': '{"type": "module", "dependencies": {"drizzle-orm": "1", "versiongen": "1"}}',
      'tsconfig.json': '{"compilerOptions": {"moduleResolution": "bundler"}}',
      'db/migrations/V1__a.sql': 'select 1',
      'db/migrations/V1.1__b.sql': 'select 1',
    },
  ],
  [
    'toml-and-models',
    {
      'package.json': '{"devDependencies": {"typescript": "1", "typeorm": "1"}}',
      'flyway.toml': '[flyway]\nlocations = ["filesystem:sql/one", "filesystem:sql/two"]\n',
      'sql/one/V20240101000000__a.sql': 'select 1',
      'sql/two/R__b.sql': 'select 1',
      'src/models/mine.ts': marked,
      'src/models/deep/permit.ts': marked,
      "src/it's/other.tsx": marked,
    },
  ],
  ['javascript-module', { 'package.json': '{"type": "module"}', 'lib/mine.js': 'x', 'sql/V1__a.sql': '' }],
  ['javascript-commonjs', { 'package.json': '{"devDependencies": {"versiongen": "1"}}' }],
  ['deno', { 'deno.jsonc': '{"imports": {"versiongen/": "npm:versiongen/"},}', 'models.ts': marked }],
  [
    'scattered',
    { 'package.json': '{}', ...Object.fromEntries('abcdef'.split('').map((each) => [`${each}/m.ts`, marked])) },
  ],
]

for (const [name, files] of projects) {
  test(name, async () => {
    await withTemporaryFolder(async (root) => {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, path)), { recursive: true })
        writeFileSync(join(root, path), text)
      }
      const rendered = renderConfig(await detectProject({ cwd: root, env: {} }))
      await matchFixture(`// ${rendered.name}\n${rendered.content}`, `config/init/${name}.txt`)
      for (const line of rendered.content.split('\n')) assert.ok(line.length <= 120, line)
      const withoutImport = rendered.content
        .replace("import { defineConfig } from 'versiongen/config'", 'const defineConfig = <T>(config: T): T => config')
        .replace("import type { Config } from 'versiongen/config'", 'type Config = object')
      writeFileSync(join(root, 'versiongen.config.ts'), withoutImport)
      const config = await loadConfig(join(root, 'versiongen.config.ts'))
      assert.ok(config.out)
    })
  })
}

test('flags end up in the configuration', async () => {
  await withTemporaryFolder(async (root) => {
    mkdirSync(join(root, 'here'))
    const flags = { models: ['m/*.ts'], migrations: ['here'], out: 'o' }
    const project = await detectProject({ cwd: root, env: { DATABASE_URL: 'mysql://not-looked-at' }, flags })
    assert.equal(project.models, ['m/*.ts'])
    assert.equal(project.flyway.locations, ['here'])
    assert.is(project.out, 'o')
  })
})

test.run()
