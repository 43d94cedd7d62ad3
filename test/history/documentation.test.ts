import { execFile } from 'node:child_process'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withTemporaryFolder } from '../support/temporary.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const require = createRequire(import.meta.url)

/** Pages, and whose accessors their examples import as `./history/index.ts`. */
const pages: ReadonlyMap<string, string> = new Map([
  ['docs/reading-history.md', 'mine'],
  ['docs/all-tables.md', 'related'],
])

for (const [page, accessors] of pages) {
  test(`the examples of ${page} compile, one after the other`, () =>
    withTemporaryFolder(async (folder) => {
      const text = await readFile(join(root, page), 'utf8')
      const [first = '', ...rest] = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
      assert.ok(rest.length >= 4)
      const program = [`import type { Pool } from 'pg'`, `declare const db: Pool`, first, ...rest].join('\n')
      await symlink(join(root, 'fixtures/accessors', accessors), join(folder, 'history'))
      await symlink(join(root, 'fixtures/accessors/related'), join(folder, 'related'))
      await symlink(join(root, 'fixtures/accessors/chosen-types'), join(folder, 'chosen'))
      await symlink(join(root, 'fixtures/accessors/types'), join(folder, 'types'))
      await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
      await writeFile(join(folder, 'app.ts'), program)
      await writeFile(
        join(folder, 'tsconfig.json'),
        JSON.stringify({
          extends: join(root, 'fixtures/accessors/tsconfig.json'),
          compilerOptions: {
            noUnusedLocals: false,
            isolatedDeclarations: false,
            preserveSymlinks: true,
            paths: {
              'versiongen/history': [join(root, 'src/history/mod.ts')],
              'versiongen/config': [join(root, 'src/config/mod.ts')],
            },
          },
          include: [],
          files: ['app.ts'],
        }),
      )
      const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
      const outcome = await promisify(execFile)('node', [tsc, '-p', folder], { cwd: folder }).catch(
        (error: { readonly stdout?: string }) => error,
      )
      assert.is(outcome.stdout, '')
    }))
}

test.run()
