import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFlywayConfig } from '../../src/flyway/config.ts'
import { readFolder } from '../../src/flyway/read-folder.ts'
import { migrationStates } from '../../src/flyway/states.ts'
import type { AppliedMigration, MigrationFolder } from '../../src/flyway/types.ts'
import { findFolderDrift, isPending, pendingMigrations } from '../../src/plan/folder-findings.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

const withFolder = (files: readonly string[], use: (folder: MigrationFolder) => void | Promise<void>): Promise<void> =>
  withTemporaryFolder(async (root) => {
    await mkdir(join(root, 'sql'))
    for (const file of files) await writeFile(join(root, 'sql', file), 'select 1;\n')
    const config = await readFlywayConfig({ cwd: root, env: {}, home: root, locations: ['sql'], overrides: {} })
    await use(await readFolder(config))
  })

/** What `flyway_schema_history` says once the folder's files have run. */
const apply = (folder: MigrationFolder, scripts: readonly string[]): readonly AppliedMigration[] =>
  folder.migrations
    .filter(({ script }) => scripts.includes(script))
    .map((migration, i) => ({
      installedRank: i + 1,
      version: migration.version,
      description: migration.description,
      type: 'SQL',
      script: migration.script,
      checksum: migration.checksum,
      success: true,
    }))

test('a folder that was applied as it is has no finding', () =>
  withFolder(['V1__a.sql', 'V2__b.sql'], (folder) => {
    assert.equal(findFolderDrift(folder, apply(folder, ['V1__a.sql', 'V2__b.sql'])), [])
  }))

test('migration-pending: what is on its way is known by table and verb', () =>
  withFolder(['V1__a.sql', 'V2__create_mine_version_table.sql'], (folder) => {
    const line =
      '-- History of public.mine: from here on, every committed state of its rows is kept in public.mine_version.'
    const pending = new Map(
      pendingMigrations(migrationStates(folder, apply(folder, ['V1__a.sql']))).map((status) => [status, line]),
    )
    assert.is(isPending(pending, { schema: 'public', name: 'mine_version' }, 'create'), false)
    assert.is(
      isPending(
        new Map([...pending.keys()].map((status) => [status, '-- of app.mine:'])),
        { schema: 'public', name: 'mine' },
        'create',
      ),
      false,
    )
    assert.is(isPending(pending, { schema: 'public', name: 'mine' }, 'create'), true)
    assert.is(isPending(pending, { schema: 'public', name: 'mine' }, 'alter'), false)
    assert.is(isPending(pending, { schema: 'app', name: 'mine' }, 'create'), false)
    assert.equal(findFolderDrift(folder, apply(folder, ['V1__a.sql'])), [])
  }))

test('migration-missing: a file that was applied is gone', () =>
  withFolder(['V1__a.sql', 'V2__b.sql', 'V3__c.sql'], (folder) => {
    const applied = apply(folder, ['V1__a.sql', 'V2__b.sql', 'V3__c.sql'])
    const without = (...scripts: readonly string[]): MigrationFolder => ({
      ...folder,
      migrations: folder.migrations.filter(({ script }) => !scripts.includes(script)),
    })
    const missing = (found: MigrationFolder, rows: readonly AppliedMigration[] | null = applied): readonly string[] =>
      findFolderDrift(found, rows).map(({ code, object }) => `${code} ${object}`)
    assert.equal(missing(without('V1__a.sql', 'V2__b.sql')), [
      'migration-missing V1__a.sql',
      'migration-missing V2__b.sql',
    ])
    const [finding] = findFolderDrift(without('V2__b.sql'), applied)
    assert.match(finding?.message ?? '', /file is gone: .*Restore V2__b\.sql from version control$/)
    assert.is(finding?.fix, null)

    const ignoring = (...ignoreMigrationPatterns: readonly string[]): MigrationFolder => ({
      ...without('V2__b.sql'),
      config: { ...folder.config, ignoreMigrationPatterns },
    })
    assert.equal(missing(ignoring('*:missing')), [])
    assert.equal(missing(ignoring('Versioned:Missing')), [])
    assert.equal(missing(ignoring('repeatable:missing')), ['migration-missing V2__b.sql'])

    // Another branch may have run it: Flyway calls that the future.
    assert.equal(missing(without('V3__c.sql')), [])
    assert.equal(missing(without('V2__b.sql'), null), [])
    const set = (row: Partial<AppliedMigration>): readonly AppliedMigration[] =>
      applied.map((each) => (each.script === 'V2__b.sql' ? { ...each, ...row } : each))
    assert.equal(missing(without('V2__b.sql'), set({ success: false })), ['migration-failed V2__b.sql'])
    assert.equal(missing(without('V2__b.sql'), set({ type: 'JDBC' })), [])
  }))

test('migration-missing: a file with its content has another version now', () =>
  withFolder(['V1__a.sql', 'V2__b.sql', 'V3__c.sql', 'V77__b.sql'], (folder) => {
    const contents = folder.migrations.map((migration, i) => ({ ...migration, checksum: i === 3 ? 1 : i }))
    const applied = apply({ ...folder, migrations: contents }, ['V1__a.sql', 'V2__b.sql', 'V3__c.sql'])
    const migrations = contents.filter(({ script }) => script !== 'V2__b.sql')
    assert.equal(
      findFolderDrift({ ...folder, migrations }, applied).map(({ message }) => message),
      [
        '2 b was applied, but its file is gone: Flyway refuses to run. V77__b.sql has its content: give it its former name, V2__b.sql',
      ],
    )
  }))

test('migration-missing: what a baseline replaces may go', () =>
  withFolder(['B2__all.sql', 'V1__a.sql', 'V2__b.sql', 'V3__c.sql'], (folder) => {
    const applied = apply(folder, ['V1__a.sql', 'V2__b.sql', 'V3__c.sql'])
    const migrations = folder.migrations.filter(({ script }) => script.startsWith('B') || script.startsWith('V3'))
    assert.equal(findFolderDrift({ ...folder, migrations }, applied), [])
  }))

test('migration-edited: another checksum than was applied', () =>
  withFolder(['V1__a.sql'], (folder) => {
    const applied = apply(folder, ['V1__a.sql']).map((row) => ({ ...row, checksum: 7 }))
    const [finding, ...others] = findFolderDrift(folder, applied)
    assert.equal(others, [])
    assert.equal([finding?.code, finding?.severity, finding?.expected], ['migration-edited', 'error', 'checksum 7'])
    assert.match(finding?.message ?? '', /was changed after it was applied/)
    assert.match(finding?.where?.file ?? '', /V1__a\.sql$/)
  }))

test('migration-edited: renamed after it was applied', () =>
  withFolder(['V1__a.sql', 'V3__another.sql'], (folder) => {
    const applied = apply(folder, ['V1__a.sql', 'V3__another.sql']).map((row) =>
      row.script === 'V1__a.sql' ? row : { ...row, description: 'x', script: 'V3__x.sql' },
    )
    const [finding, ...others] = findFolderDrift(folder, applied)
    assert.equal(others, [])
    assert.equal(finding, {
      code: 'migration-edited',
      severity: 'error',
      object: 'V3__another.sql',
      expected: 'description x',
      actual: 'description another',
      message:
        'V3__another.sql was applied as V3__x.sql and renamed since: Flyway refuses to run. Give it its former name',
      fix: null,
      where: { file: join(folder.config.workingDirectory, 'sql', 'V3__another.sql') },
    })
    // Changed as well: said once, as Flyway does.
    const changed = applied.map((row) => ({ ...row, checksum: 7 }))
    assert.equal(
      findFolderDrift(folder, changed).map(({ expected }) => expected),
      ['checksum 7', 'checksum 7'],
    )
  }))

test('migration-duplicate: the file that was applied is not taken for the other', () =>
  withFolder(['V1.29.1__x.sql', 'V1_29_01__dup.sql', 'V1.30__y.sql', 'V1_30__twin.sql'], async (folder) => {
    const applied = apply(folder, ['V1.29.1__x.sql', 'V1_30__twin.sql'])
    const migrations = folder.migrations.map((migration) =>
      applied.some(({ script }) => script === migration.script)
        ? migration
        : { ...migration, checksum: 7, rawChecksum: 7 },
    )
    assert.equal(
      findFolderDrift({ ...folder, migrations }, applied).map(({ code, fix }) => [code, fix]),
      [
        ['migration-duplicate', 'versiongen renumber sql/V1_29_01__dup.sql'],
        ['migration-duplicate', 'versiongen renumber sql/V1.30__y.sql'],
      ],
    )
  }))

test('migration-duplicate: a copy of the file that was applied is the one to renumber', () =>
  withFolder(['V1__a.sql', 'V2__b.sql', 'V2__copy.sql'], (folder) => {
    const [finding] = findFolderDrift(folder, apply(folder, ['V1__a.sql', 'V2__b.sql']))
    assert.equal([finding?.code, finding?.fix], ['migration-duplicate', 'versiongen renumber sql/V2__copy.sql'])
  }))

test('migration-duplicate: no command where both files may be the one that was applied', () =>
  withFolder(['V1__a.sql', 'V2__b.sql', 'V2_0__b.sql'], (folder) => {
    const [finding] = findFolderDrift(folder, apply(folder, ['V1__a.sql', 'V2__b.sql']))
    assert.equal([finding?.code, finding?.fix], ['migration-duplicate', null])
  }))

test('migration-order: below what was applied', () =>
  withFolder(['V1__a.sql', 'V2__b.sql'], (folder) => {
    const [finding, ...others] = findFolderDrift(folder, apply(folder, ['V2__b.sql']))
    assert.equal(others, [])
    assert.equal([finding?.code, finding?.severity, finding?.object], ['migration-order', 'error', 'V1__a.sql'])
  }))

test('migration-duplicate: one version twice', () =>
  withFolder(['V1__a.sql', 'V01__b.sql'], (folder) => {
    const [finding, ...others] = findFolderDrift(folder, null)
    assert.equal(others, [])
    assert.equal([finding?.code, finding?.severity], ['migration-duplicate', 'error'])
    assert.match(finding?.object ?? '', /V0?1__.*V0?1__/)
  }))

test('migration-name: a file that Flyway passes over', () =>
  withFolder(['V1__a.sql', 'V2_b.sql'], (folder) => {
    const [finding, ...others] = findFolderDrift(folder, null)
    assert.equal(others, [])
    assert.equal([finding?.code, finding?.severity], ['migration-name', 'warning'])
    assert.match(finding?.object ?? '', /V2_b\.sql$/)
  }))

test.run()
