import type { Settings } from '../../src/config/types.ts'
import { VersiongenError } from '../../src/errors.ts'
import type { Selection } from '../../src/results.ts'
import { readFlag, readFlags, readOutputFlags, readSelection, type Arguments, type OutputFlags } from '../arguments.ts'
import type { Command } from '../command.ts'
import type { Context, ExitCode } from '../context.ts'
import { selectionOptions } from '../options.ts'

/** Reads histories to their end, prints what is wrong as it comes, and answers whether anything is. */
const runVerify = async (
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
    const { verifyJson, verifyText } = await import('../reporters/verify-stream.ts')
    const { createPaint } = await import('../paint.ts')
    const view = { cwd: context.cwd, paint: createPaint(context.stdout, context.env, noColor), quiet }
    const report = json ? verifyJson(view) : verifyText(view)
    const print = (text: string): void => {
      if (text !== '') context.stdout.write(text)
    }
    const events = project.verify(settings, selection, { progress: spinner.progress })
    for await (const event of events) {
      // The spinner draws on standard error, which may be the same terminal.
      spinner.stop()
      print(report.add(event))
    }
    spinner.stop()
    print(report.end())
    return report.ok() ? 0 : 1
  } finally {
    spinner.stop()
  }
}

/** From untrusted arguments to an exit code. */
export const verify = async (argv: Arguments, context: Context): Promise<ExitCode> => {
  const selection = readSelection(argv) ?? { tables: [], all: true }
  if (readFlag(argv, 'shadow')) {
    throw new VersiongenError('usage', 'verify reads the histories of a database, and a shadow database has none', {
      hint: 'leave --shadow out',
    })
  }
  const { loadSettings } = await import('../../src/config/load-settings.ts')
  const settings = await loadSettings({ ...context, flags: readFlags(argv) })
  return runVerify(settings, selection, readOutputFlags(argv), context)
}

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'Read whole histories; exit 1 if a version contradicts another or the live row',
  options: selectionOptions('Every table that has a model; the default'),
  examples: [
    ['versiongen verify', 'every history of DATABASE_URL, however large'],
    ['versiongen verify --table mine --json', 'for a script'],
  ],
  run: verify,
}
