import { VERSION } from '../src/version.ts'
import { readOutputFlags, type OutputFlags } from './arguments.ts'
import type { Command } from './command.ts'
import { checkCommand } from './commands/check.ts'
import { generateCommand } from './commands/generate.ts'
import { initCommand } from './commands/init.ts'
import { renumberCommand } from './commands/renumber.ts'
import { statusCommand } from './commands/status.ts'
import { verifyCommand } from './commands/verify.ts'
import type { Context, ExitCode } from './context.ts'

const commands: readonly Command[] = [
  generateCommand,
  checkCommand,
  statusCommand,
  renumberCommand,
  verifyCommand,
  initCommand,
]

/** Reads the arguments, runs the command, prints whatever goes wrong, and returns the exit code. Never throws. */
export const run = async (args: readonly string[], context: Context): Promise<ExitCode> => {
  let flags = guessOutputFlags(args)
  try {
    const text = await answerQuestion(args, context)
    if (text !== undefined) {
      context.stdout.write(text)
      return 0
    }
    const { parse } = await import('./parse.ts')
    const { command, argv } = await parse(args, commands)
    flags = readOutputFlags(argv)
    return await command.run(argv, context)
  } catch (error) {
    const { reportFailure } = await import('./report-failure.ts')
    return reportFailure(error, context, flags)
  }
}

/** `--version`, `--help` and `help [command]` are answered before yargs is loaded. */
const answerQuestion = async (args: readonly string[], { stdout }: Context): Promise<string | undefined> => {
  const said = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  if (said.includes('--version')) return `${VERSION}\n`
  if (!said.includes('--help') && said[0] !== 'help') return undefined
  const { commandHelp, programHelp } = await import('./help.ts')
  const width = Math.min(100, stdout.columns ?? 100)
  const command = commands.find(({ name }) => said.includes(name))
  return command === undefined ? programHelp(commands, width) : commandHelp(command, width)
}

/** For errors that come up before the arguments have been read. */
const guessOutputFlags = (args: readonly string[]): OutputFlags => ({
  json: args.includes('--json'),
  quiet: args.includes('--quiet'),
  verbose: args.includes('--verbose'),
  noColor: args.includes('--no-color'),
})
