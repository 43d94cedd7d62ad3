import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { VersiongenError } from '../../src/errors.ts'
import { readFlywayConfig } from '../../src/flyway/config.ts'
import { readFolder } from '../../src/flyway/read-folder.ts'
import type { FlywayConfig, MigrationFolder } from '../../src/flyway/types.ts'
import { findTargetFolder } from '../../src/flyway/which-location.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

interface Project {
  readonly root: string
  read(locations: readonly string[], settings?: Partial<FlywayConfig>): Promise<MigrationFolder>
}

const project = (
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (project: Project) => Promise<void>,
): Promise<void> =>
  withTemporaryFolder(async (root) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true })
      await writeFile(join(root, name), text)
    }
    const read: Project['read'] = async (locations, settings = {}) => {
      const config = await readFlywayConfig({ cwd: root, env: {}, home: undefined, locations, overrides: {} })
      return readFolder({ ...config, ...settings })
    }
    await use({ root, read })
  })

const scripts = ({ migrations }: MigrationFolder): readonly string[] => migrations.map(({ script }) => script)

test('callbacks, then versions in order, then repeatables by description; hidden folders are not looked into', () =>
  project(
    {
      'sql/V10__b.sql': '',
      'sql/V9__a.sql': '',
      'sql/deep/er/V9.1__c.sql': '',
      'sql/R__b.sql': '',
      'sql/R__A.sql': '',
      'sql/R__a2.sql': '',
      'sql/B9__base.sql': '',
      'sql/U9__undo.sql': '',
      'sql/V11__script.sh': '',
      'sql/V12__X.java': '',
      'sql/beforeMigrate.sql': '',
      'sql/afterMigrate__2.sql': '',
      'sql/.git/V99__x.sql': '',
      'sql/V98__x.sql.tmpl': '',
    },
    async ({ read }) => {
      const folder = await read(['sql'])
      assert.equal(scripts(folder), [
        'afterMigrate__2.sql',
        'beforeMigrate.sql',
        'V9__a.sql',
        'B9__base.sql',
        'U9__undo.sql',
        'deep/er/V9.1__c.sql',
        'V10__b.sql',
        'V11__script.sh',
        'V12__X.java',
        'R__A.sql',
        'R__a2.sql',
        'R__b.sql',
      ])
      assert.equal(
        folder.problems.map(({ code, fatal }) => [code, fatal]),
        [['migration-name', false]],
      )
    },
  ))

test('several locations share one version space; the same file is read once', () =>
  project(
    { 'a/V1__x.sql': '', 'a/sub/V2__y.sql': '', 'b/V01.0__z.sql': '', 'b/V3__w.sql': '' },
    async ({ read, root }) => {
      const folder = await read(['a', 'a/sub', 'b'])
      assert.equal(scripts(folder), ['V01.0__z.sql', 'V1__x.sql', 'sub/V2__y.sql', 'V3__w.sql'])
      assert.equal(
        folder.problems.map(({ code, fatal, files }) => [code, fatal, files]),
        [['migration-duplicate', true, [join(root, 'b/V01.0__z.sql'), join(root, 'a/V1__x.sql')]]],
      )
      assert.match(
        folder.problems[0]?.message ?? '',
        '2 versioned migrations with version 01.0: V01.0__z.sql, V1__x.sql',
      )
      assert.is(findTargetFolder(folder), join(root, 'b'))
    },
  ))

test('wildcards', () =>
  project(
    {
      'teams/a/sql/V1__x.sql': '',
      'teams/b/sql/V2__x.sql': '',
      'teams/b/sql/deep/V3__x.sql': '',
      'teams/b/other/V4__x.sql': '',
      'teams/b/c/sql/V5__x.sql': '',
    },
    async ({ read, root }) => {
      assert.equal(scripts(await read(['teams/*/sql'])), ['V1__x.sql', 'V2__x.sql', 'deep/V3__x.sql'])
      assert.equal(scripts(await read(['teams/?/other'])), ['V4__x.sql'])
      const all = await read(['teams/**/sql'])
      assert.equal(scripts(all), ['V1__x.sql', 'V2__x.sql', 'deep/V3__x.sql', 'V5__x.sql'])
      assert.is(findTargetFolder(all), join(root, 'teams/b/c/sql'))
    },
  ))

test('settings beside a file', () =>
  project(
    {
      'sql/V1__x.sql': '',
      'sql/V1__x.sql.conf': 'executeInTransaction=false',
      'sql/V2__x.sql': '',
      'sql/R__x.sql': '${nope}',
      'sql/R__x.sql.conf': 'placeholderReplacement=false',
    },
    async ({ read }) => {
      const { migrations } = await read(['sql'])
      assert.equal(
        migrations.map(({ executeInTransaction, placeholderReplacement }) => [
          executeInTransaction,
          placeholderReplacement,
        ]),
        [
          [false, undefined],
          [undefined, undefined],
          [undefined, false],
        ],
      )
      assert.is.not(migrations[2]?.checksum, null)
    },
  ))

test('a wrong setting beside a file: file and line', () =>
  project({ 'sql/V1__x.sql': '', 'sql/V1__x.sql.conf': '\nx=1' }, async ({ read, root }) => {
    const error = await read(['sql']).then(
      () => undefined,
      (thrown: VersiongenError) => thrown,
    )
    assert.equal(error?.where, { file: join(root, 'sql/V1__x.sql.conf'), line: 2 })
  }))

test('bytes that are not in the encoding are a problem, not the end', () =>
  project({ 'sql/V1__x.sql': new Uint8Array([0xe9]), 'sql/V2__y.sql': 'x' }, async ({ read }) => {
    const folder = await read(['sql'])
    assert.equal(
      folder.problems.map(({ message, fatal }) => [message, fatal]),
      [['V1__x.sql is not in UTF-8, so that Flyway cannot calculate its checksum', true]],
    )
    assert.is(folder.migrations[0]?.checksum, null)
    assert.equal((await read(['sql'], { encoding: 'ISO-8859-1' })).problems, [])
    const error = await read(['sql'], { encoding: 'klingon' }).catch((thrown: VersiongenError) => thrown)
    assert.is((error as VersiongenError).code, 'flyway-config')
  }))

test('a value that only Flyway knows: no checksum', () =>
  project({ 'sql/R__x.sql': '${flyway:timestamp}', 'sql/R__y.sql': '${flyway:filename}' }, async ({ read }) => {
    const { migrations } = await read(['sql'])
    assert.is(migrations[0]?.checksum, null)
    assert.type(migrations[0]?.rawChecksum, 'number')
    assert.type(migrations[1]?.checksum, 'number')
    assert.is.not(migrations[1]?.checksum, migrations[1]?.rawChecksum)
  }))

test('links are followed, broken ones left out', () =>
  project({ 'real/V1__x.sql': '', 'sql/V2__y.sql': '' }, async ({ read, root }) => {
    await symlink(join(root, 'real'), join(root, 'sql/linked'))
    await symlink(join(root, 'nowhere'), join(root, 'sql/V3__z.sql'))
    assert.equal(scripts(await read(['sql'])), ['linked/V1__x.sql', 'V2__y.sql'])
  }))

test('a link that leads back up ends in one clear error', () =>
  project({ 'sql/V1__x.sql': '' }, async ({ read, root }) => {
    await symlink(join(root, 'sql'), join(root, 'sql/loop'))
    const error = await read(['sql']).catch((thrown: VersiongenError) => thrown)
    assert.is((error as VersiongenError).code, 'flyway-location')
  }))

if (process.getuid?.() !== 0) {
  test('a folder without permission', () =>
    project({ 'sql/V1__x.sql': '', 'sql/sub/V2__x.sql': '' }, async ({ read, root }) => {
      await chmod(join(root, 'sql/sub'), 0)
      const error = await read(['sql']).catch((thrown: VersiongenError) => thrown)
      await chmod(join(root, 'sql/sub'), 0o700)
      assert.is((error as VersiongenError).code, 'flyway-location')
      assert.equal((error as VersiongenError).where, { file: join(root, 'sql/sub') })
    }))
}

test('new files go where the highest versioned SQL file is, else to the first location', () =>
  project(
    { 'a/V1__x.sql': '', 'b/2024/V2__x.sql': '', 'a/V3__X.java': '', 'a/R__x.sql': '', 'empty/x.txt': '' },
    async ({ read, root }) => {
      assert.is(findTargetFolder(await read(['a', 'b'])), join(root, 'b/2024'))
      assert.is(findTargetFolder(await read(['empty', 'a'])), join(root, 'a'))
      assert.is(findTargetFolder(await read(['empty'])), join(root, 'empty'))
    },
  ))

test.run()
