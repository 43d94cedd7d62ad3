import type { Settings } from '../../src/config/types.ts'
import { VersiongenError } from '../../src/errors.ts'
import type { Selection } from '../../src/results.ts'
import {
  readFlag,
  readFlags,
  readOutputFlags,
  readSelection,
  readText,
  refuseTogether,
  type Arguments,
  type OutputFlags,
} from '../arguments.ts'
import type { Command } from '../command.ts'
import type { Context, ExitCode } from '../context.ts'
import { selectionOptions } from '../options.ts'
import type { Format } from '../reporters/formats.ts'

interface CheckFlags extends OutputFlags {
  readonly format: Format
  /** The report goes here, and a text to standard output. */
  readonly output: string | undefined
  /** The branch that this one is to be merged into. */
  readonly base: string | undefined
  /** Files only. */
  readonly offline: boolean
  /** Whether the database is compared with what the migrations make. */
  readonly against: boolean
  /** A markdown summary is added to this file. */
  readonly summary: string | undefined
}

/** Compares, reports, and answers whether there is drift. */
const runCheck = async (
  settings: Settings,
  selection: Selection,
  { format, output, base, offline, against, summary, json, quiet, noColor }: CheckFlags,
  context: Context,
): Promise<ExitCode> => {
  const { startSpinner } = await import('../progress.ts')
  const spinner = startSpinner(context, quiet)
  try {
    spinner.progress('loading')
    const project = await context.project()
    const { progress, note } = spinner
    const report = await project.check(settings, selection, { progress, note, base, offline, against })
    spinner.stop()
    const { createPaint, plain } = await import('../paint.ts')
    const { formatReport, repositoryOf } = await import('../reporters/formats.ts')
    const view = { cwd: context.cwd, repository: repositoryOf(context), quiet, paint: plain }
    const { appendText, replaceFile } = await import('../write-report.ts')
    if (output !== undefined) replaceFile(context.cwd, output, await formatReport(format, report, view))
    // GitHub shows what is added there on the page of the run.
    const stepSummary = context.env['GITHUB_STEP_SUMMARY']
    if (summary === undefined && stepSummary !== undefined && stepSummary !== '') {
      appendText(context.cwd, stepSummary, await formatReport('markdown', report, view))
    }
    if (summary !== undefined) appendText(context.cwd, summary, await formatReport('markdown', report, view))
    const shown = json ? 'json' : output === undefined ? format : 'text'
    const paint = createPaint(context.stdout, context.env, noColor)
    context.stdout.write(await formatReport(shown, report, { ...view, paint }))
    return report.ok ? 0 : 1
  } finally {
    spinner.stop()
  }
}

/** From untrusted arguments to an exit code. */
export const check = async (argv: Arguments, context: Context): Promise<ExitCode> => {
  const selection = readSelection(argv) ?? { tables: [], all: true }
  const outputFlags = readOutputFlags(argv)
  const output = readText(argv, 'output')
  const against = readText(argv, 'against')
  const format = formats.find((each) => each === readText(argv, 'format'))
  if (outputFlags.json && output === undefined && format !== undefined && format !== 'json') {
    throw new VersiongenError('usage', `--json and --format ${format} exclude each other`, {
      hint: `leave one out, or send the ${format} report to a file with --output`,
    })
  }
  refuseTogether(argv, ['against', 'offline', 'url'])
  refuseTogether(argv, ['against', 'offline', 'shadow'])
  refuseTogether(argv, ['against', 'base'])
  const { loadSettings } = await import('../../src/config/load-settings.ts')
  const settings = await loadSettings({ ...context, flags: { ...readFlags(argv), against } })
  const flags = {
    format: format ?? (outputFlags.json ? 'json' : 'text'),
    output,
    summary: readText(argv, 'summary'),
    base: readText(argv, 'base'),
    offline: readFlag(argv, 'offline'),
    against: against !== undefined,
  }
  return runCheck(settings, selection, { ...outputFlags, ...flags }, context)
}

const formats = ['text', 'json', 'github', 'sarif', 'junit'] as const

export const checkCommand: Command = {
  name: 'check',
  summary: 'Look for drift in tables, histories and files; exit 1 if there is any',
  options: {
    ...selectionOptions('Every table that has a model; the default'),
    offline: {
      kind: 'flag',
      group: 'Where things are',
      describe: 'Look at files only: models, migrations and accessors',
    },
    against: {
      kind: 'text',
      value: 'URL',
      group: 'Where things are',
      describe: 'Find what was changed by hand in a database: compare it with what its migrations make',
    },
    format: { kind: 'choice', choices: formats, group: 'Report', describe: 'text when left out' },
    output: {
      kind: 'text',
      value: 'FILE',
      group: 'Report',
      describe: 'Write the report to a file, and a text to the terminal',
    },
    base: {
      kind: 'text',
      value: 'REV',
      group: 'Migrations',
      describe: 'A git revision, such as origin/main: find migrations that clash with those there',
    },
    summary: {
      kind: 'text',
      value: 'FILE',
      group: 'Report',
      describe: 'Add a Markdown summary to a file; else to $GITHUB_STEP_SUMMARY, where that is set',
    },
  },
  examples: [
    ['versiongen check', 'every model against DATABASE_URL'],
    ['versiongen check --offline', 'files only, before a commit'],
    ['versiongen check --against URL', 'what was changed by hand in that database'],
    ['versiongen check --shadow --format github', 'in a pull request, without a database'],
    ['versiongen check --base origin/main', 'also what a merge would break'],
    ['versiongen check --format sarif --output drift.sarif', 'for code scanning'],
  ],
  run: check,
}
