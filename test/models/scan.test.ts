import { symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VersiongenError } from '../../src/errors.ts'
import { Problems } from '../../src/models/problems.ts'
import { readModels } from '../../src/models/read.ts'
import { findExtendingFiles, findMarkedFiles } from '../../src/models/scan.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const withFiles = (
  texts: Readonly<Record<string, string | Buffer>>,
  use: (files: readonly string[], root: string) => Promise<void>,
): Promise<void> =>
  withTemporaryFolder(async (root) => {
    for (const [file, text] of Object.entries(texts)) await writeFile(join(root, file), text)
    await use(
      Object.keys(texts).map((file) => join(root, file)),
      root,
    )
  })

const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le')

test('keeps only files whose text may mark a model', () =>
  withFiles(
    {
      'class.ts': 'static __versioned__ = {}',
      'call.ts': 'versioned(pgTable())',
      'alias.ts': "import { versioned as v } from './db'",
      'package.ts': "import * as vg from 'versiongen'; vg.versioned (x)",
      'utf16.ts': utf16('__versioned__'),
      'word.ts': 'is this versioned?',
      'other.ts': '__version__',
      'import.ts': "import 'versiongen'",
      'empty.ts': '',
    },
    async (files, root) => {
      const found = await findMarkedFiles(files, new Problems())
      assert.equal(
        found.map((file) => relative(root, file)),
        ['class.ts', 'call.ts', 'alias.ts', 'package.ts', 'utf16.ts'],
      )
    },
  ))

test('finds files that extend something and name a class, whole, and other names for it', () =>
  withFiles(
    {
      'a.ts': 'class A extends Base {}',
      'b.ts': "import { Base as B } from './base'; class C extends B {}",
      'c.ts': 'class A extends BaseModel {} // Database $Base Base$ Baseé',
      'd.ts': 'the Base',
      'e.ts': "export { Other, Base as Root, type Base as Root2 } from './base'",
      'f.ts': "export { default as Default } from './my-base.model'",
      'g.ts': 'class A extends É$ {}',
    },
    async (files, root) => {
      const found = await findExtendingFiles(files, ['Base', 'É$', 'my-base.model'], new Problems())
      assert.equal(
        found.files.map((file) => relative(root, file)),
        ['a.ts', 'b.ts', 'g.ts'],
      )
      assert.equal(found.aliases, ['Root', 'Default'])
    },
  ))

test('reads UTF-16 and byte order marks, with true columns', () =>
  withFiles(
    {
      'a.ts': utf16('export class A { static __versioned__ = {} }'),
      'b.ts': Buffer.from('\uFEFFexport class B { static __versioned__ = {} }'),
      'c.ts': utf16('export class C { static __versioned__ = {} }').swap16(),
    },
    async (_files, root) => {
      const { models } = await readModels({ root, patterns: ['*.ts'] })
      assert.equal(
        models.map(({ name, line, column }) => `${name} ${line}:${column}`),
        ['A 1:25', 'B 1:25', 'C 1:25'],
      )
    },
  ))

test('says which file it cannot read', () =>
  withTemporaryFolder(async (root) => {
    await symlink(join(root, 'gone'), join(root, 'mine.ts'))
    const problems = new Problems()
    await findMarkedFiles([join(root, 'mine.ts')], problems)
    try {
      problems.throwIfAny()
    } catch (error) {
      assert.instance(error, VersiongenError)
      assert.is((error as VersiongenError).code, 'model-unreadable')
      assert.is((error as VersiongenError).where?.file, join(root, 'mine.ts'))
      return
    }
    assert.unreachable()
  }))

test('parses nothing where nothing is marked', () =>
  withFiles({ 'a.ts': 'class A { {{{' }, async (_files, root) => {
    assert.equal(await readModels({ root, patterns: ['*.ts'] }), { models: [], searched: 1, parsed: [] })
  }))

test.run()
