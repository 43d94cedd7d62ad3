import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

/** All that loading a file loads with it: its own static imports, theirs, and the packages they name. */
const loadedWith = (entry: string): { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> } => {
  const files = new Set<string>()
  const packages = new Set<string>()
  const follow = (url: URL): void => {
    if (files.has(url.pathname)) return
    files.add(url.pathname)
    const text = readFileSync(url, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    for (const [, names = '', specifier = ''] of text.matchAll(/^(?:import|export)\b([^'"()]*?)['"]([^'"]+)['"]/gm)) {
      const isImport = names.trim() === '' || /\bfrom\s*$/.test(names)
      if (!isImport || /^\s*type\b/.test(names)) continue
      if (specifier.startsWith('.')) follow(new URL(specifier, url))
      else if (!specifier.startsWith('node:')) packages.add(specifier)
    }
  }
  follow(new URL(`../../${entry}`, import.meta.url))
  return { files, packages }
}

test('the walk sees imports', () => {
  assert.ok(loadedWith('cli/parse.ts').packages.has('yargs'))
  assert.ok(loadedWith('cli/main.ts').files.size > 8)
})

for (const entry of ['cli/main.ts', 'cli/help.ts', 'src/config/mod.ts', 'src/mod.ts']) {
  test(`${entry} loads no package until it needs one`, () => {
    assert.equal([...loadedWith(entry).packages], [])
  })
}

test('a configuration file loads two small files', () => {
  assert.is(loadedWith('src/config/mod.ts').files.size, 2)
})

test.run()
