import type { Command } from './command.ts'
import { commonOptions, type Group, type Option, type Options } from './options.ts'

/** What `versiongen --help` prints: the commands, and the options of the default one. */
export const programHelp = (commands: readonly Command[], width: number): string => {
  const main = commands.find(({ isDefault }) => isDefault === true)
  const rows = commands.map(({ name, summary, isDefault }): Row => [
    name,
    isDefault === true ? `${summary}; the default` : summary,
  ])
  return join([
    'versiongen [command] [options]',
    wrap(purpose, width).join('\n'),
    section('Commands', rows, width),
    ...optionSections({ ...main?.options, ...commonOptions }, width),
    section('Examples', main?.examples ?? [], width),
    section('Exit codes', exitCodes, width),
    'versiongen <command> --help tells more about a command.',
  ])
}

/** What `versiongen <command> --help` prints. */
export const commandHelp = ({ name, operands, summary, options, examples }: Command, width: number): string =>
  join([
    `versiongen ${name} ${operands === undefined ? '' : `[${operands.toUpperCase()}…] `}[options]`,
    wrap(`${summary}.`, width).join('\n'),
    ...optionSections({ ...options, ...commonOptions }, width),
    section('Examples', examples, width),
  ])

const purpose =
  'Keeps the history of Postgres tables: writes version tables, the triggers that fill them, and the Flyway migrations ' +
  'and typed accessors for both, from TypeScript models marked __versioned__.'

const exitCodes: readonly Row[] = [
  ['0', 'done, or in sync'],
  ['1', 'check found drift, or verify a violation'],
  ['2', 'could not run: arguments, configuration, model, database or file'],
]

type Row = readonly [left: string, right: string]

const groups: readonly Group[] = ['Tables', 'Migrations', 'Report', 'Where things are', 'Output']

const optionSections = (options: Options, width: number): readonly string[] =>
  groups
    .map((group) => [group, Object.entries(options).filter(([, option]) => option.group === group)] as const)
    .filter(([, inGroup]) => inGroup.length > 0)
    .map(([group, inGroup]) => section(group, inGroup.map(optionRow), width))

const optionRow = ([name, option]: readonly [string, Option]): Row => {
  switch (option.kind) {
    case 'flag':
      return [`--${name}`, option.describe]
    case 'choice':
      return [`--${name} ${name.toUpperCase()}`, `${option.choices.join(', ')}: ${option.describe}`]
    default:
      return [`--${name} ${option.value}`, option.describe]
  }
}

const section = (title: string, rows: readonly Row[], width: number): string => {
  const left = Math.max(...rows.map(([text]) => text.length))
  const isNarrow = width - left - 4 < 30
  const lines = rows.flatMap(([text, describe]) => {
    if (isNarrow) return [...wrap(text, width - 2), ...wrap(describe, width - 6).map((line) => `    ${line}`)]
    return wrap(describe, width - left - 4).map((line, index) => `${(index === 0 ? text : '').padEnd(left)}  ${line}`)
  })
  return [`${title}:`, ...lines.map((line) => `  ${line}`)].join('\n')
}

const wrap = (text: string, width: number): readonly string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= Math.max(width, 20))
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

const join = (sections: readonly string[]): string => `${sections.join('\n\n')}\n`
