import yargs, { type Argv, type CommandModule } from 'yargs'
import { VersiongenError } from '../src/errors.ts'
import { VERSION } from '../src/version.ts'
import { readOutputFlags, type Arguments, type OutputFlags } from './arguments.ts'
import type { Command } from './command.ts'
import { checkCommand } from './commands/check.ts'
import { generateCommand } from './commands/generate.ts'
import { initCommand } from './commands/init.ts'
import { statusCommand } from './commands/status.ts'
import type { Context, ExitCode } from './context.ts'
import { commonOptions } from './options.ts'

const commands: readonly Command[] = [generateCommand, checkCommand, statusCommand, initCommand]

/** Reads the arguments, runs the command, prints whatever goes wrong, and returns the exit code. Never throws. */
export const run = async (args: readonly string[], context: Context): Promise<ExitCode> => {
  let exitCode: ExitCode = 0
  let outputFlags = guessOutputFlags(args)
  const start = async (command: Command, argv: Arguments): Promise<void> => {
    outputFlags = readOutputFlags(argv)
    refuseOperands(argv, command)
    exitCode = await command.run(argv, context)
  }
  try {
    context.stdout.write(await parse(args, start, context))
    return exitCode
  } catch (error) {
    const { reportFailure } = await import('./report-failure.ts')
    return reportFailure(error, context, outputFlags)
  }
}

type Start = (command: Command, argv: Arguments) => Promise<void>

/** Runs the command that the arguments name; returns the help text if they ask for it. */
const parse = async (args: readonly string[], start: Start, { stdout }: Context): Promise<string> => {
  let printed = ''
  let failure: unknown
  const parser = yargs()
    .scriptName('versiongen')
    .locale('en')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .usage(usage)
    .options(commonOptions)
    .command(commands.map((command) => yargsModule(command, start)))
    .epilogue(epilogue)
    .version(VERSION)
    .strict()
    .showHelpOnFail(false)
    .wrap(Math.min(100, stdout.columns ?? 100))
  refusePrototypeNames(args)
  await parser.parseAsync([...args], {}, (error: unknown, _argv: unknown, output: string) => {
    failure = error ?? undefined
    printed = output
  })
  if (failure === undefined) return printed === '' ? '' : `${printed}\n`
  if (!isUsageProblem(failure)) throw failure
  const { explainUsage } = await import('./explain-usage.ts')
  throw explainUsage(failure.message, args, commands)
}

const yargsModule = (command: Command, start: Start): CommandModule => ({
  command: command.isDefault === true ? [command.name, '$0'] : command.name,
  describe: command.summary,
  builder: (builder: Argv) =>
    command.examples.reduce((each, [line, does]) => each.example(line, does), builder.options(command.options)),
  handler: (argv) => start(command, argv),
})

const isUsageProblem = (failure: unknown): failure is Error => failure instanceof Error && failure.name === 'YError'

/** yargs keeps options in plain objects and stumbles over these. */
const refusePrototypeNames = (args: readonly string[]): void => {
  for (const arg of args) {
    if (arg === '--') return
    const name = /^--?([^=]+)/.exec(arg)?.[1]
    if (name === undefined || !(name in {})) continue
    throw new VersiongenError('usage', `unknown option --${name}`, { hint: 'versiongen --help lists what there is' })
  }
}

/** What follows `--`: no command takes operands. */
const refuseOperands = (argv: Arguments, { name }: Command): void => {
  const [operand] = [argv['_']].flat().filter((each, index) => index > 0 || each !== name)
  if (operand === undefined) return
  throw new VersiongenError('usage', `unexpected argument ${String(operand)}`, {
    hint: `to name a table: --table ${String(operand)}`,
  })
}

/** For errors that come up before yargs has read the arguments. */
const guessOutputFlags = (args: readonly string[]): OutputFlags => ({
  json: args.includes('--json'),
  quiet: args.includes('--quiet'),
  verbose: args.includes('--verbose'),
  noColor: args.includes('--no-color'),
})

const usage = `versiongen keeps the history of Postgres tables: version tables, the triggers that fill them,
Flyway migrations for both, and typed accessors, from TypeScript models marked __versioned__.

  versiongen --table NAME    write the migrations and the accessor of a table
  versiongen <command>       do something else`

const epilogue = `Exit codes: 0 done or in sync, 1 drift (check), 2 could not run.
Flags beat the configuration file, which beats Flyway's own files.`
