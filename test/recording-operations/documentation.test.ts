import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSettings } from '../../src/config/load-settings.ts'
import { readModels } from '../../src/models/read.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const page = fileURLToPath(new URL('../../docs/operations.md', import.meta.url))

test('the examples of docs/operations.md are a configuration with the defaults, and a model', () =>
  withTemporaryFolder(async (root) => {
    const blocks = [...(await readFile(page, 'utf8')).matchAll(/^( *)```ts\n([^]*?)^\1```$/gm)]
    const [config = '', model = '', ...others] = blocks.map(([, indent = '', text = '']) =>
      text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    )
    assert.equal(others, [])
    await writeFile(
      join(root, 'versiongen.config.ts'),
      config.replace(/^import .*$/m, 'const defineConfig = (c: object) => c'),
    )
    await writeFile(join(root, 'mine.ts'), model)
    const settings = await loadSettings({ cwd: root, env: {} })
    assert.equal(settings.backfill, { mode: 'auto', above: 1_000_000, batchSize: 1000 })
    const { models } = await readModels({ root, patterns: ['mine.ts'] })
    assert.equal(
      models.map(({ table, options }) => [table, options]),
      [['mine', { replication: 'record' }]],
    )
  }))

test.run()
