import type { Options } from 'yargs'
import type { Arguments } from './arguments.ts'
import type { Context, ExitCode } from './context.ts'

/** A command as yargs is told about it; its work is loaded when it is called. */
export interface Command {
  readonly name: string
  /** Whether this one is meant when no command is named. */
  readonly isDefault?: boolean
  readonly summary: string
  readonly options: Readonly<Record<string, Options>>
  readonly examples: readonly (readonly [line: string, does: string])[]
  run(argv: Arguments, context: Context): Promise<ExitCode>
}
