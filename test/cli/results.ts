import type { CheckReport, GenerateResult, StatusRow } from '../../src/results.ts'

/** Names that are fit to break a format: quotes, markup, workflow commands, control and wide characters. */
const hostile = 'public."M::warning,%\n<&|`\u001b[31m\u0000"'

export const drift: CheckReport = {
  ok: false,
  tables: [
    {
      table: 'public.mine',
      model: { name: 'Mine', file: '/project/src/models/mine.ts', line: 3 },
      versionTable: 'public.mine_version',
      findings: [
        {
          code: 'column-missing',
          severity: 'error',
          object: 'public.mine_version.mine_name',
          expected: 'character varying(60)',
          actual: null,
          message: 'the version table lacks the column mine_name',
          fix: 'versiongen --table mine',
          where: null,
        },
        {
          code: 'model-column',
          severity: 'warning',
          object: 'public.mine.mine_nmae',
          expected: null,
          actual: 'string',
          message: 'the model has a property without a column',
          fix: null,
          where: { file: '/project/src/models/mine.ts', line: 9, column: 3 },
        },
      ],
    },
    {
      table: 'public.permit',
      model: { name: 'Permit', file: '/project/src/models/permit.ts', line: 1 },
      versionTable: 'public.permit_version',
      findings: [],
    },
    {
      table: hostile,
      model: { name: 'Hostile', file: '/elsewhere/a b,c:d%/hostile.ts', line: 12 },
      versionTable: 'public.hostile_version',
      findings: [
        {
          code: 'trigger-missing',
          severity: 'error',
          object: hostile,
          expected: 'a trigger',
          actual: 'none: ]]> %0A ::error::',
          message: 'line one\nline two | *bold* <b>&amp;</b> \u0007',
          fix: "versiongen --table 'x`y'",
          where: null,
        },
      ],
    },
  ],
  findings: [
    {
      code: 'migration-pending',
      severity: 'warning',
      object: 'V2__x.sql',
      expected: 'applied',
      actual: 'pending',
      message: 'the database has not run V2__x.sql',
      fix: 'flyway migrate',
      where: { file: '/project/db/V2__x.sql' },
    },
    {
      code: 'transaction-table',
      severity: 'error',
      object: 'public.transaction',
      expected: null,
      actual: null,
      message: 'public.transaction has another shape',
      fix: null,
      where: { object: 'public.transaction' },
    },
  ],
}

export const inSync: CheckReport = {
  ok: true,
  tables: drift.tables.map((table) => ({ ...table, findings: [] })),
  findings: [],
}

export const onlyWarnings: CheckReport = {
  ok: true,
  tables: inSync.tables.slice(0, 1),
  findings: drift.findings.slice(0, 1),
}

/** Of a check that did not look at everything. */
export const partial: CheckReport = { ...onlyWarnings, skipped: ['rows and their versions', 'a < b & "c"'] }

export const generated: GenerateResult = {
  tables: drift.tables.slice(0, 1),
  files: [
    { kind: 'migration', path: '/project/db/V3__create_mine_version_table.sql', content: '-- one\n', replaces: false },
    { kind: 'accessor', path: '/project/src/history/mine.ts', content: '// two\n', replaces: true },
  ],
  dryRun: false,
  findings: drift.findings.slice(0, 1),
  nextSteps: ['flyway migrate', "import { mineHistory } from './history/mine.ts'"],
}

export const rows: readonly StatusRow[] = [
  {
    table: 'public.mine',
    model: { name: 'Mine', file: '/project/src/models/mine.ts', line: 3 },
    versionTable: 'public.mine_version',
    versionTableState: 'ok',
    triggers: 'ok',
    rowsWithoutVersion: 0,
    pendingMigrations: 0,
    accessor: 'ok',
  },
  {
    table: 'public.鉱山🏔️é',
    model: { name: 'Wide', file: '/project/src/models/wide.ts', line: 120 },
    versionTable: 'public.鉱山_version',
    versionTableState: 'drift',
    triggers: 'missing',
    rowsWithoutVersion: 1200,
    pendingMigrations: 2,
    accessor: 'outdated',
  },
  {
    table: 'public.a\nb\u001b[31m',
    model: { name: 'Lines', file: '/project/src/models/lines.ts', line: 1 },
    versionTable: 'public.a_version',
    versionTableState: 'missing',
    triggers: 'none',
    rowsWithoutVersion: null,
    pendingMigrations: 0,
    accessor: 'missing',
  },
]
