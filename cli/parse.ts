import yargs, { type Argv, type CommandModule, type Options as YargsOptions } from 'yargs'
import { VersiongenError } from '../src/errors.ts'
import type { Arguments } from './arguments.ts'
import type { Command } from './command.ts'
import { commonOptions, type Option, type Options } from './options.ts'

/** The command that the arguments name, and what they say to it. */
export interface Parsed {
  readonly command: Command
  readonly argv: Arguments
}

/**
 * Reads the arguments with yargs.
 *
 * @throws {VersiongenError} `usage`, with the name that was most likely meant
 */
export const parse = async (args: readonly string[], commands: readonly Command[]): Promise<Parsed> => {
  refusePrototypeNames(args)
  let parsed: Parsed | undefined
  let failure: unknown
  const keep = (command: Command) => (argv: Arguments) => {
    parsed = { command, argv }
  }
  await yargs()
    .scriptName('versiongen')
    .locale('en')
    .help(false)
    .version(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .options(yargsOptions(commonOptions))
    .command(commands.map((command) => yargsModule(command, keep(command))))
    .strict()
    .showHelpOnFail(false)
    .parseAsync([...args], {}, (error: unknown) => {
      failure = error ?? undefined
    })
  if (failure === undefined && parsed !== undefined) return refuseOperands(parsed)
  if (!isUsageProblem(failure)) throw failure
  const { explainUsage } = await import('./explain-usage.ts')
  throw explainUsage(failure.message, args, commands)
}

const yargsModule = (command: Command, handler: (argv: Arguments) => void): CommandModule => ({
  command: command.isDefault === true ? [command.name, '$0'] : withOperands(command),
  describe: command.summary,
  builder: (builder: Argv) => {
    const { operands, options } = command
    const positioned = operands === undefined ? builder : builder.positional(operands, { type: 'string', array: true })
    return positioned.options(yargsOptions(options))
  },
  handler,
})

const withOperands = ({ name, operands }: Command): string =>
  operands === undefined ? name : `${name} [${operands}..]`

const yargsOptions = (options: Options): Record<string, YargsOptions> =>
  Object.fromEntries(Object.entries(options).map(([name, option]) => [name, yargsOption(option)]))

const yargsOption = (option: Option): YargsOptions => {
  switch (option.kind) {
    case 'flag':
      return { type: 'boolean' }
    case 'text':
      return { type: 'string', requiresArg: true }
    case 'repeated':
      return { type: 'string', array: true, nargs: 1, requiresArg: true }
    case 'list':
      return { type: 'string', array: true, requiresArg: true }
    case 'choice':
      return { choices: option.choices, requiresArg: true }
  }
}

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

/** What follows `--`: that is never meant. */
const refuseOperands = (parsed: Parsed): Parsed => {
  const words = [parsed.argv['_']].flat()
  const [operand] = words[0] === parsed.command.name ? words.slice(1) : words
  if (operand === undefined) return parsed
  throw new VersiongenError('usage', `unexpected argument ${String(operand)}`, {
    hint: `to name a table: --table ${String(operand)}`,
  })
}
