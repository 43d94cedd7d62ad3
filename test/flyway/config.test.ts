import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { VersiongenError } from '../../src/errors.ts'
import { readFlywayConfig, type FlywayConfigSources } from '../../src/flyway/config.ts'
import type { FlywayConfig } from '../../src/flyway/types.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

type Files = Readonly<Record<string, string>>

const write = async (root: string, files: Files): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }
}

/** Reads the configuration of a project with these files; paths in the result are relative to it. */
const read = (files: Files, sources: Partial<FlywayConfigSources> = {}): Promise<FlywayConfig> =>
  withTemporaryFolder(async (root) => {
    await write(root, files)
    const given = { cwd: join(root, 'project'), env: {}, home: join(root, 'home'), overrides: {}, ...sources }
    await mkdir(given.cwd, { recursive: true })
    const config = await readFlywayConfig(given)
    const cut = (path: string): string => path.replace(`${root}/`, '').replace('project/', '')
    return { ...config, locations: config.locations.map(cut), sources: config.sources.map(cut) }
  })

const fails = async (
  code: string,
  message: RegExp,
  files: Files,
  sources: Partial<FlywayConfigSources> = {},
): Promise<VersiongenError> => {
  const error = await read(files, sources).then(
    () => undefined,
    (thrown: VersiongenError) => thrown,
  )
  assert.is(error?.code, code, error?.message)
  assert.match(`${error?.message} ${error?.hint} ${error?.where?.file}:${error?.where?.line}`, message)
  return error as VersiongenError
}

const sql = { 'project/sql/V1__x.sql': '' }

test("Flyway's defaults", async () => {
  const { workingDirectory: _, ...config } = await read(sql)
  assert.equal(config, {
    locations: ['sql'],
    versionedPrefix: 'V',
    undoPrefix: 'U',
    baselinePrefix: 'B',
    repeatablePrefix: 'R',
    separator: '__',
    suffixes: ['.sql'],
    placeholderReplacement: true,
    placeholderPrefix: '${',
    placeholderSuffix: '}',
    placeholders: {},
    encoding: 'UTF-8',
    defaultSchema: undefined,
    schemas: [],
    historyTable: 'flyway_schema_history',
    outOfOrder: false,
    validateMigrationNaming: false,
    target: undefined,
    baselineVersion: '1',
    ignoreMigrationPatterns: ['*:future'],
    executeInTransaction: true,
    transactionalLock: true,
    sources: [],
  })
})

test('a flyway.toml', async () => {
  const config = await read(
    {
      ...sql,
      'project/db/V2__y.sql': '',
      'project/flyway.toml': `
id = "5f1a"
[flyway]
locations = ["filesystem:sql", "filesystem:db"] # both
table = "history"
outOfOrder = true
ignoreMigrationPatterns = ["*:missing"]
sqlMigrationSuffixes = [".sql", ".ddl"]
[flyway.placeholders]
role = "\${env.ROLE}"
[flyway.postgresql.transactional]
lock = false
[environments.default]
url = "jdbc:postgresql://localhost/mds"
schemas = ["mds"]
[flywayDesktop]
developmentEnvironment = "x"
`,
    },
    { env: { ROLE: 'app' } },
  )
  assert.equal(config.locations, ['sql', 'db'])
  assert.is(config.historyTable, 'history')
  assert.is(config.outOfOrder, true)
  assert.is(config.transactionalLock, false)
  assert.equal(config.suffixes, ['.sql', '.ddl'])
  assert.equal(config.ignoreMigrationPatterns, ['*:missing'])
  assert.equal(config.schemas, ['mds'])
  assert.equal(config.placeholders, { role: 'app' })
  assert.equal(config.sources, ['flyway.toml'])
})

test('an environment of its own', async () => {
  const toml = `
[flyway]
environment = "ci"
table = "a"
outOfOrder = true
[environments.ci.flyway]
table = "b"
[environments.other.flyway]
table = "c"
`
  const config = await read({ ...sql, 'project/flyway.toml': toml })
  assert.is(config.historyTable, 'b')
  assert.is(config.outOfOrder, true)
  const other = await read({ ...sql, 'project/flyway.toml': toml }, { env: { FLYWAY_ENVIRONMENT: 'other' } })
  assert.is(other.historyTable, 'c')
  const variable = await read({ ...sql, 'project/flyway.toml': toml }, { env: { FLYWAY_TABLE: 'd' } })
  assert.is(variable.historyTable, 'd')
})

test('a flyway.conf, with variables', async () => {
  const config = await read(
    {
      ...sql,
      'project/flyway.conf':
        '# x\nflyway.locations=filesystem:sql\nflyway.table=${TABLE}\nflyway.placeholders.role = ${UNSET}x\nflyway.sqlMigrationPrefix=MIG\\n\nother.key=1\n',
    },
    { env: { TABLE: 'history' } },
  )
  assert.is(config.historyTable, 'history')
  assert.equal(config.placeholders, { role: 'x' })
  assert.is(config.versionedPrefix, 'MIG\\n')
})

test('who wins: overrides, variables, flyway.user.toml, flyway.toml, the home folder', async () => {
  const table = (name: string): string => `[flyway]\ntable = "${name}"\n`
  const files = { ...sql, 'home/flyway.toml': table('home') }
  const project = { ...files, 'project/flyway.toml': table('project') }
  const user = { ...project, 'project/flyway.user.toml': table('user') }
  const env = { FLYWAY_TABLE: 'env' }
  const historyTable = async (...given: Parameters<typeof read>): Promise<string> => (await read(...given)).historyTable
  assert.is(await historyTable(files), 'home')
  assert.is(await historyTable(project), 'project')
  assert.is(await historyTable(user), 'user')
  assert.is(await historyTable(user, { env }), 'env')
  assert.is(await historyTable(user, { env, overrides: { table: 'override' } }), 'override')
})

test('any default .toml, and no .conf counts', async () => {
  const config = await read({ ...sql, 'home/flyway.toml': '', 'project/flyway.conf': 'flyway.table=conf' })
  assert.is(config.historyTable, 'flyway_schema_history')
  assert.is((await read({ ...sql, 'project/flyway.conf': 'flyway.table=conf' })).historyTable, 'conf')
})

test('FLYWAY_CONFIG_FILES', async () => {
  const files = {
    ...sql,
    'project/a.toml': '[flyway]\ntable = "a"',
    'project/b.conf': 'flyway.table=b',
    'project/flyway.conf': 'flyway.outOfOrder=true',
  }
  assert.is((await read(files, { env: { FLYWAY_CONFIG_FILES: 'a.toml' } })).historyTable, 'a')
  assert.is((await read(files, { env: { FLYWAY_CONFIG_FILES: 'a.toml' } })).outOfOrder, false)
  assert.is((await read(files, { env: { FLYWAY_CONFIG_FILES: 'b.conf' } })).historyTable, 'b')
  assert.is((await read(files, { env: { FLYWAY_CONFIG_FILES: 'b.conf' } })).outOfOrder, true)
  await fails('flyway-config', /both kinds/, files, { env: { FLYWAY_CONFIG_FILES: 'a.toml,b.conf' } })
  await fails('flyway-config', /does not exist.*none\.toml/, files, { env: { FLYWAY_CONFIG_FILES: 'none.toml' } })
})

test('variables', async () => {
  const config = await read(sql, {
    env: {
      FLYWAY_LOCATIONS: 'filesystem:sql',
      FLYWAY_SCHEMAS: 'a, b',
      FLYWAY_DEFAULT_SCHEMA: 'c',
      FLYWAY_SQL_MIGRATION_PREFIX: 'M',
      FLYWAY_SQL_MIGRATION_SEPARATOR: '@',
      FLYWAY_SQL_MIGRATION_SUFFIXES: '.sql,.ddl',
      FLYWAY_PLACEHOLDERS_MY_ROLE: 'x',
      FLYWAY_PLACEHOLDER_REPLACEMENT: 'FALSE',
      FLYWAY_VALIDATE_MIGRATION_NAMING: 'true',
      FLYWAY_POSTGRESQL_TRANSACTIONAL_LOCK: 'false',
      OTHER: 'x',
    },
  })
  assert.equal(config.schemas, ['a', 'b'])
  assert.is(config.defaultSchema, 'c')
  assert.is(config.versionedPrefix, 'M')
  assert.is(config.separator, '@')
  assert.equal(config.suffixes, ['.sql', '.ddl'])
  assert.equal(config.placeholders, { my_role: 'x' })
  assert.is(config.placeholderReplacement, false)
  assert.is(config.validateMigrationNaming, true)
  assert.is(config.transactionalLock, false)
})

test('locations: classpath, wildcards, explicit ones', async () => {
  const files = {
    ...sql,
    'project/src/main/resources/db/migration/V1__x.sql': '',
    'project/src/main/java/db/migration/V2__X.java': '',
    'project/teams/a/sql/V1__x.sql': '',
  }
  const locations = async (list: string): Promise<readonly string[]> =>
    (await read(files, { env: { FLYWAY_LOCATIONS: list } })).locations
  assert.equal(await locations('classpath:db/migration'), [
    'src/main/resources/db/migration',
    'src/main/java/db/migration',
  ])
  assert.equal(await locations('db/migration'), ['src/main/resources/db/migration', 'src/main/java/db/migration'])
  assert.equal(await locations('filesystem:teams/**/sql,filesystem:sql, filesystem:sql'), ['teams/**/sql', 'sql'])
  assert.equal((await read(files, { locations: ['sql'], env: { FLYWAY_LOCATIONS: 's3:bucket' } })).locations, ['sql'])
})

test('a location that is not there, not a folder, or not on disk', async () => {
  await fails('flyway-location', /filesystem:nope does not exist.*--migrations.*\/nope/, sql, {
    env: { FLYWAY_LOCATIONS: 'filesystem:nope' },
  })
  await fails('flyway-location', /nope does not exist/, sql, { locations: ['nope'] })
  await fails('flyway-location', /classpath:nope does not exist.*src\/main\/resources\/nope/, sql, {
    env: { FLYWAY_LOCATIONS: 'classpath:nope' },
  })
  await fails('flyway-location', /is not a folder/, sql, { locations: ['sql/V1__x.sql'] })
  await fails('flyway-location', /s3:bucket\/x is not on disk/, sql, { env: { FLYWAY_LOCATIONS: 's3:bucket/x' } })
})

test('discovery: the one usual folder with migrations', async () => {
  const found = async (...names: readonly string[]): Promise<readonly string[]> =>
    (await read(Object.fromEntries(names.map((name) => [`project/${name}`, ''])))).locations
  assert.equal(await found('migrations/sql/V1__x.sql', 'migrations/README.md'), ['migrations/sql'])
  assert.equal(await found('migrations/2024/V1__x.sql', 'sql/report.sql'), ['migrations'])
  assert.equal(await found('migrations/V1__x.sql', 'migrations/sql/V2__x.sql'), ['migrations'])
  assert.equal(await found('src/main/resources/db/migration/v1/V1__x.sql'), ['src/main/resources/db/migration'])
  await fails('migrations-ambiguous', /sql, db\/migration.*--migrations/, {
    'project/sql/V1__x.sql': '',
    'project/db/migration/V1__x.sql': '',
  })
  await fails('migrations-not-found', /such as V1__x\.sql.*--migrations/, { 'project/sql/x.sql': '' })
  await fails('migrations-not-found', /V1__x/, {})
})

test('a half-edited file: file and line', async () => {
  await fails('flyway-config', /flyway\.toml:3/, {
    ...sql,
    'project/flyway.toml': '[flyway]\ntable = "x"\nlocations = ["filesystem:sql"',
  })
  await fails('flyway-config', /flyway\.toml:2/, { ...sql, 'project/flyway.toml': '[flyway]\ntable = x y' })
  await fails('flyway-config', /flyway\.conf:2/, {
    ...sql,
    'project/flyway.conf': 'flyway.table=x\nflyway.locations\n',
  })
  await fails('flyway-config', /outoforder is true or false, not "yes".*flyway\.toml/, {
    ...sql,
    'project/flyway.toml': '[flyway]\noutOfOrder = "yes"',
  })
  await fails('flyway-config', /table is one text/, { ...sql, 'project/flyway.toml': '[flyway]\ntable = ["x"]' })
  await fails('flyway-config', /target is a version/, sql, { env: { FLYWAY_TARGET: 'x' } })
})

test('hostile names of placeholders', async () => {
  const toml = '[flyway.placeholders]\n"__proto__" = "a"\nconstructor = "b"\n"db-user" = "c"\n'
  const { placeholders } = await read({ ...sql, 'project/flyway.toml': toml })
  assert.equal(Object.entries(placeholders), [
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['db-user', 'c'],
  ])
})

test.run()
