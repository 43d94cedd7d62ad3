import { nearestName } from '../src/nearest-names.ts'
import { VersiongenError } from '../src/errors.ts'
import type { Command } from './command.ts'
import { commonOptions } from './options.ts'

/** Says in one line what yargs found wrong with the arguments, with the name that was most likely meant. */
export const explainUsage = (
  message: string,
  args: readonly string[],
  commands: readonly Command[],
): VersiongenError => {
  const unknown = /^Unknown arguments?: (.*)$/s.exec(message)?.[1]
  if (unknown !== undefined) return explainUnknown(unknown, args, commands)
  const missing = /^Not enough arguments following: (.*)$/s.exec(message)?.[1]
  if (missing !== undefined) {
    return new VersiongenError('usage', `--${missing} needs a value`, { hint: 'versiongen --help' })
  }
  const [, option = '', given = '', choices = ''] =
    /^Invalid values:\s+Argument: (.+?), Given: (.*), Choices: (.*)$/s.exec(message) ?? []
  if (option !== '') {
    const names = choices.split(', ').map((choice) => choice.replaceAll('"', ''))
    const nearest = nearestName(given.replaceAll('"', ''), names)
    return new VersiongenError('usage', `--${option} must be one of ${names.join(', ')}; not ${given}`, {
      hint: nearest === undefined ? 'versiongen --help lists what there is' : `did you mean --${option} ${nearest}?`,
    })
  }
  return new VersiongenError('usage', message, { hint: 'versiongen --help' })
}

const explainUnknown = (unknown: string, args: readonly string[], commands: readonly Command[]): VersiongenError => {
  const name = unknown.split(', ')[0] ?? unknown
  const commandNames = commands.map((each) => each.name)
  const isOption = args.some(
    (arg) => arg === `--${name}` || arg.startsWith(`--${name}=`) || (/^-[^-]/.test(arg) && arg.includes(name)),
  )
  if (isOption) {
    const command = commands.find((each) => args.includes(each.name)) ?? commands[0]
    const owner = commands.find((each) => Object.hasOwn(each.options, name))
    if (owner !== undefined) {
      return new VersiongenError('usage', `unknown option --${name}`, {
        hint: `--${name} belongs to versiongen ${owner.name}`,
      })
    }
    const nearest = nearestName(name, optionsOf(command))
    return new VersiongenError('usage', `unknown option ${name.length === 1 ? '-' : '--'}${name}`, {
      hint: nearest === undefined ? 'versiongen --help lists what there is' : `did you mean --${nearest}?`,
    })
  }
  if (args.find((arg) => !arg.startsWith('-')) !== name || commandNames.some((each) => args.includes(each))) {
    return new VersiongenError('usage', `unexpected argument ${name}`, { hint: `to name a table: --table ${name}` })
  }
  const nearest = nearestName(name, commandNames)
  return new VersiongenError('usage', `unknown command ${name}`, {
    hint: nearest === undefined ? `to name a table: versiongen --table ${name}` : `did you mean versiongen ${nearest}?`,
  })
}

const optionsOf = (command: Command | undefined): readonly string[] => [
  ...Object.keys(commonOptions),
  ...Object.keys(command?.options ?? {}),
]
