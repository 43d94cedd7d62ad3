import { readdir, readFile } from 'node:fs/promises'
import type { Catalog } from '../../src/catalog/types.ts'
import { findUnrecorded } from '../../src/database/unrecorded.ts'
import type { Database } from '../../src/database/types.ts'
import type { Model, ModelProperty, VersionedOptions } from '../../src/models/types.ts'
import { compareTable, type Comparison } from '../../src/plan/compare.ts'
import { compareTransactions } from '../../src/plan/compare-transactions.ts'
import { planMigrations, type PlannedMigration } from '../../src/plan/migrations.ts'
import { resolveModel, type Resolved } from '../../src/plan/resolve.ts'
import type { Finding } from '../../src/plan/types.ts'
import { chainProblems, chainViolationsSql, type ChainViolation } from '../../src/sql/check-chains.ts'
import { readInSnapshot } from '../catalog/read-in-snapshot.ts'
import { fixtureUrl } from '../support/fixture.ts'

/** `case.json`; everything has a default. */
export interface CaseOptions {
  /** `mine`, or `app.mine` */
  readonly table?: string
  /** What the table is called after the change. */
  readonly tableAfter?: string
  /** The model's options, at first and then. */
  readonly before?: VersionedOptions
  readonly after?: VersionedOptions
  /** Columns that the model declares. */
  readonly properties?: readonly string[]
  /** `given`: before.sql makes the version table itself. */
  readonly history?: 'made' | 'given'
  /** Whether chains are looked at in the end; not where a person has to decide first. */
  readonly chains?: boolean
  /** The migration stops with an error like this, and leaves all as it was. */
  readonly refused?: string
  /** Lowest `server_version_num`. */
  readonly server?: number
}

const timeouts = { lockTimeout: '5s', statementTimeout: '30s' }

export const readCases = async (): Promise<readonly string[]> =>
  (await readdir(fixtureUrl('evolution/'), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()

export const readCase = async (name: string): Promise<CaseOptions> =>
  JSON.parse((await readOptional(`evolution/${name}/case.json`)) ?? '{}') as CaseOptions

export const readOptional = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(fixtureUrl(path), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

export const describeModel = (table: string, options: VersionedOptions, properties: readonly string[] = []): Model => {
  const dot = table.indexOf('.')
  return {
    name: 'Mine',
    kind: 'class',
    file: '/models/mine.ts',
    line: 3,
    column: 3,
    exported: 'named',
    schema: dot < 0 ? undefined : table.slice(0, dot),
    table: table.slice(dot + 1),
    options,
    properties: properties.map((name): ModelProperty => ({
      name,
      columnName: name,
      explicit: true,
      type: undefined,
      line: 4,
      column: 3,
    })),
  }
}

export interface Look {
  readonly catalog: Catalog
  readonly resolved: Resolved
  readonly comparison: Comparison | undefined
  readonly findings: readonly Finding[]
  readonly migrations: readonly PlannedMigration[]
}

/** What `check` would say and `generate` would write. */
export const look = async (db: Database, model: Model, asOfFunctions = true): Promise<Look> => {
  const catalog = await readInSnapshot(db)
  const resolved = resolveModel(model, catalog, { versioned: {}, transactionTable: 'transaction', asOfFunctions })
  const { table } = resolved
  const comparison =
    table === undefined ? undefined : compareTransactions([compareTable(table, catalog)], catalog).get(table)
  return {
    catalog,
    resolved,
    comparison,
    findings: [...resolved.findings, ...(comparison?.findings ?? [])],
    migrations: comparison === undefined ? [] : planMigrations([comparison], timeouts),
  }
}

export const apply = async (db: Database, migrations: readonly PlannedMigration[]): Promise<void> => {
  for (const { text, verb } of migrations) {
    try {
      await db.script(`begin; ${text}\n; commit`)
    } catch (cause) {
      await db.script('rollback')
      throw new Error(`${verb}: ${cause instanceof Error ? cause.message : String(cause)}\n${withoutBody(text)}`, {
        cause,
      })
    }
  }
}

/** Rows without a version, and broken chains, as text. */
export const faults = async (db: Database, { resolved: { table } }: Look): Promise<readonly string[]> => {
  if (table === undefined) return ['no table']
  const unrecorded = (await findUnrecorded(db, [table], 100)).get(table) ?? 0
  const violations = await db.query<ChainViolation>(chainViolationsSql(table, { compareLive: true }))
  return [
    ...(unrecorded === 0 ? [] : [`${unrecorded} rows without a version`]),
    ...violations
      .filter(({ problem }) => chainProblems[problem].breaks)
      .map(({ key, transaction_id, problem }) => `${JSON.stringify(key)} ${transaction_id}: ${problem}`),
  ]
}

/** For a person to read: what check says, then what generate writes. */
export const describeLook = ({ findings, migrations }: Look, left: readonly Finding[]): string =>
  [
    '-- versiongen check says:',
    ...(findings.length === 0 ? ['--   nothing'] : findings.map(describeFinding)),
    ...(left.length === 0 ? [] : ['-- and once the migrations are applied:', ...left.map(describeFinding)]),
    ...migrations.flatMap(({ verb, text }) => [
      '',
      `-- ${'='.repeat(20)} V…__${verb}_…_version_table.sql`,
      withoutBody(text).trimEnd(),
    ]),
    '',
  ].join('\n')

/** What the recording function does has tests of its own. */
const withoutBody = (text: string): string =>
  text.replace(/^(create or replace function [^\n]*\n)[^]*?^\$versiongen\d*\$;$/gm, '$1…')

const describeFinding = ({ code, object, expected, actual, message, fix }: Finding): string =>
  `--   ${code} ${object}: ${expected ?? '-'} / ${actual ?? '-'}
--     ${message}
--     ${fix === null ? 'for a person to decide' : `fix: ${fix}`}`
