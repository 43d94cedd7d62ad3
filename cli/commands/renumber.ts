import { resolve } from 'node:path'
import type { Settings } from '../../src/config/types.ts'
import { VersiongenError } from '../../src/errors.ts'
import {
  readFlag,
  readFlags,
  readOutputFlags,
  readText,
  readTexts,
  type Arguments,
  type OutputFlags,
} from '../arguments.ts'
import type { Command } from '../command.ts'
import type { Context, ExitCode } from '../context.ts'

interface RenumberFlags extends OutputFlags {
  readonly files: readonly string[]
  readonly base: string | undefined
  readonly dryRun: boolean
}

/** Moves migrations, and tells which. */
const runRenumber = async (
  settings: Settings,
  { files, base, dryRun, json, quiet, noColor }: RenumberFlags,
  context: Context,
): Promise<ExitCode> => {
  const { renumber } = await context.project()
  const result = await renumber(settings, { files, base, dryRun, now: context.now() })
  const { renumberJson, renumberText } = await import('../reporters/renumber-summary.ts')
  const { createPaint } = await import('../paint.ts')
  const view = { cwd: context.cwd, paint: createPaint(context.stdout, context.env, noColor), quiet }
  context.stdout.write(json ? renumberJson(result, view) : renumberText(result, view))
  return 0
}

/** From untrusted arguments to an exit code. */
export const renumber = async (argv: Arguments, context: Context): Promise<ExitCode> => {
  const files = (readTexts(argv, 'file') ?? []).map((file) => resolve(context.cwd, file))
  const base = readText(argv, 'base')
  if (files.length === 0 && base === undefined) {
    throw new VersiongenError('usage', 'say which: migration files, or --base REV for those that clash with a branch', {
      hint: 'versiongen renumber --base origin/main',
    })
  }
  const { loadSettings } = await import('../../src/config/load-settings.ts')
  const settings = await loadSettings({ ...context, flags: readFlags(argv) })
  const flags = { ...readOutputFlags(argv), files, base, dryRun: readFlag(argv, 'dry-run') }
  return runRenumber(settings, flags, context)
}

export const renumberCommand: Command = {
  name: 'renumber',
  operands: 'file',
  summary: 'Give migrations that no database has run the next free versions',
  options: {
    base: {
      kind: 'text',
      value: 'REV',
      group: 'Migrations',
      describe: 'The branch this one is to be merged into: without files, what clashes with it and comes after',
    },
  },
  examples: [
    ['versiongen renumber --base origin/main', 'this branch after what was merged meanwhile'],
    ['versiongen renumber sql/V12__add_region.sql', 'one file after all others'],
  ],
  run: renumber,
}
