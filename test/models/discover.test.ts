import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VersiongenError } from '../../src/errors.ts'
import { defaultPatterns, findModelFiles } from '../../src/models/discover.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const writeFiles = async (root: string, files: readonly string[]): Promise<void> => {
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), '')
  }
}

const find = async (root: string, patterns: readonly string[] = defaultPatterns): Promise<readonly string[]> =>
  (await findModelFiles(root, patterns)).map((file) => relative(root, file).replaceAll(sep, '/'))

test('finds every dialect anywhere, sorted by code point', () =>
  withTemporaryFolder(async (root) => {
    const files = ['B.ts', 'a.ts', 'src/c.tsx', 'src/d.mts', 'src/e.cts', 'src/f.js', 'src/g.jsx', 'src/h.mjs', 'é.cjs']
    await writeFiles(root, files)
    assert.equal(await find(root), files)
  }))

test('leaves out what is installed, built, declared or a test', () =>
  withTemporaryFolder(async (root) => {
    await writeFiles(root, [
      'src/mine.ts',
      'src/lib/permit.ts',
      'node_modules/a/index.ts',
      'packages/b/node_modules/a/index.ts',
      'dist/mine.js',
      'packages/b/build/mine.js',
      'src/mine.d.ts',
      'src/mine.d.mts',
      'src/styles.d.css.ts',
      'src/mine.test.ts',
      'src/mine.spec.tsx',
      'src/__tests__/mine.ts',
      'test/mine.ts',
      'versiongen.config.ts',
      'src/mine.json',
      'src/mine.sql',
    ])
    assert.equal(await find(root), ['src/lib/permit.ts', 'src/mine.ts'])
  }))

test('finds tests and built files where they are asked for, but never what is installed', () =>
  withTemporaryFolder(async (root) => {
    await writeFiles(root, [
      'test/mine.ts',
      'dist/mine.js',
      'node_modules/a/mine.ts',
      'test/mine.d.ts',
      'test/mine.sql',
    ])
    assert.equal(await find(root, ['**/mine.*']), ['dist/mine.js', 'test/mine.ts'])
  }))

test('takes a folder for everything in it, and ! for what is not meant', () =>
  withTemporaryFolder(async (root) => {
    await writeFiles(root, ['models/a.ts', 'models/deep/b.ts', 'models/old/c.ts', 'other/d.ts', 'models/readme.md'])
    assert.equal(await find(root, ['models', '!models/old']), ['models/a.ts', 'models/deep/b.ts'])
  }))

test('takes absolute patterns and those above the root', () =>
  withTemporaryFolder(async (root) => {
    await writeFiles(root, ['app/a.ts', 'shared/b.ts'])
    assert.equal(await find(join(root, 'app'), ['../shared/*.ts', join(root, 'app', '*.ts')]), [
      'a.ts',
      '../shared/b.ts',
    ])
  }))

test('leaves out what the compiler wrote beside its source', () =>
  withTemporaryFolder(async (root) => {
    await writeFiles(root, [
      'a.ts',
      'a.js',
      'b.tsx',
      'b.js',
      'c.mts',
      'c.mjs',
      'd.cts',
      'd.cjs',
      'e.js',
      'f.ts',
      'f.mjs',
    ])
    assert.equal(await find(root), ['a.ts', 'b.tsx', 'c.mts', 'd.cts', 'e.js', 'f.mjs', 'f.ts'])
  }))

test('finds files once, in folders with any name', () =>
  withTemporaryFolder(async (folder) => {
    const root = join(folder, 'a [b] {c,d} (e) !f $g *h ?i é')
    await writeFiles(root, ['x [y].ts', 'q\'"`${}/z.ts'])
    assert.equal(await find(root, ['**/*.ts', '**/z.ts']), ['q\'"`${}/z.ts', 'x [y].ts'])
  }))

test('follows a link that is named, but none that leads anywhere else', () =>
  withTemporaryFolder(async (root) => {
    await writeFiles(root, ['src/a.ts', 'elsewhere/b.ts'])
    await symlink(root, join(root, 'src', 'loop'))
    await symlink(join(root, 'elsewhere'), join(root, 'models'))
    assert.equal(await find(root, ['src/**/*.ts']), ['src/a.ts'])
    assert.equal(await find(root, ['models/**/*.ts']), ['models/b.ts'])
  }))

test('finds nothing where nothing is', () =>
  withTemporaryFolder(async (root) => {
    assert.equal(await find(root, ['nowhere/**/*.ts']), [])
    assert.equal(await find(join(root, 'missing')), [])
  }))

test('a folder that cannot be read is an error where a pattern names it, and passed over in a whole project', () =>
  withTemporaryFolder(async (root) => {
    await writeFiles(root, ['a.ts', 'models/mine.ts'])
    await chmod(root, 0o755)
    await chmod(join(root, 'models'), 0o000)
    await asNobody(async () => {
      const error = await find(root, ['models/*.ts']).catch((thrown: unknown) => thrown)
      assert.ok(error instanceof VersiongenError)
      assert.is(error.code, 'models-unreadable')
      assert.match(error.message, 'EACCES')
      assert.is(error.where?.file?.replace(/\/$/, ''), join(root, 'models'))
      assert.equal(await find(root), ['a.ts'])
      assert.equal(await find(root, ['*.ts', 'absent/*.ts']), ['a.ts'])
    })
    await chmod(join(root, 'models'), 0o755)
  }))

/** Root may read everything. */
const asNobody = async (work: () => Promise<void>): Promise<void> => {
  if (process.getuid?.() !== 0) return work()
  process.seteuid?.(65534)
  try {
    await work()
  } finally {
    process.seteuid?.(0)
  }
}

test.run()
