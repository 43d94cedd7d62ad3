import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DetectedProject } from '../../src/config/detect.ts'
import { VersiongenError } from '../../src/errors.ts'
import { readFlag, readFlags, readOutputFlags, type Arguments, type OutputFlags } from '../arguments.ts'
import type { Command } from '../command.ts'
import type { Context, ExitCode } from '../context.ts'

interface InitFlags extends OutputFlags {
  readonly dryRun: boolean
  readonly force: boolean
}

/** Writes a configuration file that says what was found, and tells what to do next. */
const runInit = async (
  project: DetectedProject,
  { dryRun, force, json, quiet, noColor }: InitFlags,
  context: Context,
): Promise<ExitCode> => {
  const { renderConfig } = await import('../../src/config/render-config.ts')
  const { name, content } = renderConfig(project)
  const path = join(project.root, name)
  const { configFileNames } = await import('../../src/config/find-config.ts')
  const present = configFileNames.find((each) => existsSync(join(project.root, each)))
  if (present !== undefined && !force && !dryRun) {
    throw new VersiongenError('config-exists', 'there is a configuration file already', {
      where: { file: join(project.root, present) },
      hint: '--force replaces it, --dry-run prints what would be written',
    })
  }
  const { replaceFile } = await import('../write-report.ts')
  if (!dryRun) replaceFile(project.root, name, content)
  const { createPaint } = await import('../paint.ts')
  const { initJson, initText } = await import('../reporters/init-summary.ts')
  const view = { cwd: context.cwd, paint: createPaint(context.stdout, context.env, noColor), quiet }
  const written = { path, content, dryRun }
  context.stdout.write(json ? initJson(project, written, view) : initText(project, written, view))
  return 0
}

/** From untrusted arguments to an exit code. */
export const init = async (argv: Arguments, context: Context): Promise<ExitCode> => {
  const { detectProject } = await import('../../src/config/detect.ts')
  const flags = { ...readOutputFlags(argv), dryRun: readFlag(argv, 'dry-run'), force: readFlag(argv, 'force') }
  return runInit(await detectProject({ ...context, flags: readFlags(argv) }), flags, context)
}

export const initCommand: Command = {
  name: 'init',
  summary: 'Look at the project and write a commented versiongen.config.ts',
  options: { force: { kind: 'flag', group: 'Output', describe: 'Replace the configuration file that is there' } },
  examples: [
    ['versiongen init', 'once, in the root folder of a project'],
    ['versiongen init --dry-run', 'see what it finds'],
  ],
  run: init,
}
