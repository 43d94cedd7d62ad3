import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { badConfigs, goodConfigs } from './configs.ts'

// The published package is compiled and runs without a loader: TypeScript goes through jiti on Node 20.
const root = resolve(import.meta.dirname, '../..')
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'versiongen-compiled-')))
test.after(() => rmSync(folder, { recursive: true }))

const isNode = !('Deno' in globalThis)

const loadAll = (files: readonly string[]): readonly Outcome[] => {
  const program = `
    import { loadConfig } from ${JSON.stringify(join(folder, 'dist/config/load-config.js'))}
    const outcomes = []
    for (const file of ${JSON.stringify(files)}) {
      outcomes.push(await loadConfig(file).then(
        (config) => ({ config }),
        ({ name, code, message, where }) => ({ name, code, message, line: where?.line }),
      ))
    }
    console.log(JSON.stringify(outcomes))`
  writeFileSync(join(folder, 'program.mjs'), program)
  const env = { ...process.env, NODE_OPTIONS: '' }
  return JSON.parse(
    execFileSync(process.execPath, [join(folder, 'program.mjs')], { encoding: 'utf8', env }),
  ) as Outcome[]
}

interface Outcome {
  readonly config?: unknown
  readonly name?: string
  readonly code?: string
  readonly message?: string
  readonly line?: number
}

test.before(() => {
  if (!isNode) return
  const options = ['--rootDir', join(root, 'src'), '--outDir', join(folder, 'dist'), '--noEmit', 'false']
  const project = join(folder, 'tsconfig.json')
  const files = [join(root, 'src/config/load-config.ts')]
  const compilerOptions = {
    allowImportingTsExtensions: false,
    declaration: false,
    isolatedDeclarations: false,
    typeRoots: [join(root, 'node_modules/@types')],
  }
  writeFileSync(project, JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: [], files }))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project, ...options], {
    stdio: 'inherit',
  })
})

test('says the same without a loader', () => {
  if (!isNode) return
  const cases = [...goodConfigs, ...badConfigs]
  const files = cases.map(({ name, text }, index) => {
    mkdirSync(join(folder, String(index)))
    const file = join(folder, String(index), name)
    writeFileSync(file, text)
    return file
  })
  const outcomes = loadAll(files)
  assert.is(outcomes.length, cases.length)
  for (const [index, outcome] of outcomes.entries()) {
    const good = goodConfigs[index]
    const bad = badConfigs[index - goodConfigs.length]
    if (good !== undefined) assert.equal(outcome, { config: good.config }, good.text)
    if (bad === undefined) continue
    assert.is(outcome.name, 'VersiongenError', JSON.stringify(outcome))
    assert.is(outcome.code, bad.code, bad.text)
    assert.match(outcome.message ?? '', bad.message)
    assert.not.match(outcome.message ?? '', /secret|\n/)
    assert.is(String(outcome.line ?? ''), bad.place, bad.text)
  }
})

test.run()
