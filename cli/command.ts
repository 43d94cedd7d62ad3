import type { Arguments } from './arguments.ts'
import type { Context, ExitCode } from './context.ts'
import type { Options } from './options.ts'

/** A command as the parser and the help text are told about it; what it needs is loaded when it runs. */
export interface Command {
  readonly name: string
  /** Whether this one is meant when no command is named. */
  readonly isDefault?: boolean
  readonly summary: string
  /** What is named behind the command, any number of them: `file`. */
  readonly operands?: string
  readonly options: Options
  readonly examples: readonly (readonly [line: string, does: string])[]
  run(argv: Arguments, context: Context): Promise<ExitCode>
}
