import type { Flags } from '../src/config/types.ts'
import { VersiongenError } from '../src/errors.ts'
import type { Selection } from '../src/results.ts'

/** What yargs has read; every value is looked at before it is trusted. */
export type Arguments = Readonly<Record<string, unknown>>

/** The last of a repeated option counts. */
export const readText = (argv: Arguments, name: string): string | undefined => {
  const value = readTexts(argv, name)?.at(-1)
  if (value === '') throw new VersiongenError('usage', `--${name} needs a value`, { hint: 'versiongen --help' })
  return value
}

export const readTexts = (argv: Arguments, name: string): readonly string[] | undefined => {
  const value = argv[name]
  if (value === undefined) return undefined
  return [value].flat().map(String)
}

/** The last of a repeated flag counts. */
export const readFlag = (argv: Arguments, name: string): boolean => [argv[name]].flat().at(-1) === true

export interface OutputFlags {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly noColor: boolean
}

export const readOutputFlags = (argv: Arguments): OutputFlags => ({
  json: readFlag(argv, 'json'),
  quiet: readFlag(argv, 'quiet'),
  verbose: readFlag(argv, 'verbose'),
  noColor: readFlag(argv, 'no-color'),
})

export const readFlags = (argv: Arguments): Flags => {
  refuseTogether(argv, ['shadow', 'url'])
  const driver = readText(argv, 'driver')
  const backfill = readText(argv, 'backfill')
  return {
    config: readText(argv, 'config'),
    url: readText(argv, 'url'),
    driver: driver === 'pg' || driver === 'postgres' || driver === 'pglite' ? driver : undefined,
    shadow: readFlag(argv, 'shadow'),
    models: nonEmpty(argv, 'models'),
    migrations: nonEmpty(argv, 'migrations'),
    out: readText(argv, 'out'),
    backfill: backfill === 'auto' || backfill === 'transaction' || backfill === 'batches' ? backfill : undefined,
  }
}

/** Each says where to look, in a way of its own. */
export const refuseTogether = (argv: Arguments, names: readonly string[]): void => {
  const [first, second] = names.filter((name) => argv[name] !== undefined && argv[name] !== false)
  if (first === undefined || second === undefined) return
  throw new VersiongenError('usage', `--${first} and --${second} exclude each other`, { hint: 'leave one of them out' })
}

/** The tables that were named; undefined when there is neither `--table` nor `--all`. */
export const readSelection = (argv: Arguments): Selection | undefined => {
  const tables = nonEmpty(argv, 'table')
  const all = readFlag(argv, 'all')
  if (tables === undefined) return all ? { tables: [], all } : undefined
  if (!all) return { tables: [...new Set(tables)], all }
  throw new VersiongenError('usage', '--table and --all exclude each other', { hint: 'leave one of them out' })
}

const nonEmpty = (argv: Arguments, name: string): readonly string[] | undefined => {
  const values = readTexts(argv, name)
  if (values?.includes('') !== true) return values
  throw new VersiongenError('usage', `--${name} needs a value`, { hint: 'versiongen --help' })
}
