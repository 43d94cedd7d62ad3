import type { Settings } from '../../src/config/types.ts'
import { VersiongenError } from '../../src/errors.ts'
import type { Selection } from '../../src/results.ts'
import { readFlag, readFlags, readOutputFlags, readSelection, type Arguments, type OutputFlags } from '../arguments.ts'
import type { Command } from '../command.ts'
import type { Context, ExitCode } from '../context.ts'
import { selectionOptions } from '../options.ts'

interface GenerateFlags extends OutputFlags {
  readonly dryRun: boolean
  readonly force: boolean
  readonly catchUp: boolean
}

/** Plans, writes, and tells what was written, and whether something is wrong that only a person can mend. */
const runGenerate = async (
  settings: Settings,
  selection: Selection,
  { dryRun, force, catchUp, json, quiet, noColor }: GenerateFlags,
  context: Context,
): Promise<ExitCode> => {
  const { startSpinner } = await import('../progress.ts')
  const spinner = startSpinner(context, quiet)
  try {
    spinner.progress('loading')
    const project = await context.project()
    const { progress, note } = spinner
    const now = context.now()
    const result = await project.generate(settings, selection, { dryRun, force, catchUp, now, progress, note })
    spinner.stop()
    const { generateJson, generateText, leavesErrors } = await import('../reporters/generate-summary.ts')
    const { createPaint } = await import('../paint.ts')
    const view = { cwd: context.cwd, paint: createPaint(context.stdout, context.env, noColor), quiet }
    context.stdout.write(json ? generateJson(result, view) : generateText(result, view))
    return leavesErrors(result) ? 1 : 0
  } finally {
    spinner.stop()
  }
}

/** From untrusted arguments to an exit code. */
export const generate = async (argv: Arguments, context: Context): Promise<ExitCode> => {
  const selection = readSelection(argv)
  if (selection === undefined) {
    throw new VersiongenError('usage', 'say for which table: --table NAME, or --all for every model', {
      hint: 'versiongen --help',
    })
  }
  const { loadSettings } = await import('../../src/config/load-settings.ts')
  const settings = await loadSettings({ ...context, flags: readFlags(argv) })
  const flags = {
    ...readOutputFlags(argv),
    dryRun: readFlag(argv, 'dry-run'),
    force: readFlag(argv, 'force'),
    catchUp: readFlag(argv, 'catch-up'),
  }
  return runGenerate(settings, selection, flags, context)
}

export const generateCommand: Command = {
  name: 'generate',
  isDefault: true,
  summary: 'Write the migrations and the accessor of a table',
  options: {
    ...selectionOptions('Every table that has a model'),
    backfill: {
      kind: 'choice',
      choices: ['auto', 'transaction', 'batches'],
      group: 'Tables',
      describe: 'How rows get their first versions; auto: in batches where there are many of them',
    },
    'catch-up': {
      kind: 'flag',
      group: 'Tables',
      describe: 'Look for rows written past the triggers in long histories, too',
    },
    force: {
      kind: 'flag',
      group: 'Output',
      describe: 'Overwrite accessors that were edited by hand; migrations never',
    },
  },
  examples: [
    ['versiongen --table mine', 'a new V file or two, and the accessor'],
    ['versiongen --table mine --dry-run', 'print them instead'],
    ['versiongen --all --shadow', 'every model, with no database but the migrations'],
  ],
  run: generate,
}
