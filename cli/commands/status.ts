import type { Settings } from '../../src/config/types.ts'
import type { Selection } from '../../src/results.ts'
import { readFlags, readOutputFlags, readSelection, type Arguments, type OutputFlags } from '../arguments.ts'
import type { Command } from '../command.ts'
import type { Context, ExitCode } from '../context.ts'
import { selectionOptions } from '../options.ts'

/** Reads where every table stands, and prints a line for each. */
const runStatus = async (
  settings: Settings,
  selection: Selection,
  { json, quiet, noColor }: OutputFlags,
  context: Context,
): Promise<ExitCode> => {
  const { startSpinner } = await import('../progress.ts')
  const spinner = startSpinner(context, quiet)
  try {
    spinner.progress('loading')
    const project = await context.project()
    const { progress, note } = spinner
    const rows = await project.status(settings, selection, { progress, note })
    spinner.stop()
    const { statusJson, statusText } = await import('../reporters/status-table.ts')
    const { createPaint } = await import('../paint.ts')
    const view = { cwd: context.cwd, paint: createPaint(context.stdout, context.env, noColor), quiet }
    context.stdout.write(json ? statusJson(rows, view) : statusText(rows, view))
    return 0
  } finally {
    spinner.stop()
  }
}

/** From untrusted arguments to an exit code. */
export const status = async (argv: Arguments, context: Context): Promise<ExitCode> => {
  const selection = readSelection(argv) ?? { tables: [], all: true }
  const { loadSettings } = await import('../../src/config/load-settings.ts')
  const settings = await loadSettings({ ...context, flags: readFlags(argv) })
  return runStatus(settings, selection, readOutputFlags(argv), context)
}

export const statusCommand: Command = {
  name: 'status',
  summary: 'One line per model: its version table, triggers, migrations and accessor',
  options: selectionOptions('Every table that has a model; the default'),
  examples: [
    ['versiongen status', 'where every table stands; exits 0 whatever it finds'],
    ['versiongen status --json --url "$PROD_URL"', 'the same of another database, for a script'],
  ],
  run: status,
}
