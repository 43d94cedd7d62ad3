import { VersiongenError } from '../src/errors.ts'
import type { OutputFlags } from './arguments.ts'
import type { Context, ExitCode } from './context.ts'
import { errorJson } from './json.ts'
import { createPaint } from './paint.ts'
import { describeError, formatError } from './report-error.ts'

/** Tells people on standard error and, with `--json`, scripts on standard output why a command could not run. */
export const reportFailure = (error: unknown, context: Context, { json, verbose, noColor }: OutputFlags): ExitCode => {
  const { cwd, env, stdout, stderr } = context
  stderr.write(formatError(error, cwd, createPaint(stderr, env, noColor), verbose))
  if (json) {
    const defect = { code: 'defect', message: String(error), where: null, hint: null }
    stdout.write(errorJson(describeError(error, cwd) ?? defect))
  }
  return error instanceof VersiongenError && error.code === 'interrupted' ? 130 : 2
}
