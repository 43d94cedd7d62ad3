import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { copyMines } from '../support/mines.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const require = createRequire(import.meta.url)
const readme = await readFile(join(root, 'README.md'), 'utf8')

/** The fenced blocks of one language, in order. */
const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)]
    .filter(([, , name]) => name === language)
    .map(([, indent = '', , text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))

const commands: readonly string[] = [
  ...blocks('sh').flatMap((block) => block.split('\n')),
  ...blocks('yaml').flatMap((block) => [...block.matchAll(/- run: (.*)/g)].map(([, command = '']) => command)),
]
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line !== '')

/** Where each command that is not run here is run. */
const runElsewhere: ReadonlyMap<string, string> = new Map([
  ['make demo', 'test/demo'],
  ['make test', '.ci/run, as npm test behind it'],
  ['npm ci', '.ci/run'],
  ['npm install versiongen', 'test/package'],
  [
    'deno run --allow-read --allow-write=. --allow-env --allow-sys=cpus,homedir npm:versiongen --table mine --shadow',
    'test/package',
  ],
])

const versiongen = async (cwd: string, line: string): Promise<string> => {
  const tsx = join(dirname(require.resolve('tsx/package.json')), 'dist/esm/index.mjs')
  const { stdout } = await promisify(execFile)(
    'node',
    ['--import', tsx, join(root, 'cli/main.ts'), ...line.split(' ').slice(2)],
    { cwd, env: { PATH: process.env['PATH'], HOME: cwd } },
  )
  return stdout
}

test('the help in the README is what versiongen --help prints', async () => {
  assert.ok(readme.includes(`\`\`\`text\n${(await versiongen(root, 'npx versiongen --help')).trimEnd()}\n\`\`\``))
})

test('every command in the README works', () =>
  withTemporaryFolder(async (folder) => {
    await copyMines(folder)
    let ran = 0
    for (const command of commands) {
      if (runElsewhere.has(command)) continue
      assert.match(command, /^npx versiongen /, `nothing runs the command: ${command}`)
      // The mines have more models than the one the README marks.
      if (command.includes('check')) await versiongen(folder, 'npx versiongen --all --shadow')
      const output = await versiongen(folder, command)
      if (command.includes('--table')) assert.match(output, /create_mine_version_table\.sql/)
      ran++
    }
    assert.ok(ran >= 3)
    await rm(join(folder, 'versiongen.config.ts'))
    assert.match(await versiongen(folder, 'npx versiongen init'), /versiongen\.config\.ts/)
  }))

test('the TypeScript of the README compiles', () =>
  withTemporaryFolder(async (folder) => {
    await copyMines(folder)
    await versiongen(folder, 'npx versiongen --table mine')
    const program = blocks('ts').find((block) => block.includes('withActor'))
    assert.ok(program)
    const app = `import type { Pool } from 'pg'\ndeclare const db: Pool\n${program}`
    await writeFile(join(folder, 'app.ts'), app)
    const config = blocks('ts').find((block) => block.includes('defineConfig'))
    await writeFile(join(folder, 'config.ts'), config ?? '')
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'ES2023',
          module: 'NodeNext',
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          allowImportingTsExtensions: true,
          rewriteRelativeImportExtensions: true,
          preserveSymlinks: true,
          typeRoots: [join(root, 'node_modules/@types')],
          types: ['node'],
          paths: { pg: [join(root, 'node_modules/@types/pg')] },
        },
        files: ['app.ts', 'config.ts'],
      }),
    )
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
    const outcome = await promisify(execFile)('node', [tsc, '-p', folder], { cwd: folder }).catch(
      (error: { readonly stdout?: string }) => error,
    )
    assert.is(outcome.stdout ?? '', '')
  }))

test.run()
