import { readdir, writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as assert from 'uvu/assert'
import { nameAccessors } from '../../src/accessors/names.ts'
import { resolveSettings } from '../../src/config/resolve-settings.ts'
import type { Settings } from '../../src/config/types.ts'
import type { Database } from '../../src/database/types.ts'
import type { Connection } from '../../src/history/mod.ts'
import { check, generate } from '../../src/project.ts'
import { readProject } from '../../src/read-project.ts'
import type { Selection } from '../../src/results.ts'
import { chainViolationsSql } from '../../src/sql/check-chains.ts'
import { qualified } from '../../src/sql/quote.ts'
import { linkVersiongen } from '../support/mines.ts'
import { makeModels } from './make-models.ts'
import type { TestSchema, TestTable } from './make-schema.ts'
import { type AnyHistory, compareWithRows, sessionSettings } from './read-back.ts'
import { makeWorkload } from './workload.ts'

const all: Selection = { tables: [], all: true }
const now = new Date('2026-05-06T07:08:09Z')

export interface Life {
  readonly root: string
  readonly db: Database
  /** What accessors read through. */
  readonly connection: Connection
  /** Undefined: generated from a shadow. */
  readonly url: string | undefined
  readonly schema: TestSchema
  readonly rounds: number
  readonly rowsRead: number
  readonly seed: number
  /** Applies what is pending in the folder. */
  readonly migrate: () => Promise<unknown>
  /** The connection that writes, where it is another one; and what replaces it by a new one now and then. */
  readonly writer?: () => Database
  readonly renew?: () => Promise<void>
  readonly say?: (message: string) => void
}

/**
 * From a schema nobody has seen to its history: generate, apply, check, write, prove, read back. Throws at the first
 * thing that is not as it must be.
 */
export const live = async (life: Life): Promise<{ readonly rows: number; readonly transactions: number }> => {
  const { root, db, schema, say = () => undefined } = life
  await writeProject(root, schema)
  await db.script(sessionSettings)
  await life.migrate()
  const { tables } = schema
  // Some rows are there before their history.
  const [first = [], later = []] = [0, 1].map((half) =>
    makeWorkload(tables, life.seed, life.rounds).filter((_, i) => (i < tables.length / 2 ? 0 : 1) === half),
  )
  for (const sql of first) await runTransaction(db, sql)

  const settings = settingsFor(root, life.url)
  say('generate')
  const result = await generate(settings, all, { dryRun: false, force: false, now })
  assert.is(result.tables.length, tables.length)
  assert.is(result.files.filter(({ kind }) => kind === 'migration').length, 2 * tables.length)
  assert.is(result.files.filter(({ kind }) => kind === 'accessor').length, tables.length)
  say('migrate')
  await life.migrate()
  say('check')
  await assertInSync(settings)
  say('write')
  let transactions = 0
  for (const [index, sql] of later.entries()) {
    if (index % 100 === 0) await life.renew?.()
    transactions += await runTransaction(life.writer?.() ?? db, sql)
  }
  say('prove')
  const project = await readProject(settings, {})
  const versioned = project.resolved.flatMap(({ table }) => table ?? [])
  assert.is(versioned.length, tables.length)
  for (const table of versioned) {
    const violations = await db.query(chainViolationsSql(table, { compareLive: true }))
    assert.equal(violations, [], qualified(table.base))
  }
  say('read')
  let rows = 0
  const names = nameAccessors(versioned)
  for (const [table, { stem, value }] of names) {
    const original = tables.find(({ schema, name }) => schema === table.base.schema && name === table.base.name)
    assert.ok(original)
    const module = (await import(pathToFileURL(join(root, 'history', `${stem}.ts`)).href)) as Record<string, unknown>
    const create = module[`${value}History`] as ((db: Connection) => AnyHistory) | undefined
    assert.type(create, 'function', stem)
    if (create) rows += await compareWithRows(db, original as TestTable, create(life.connection), life.rowsRead)
  }
  say('again')
  await assertInSync(settings)
  const before = await readdir(root, { recursive: true })
  assert.equal((await generate(settings, all, { dryRun: false, force: false, now })).files, [])
  assert.equal(await readdir(root, { recursive: true }), before)
  return { rows, transactions }
}

export const settingsFor = (root: string, url: string | undefined): Settings =>
  resolveSettings({
    cwd: root,
    env: {},
    home: root,
    config: { models: 'models/*.ts', out: 'history', migrations: 'migrations' },
    flags: url === undefined ? { shadow: true } : { url },
  })

export const writeProject = async (root: string, schema: TestSchema): Promise<void> => {
  for (const folder of ['models', 'migrations']) await mkdir(join(root, folder))
  await linkVersiongen(root)
  await writeFile(join(root, 'package.json'), '{ "type": "module" }')
  for (const [file, text] of makeModels(schema.tables)) await writeFile(join(root, 'models', file), text)
  const script = join(root, 'migrations', 'V1__tables.sql')
  await writeFile(script, [schema.sql, ...schema.tables.map(({ sql }) => sql), ''].join('\n'))
  await writeFile(`${script}.conf`, 'placeholderReplacement=false\n')
}

/** A clash of keys, or a row that does not fit a partition, is part of life; anything else is not. */
const runTransaction = async (db: Database, sql: string): Promise<number> => {
  try {
    await db.script(sql)
    return 1
  } catch (error) {
    await db.script('rollback')
    const { code } = error as { readonly code?: string }
    if (code === '23505') return 0
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${sql}`, { cause: error })
  }
}

const assertInSync = async (settings: Settings): Promise<void> => {
  const report = await check(settings, all)
  const findings = [...report.findings, ...report.tables.flatMap((table) => table.findings)]
  assert.equal(
    findings.map(({ code, object, message, expected, actual }) => ({ code, object, message, expected, actual })),
    [],
  )
  assert.ok(report.ok)
}
