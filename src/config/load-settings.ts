import { existsSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { VersiongenError } from '../errors.ts'
import { findConfig } from './find-config.ts'
import { loadConfig } from './load-config.ts'
import { resolveSettings, type SettingsInput } from './resolve-settings.ts'
import type { Settings, TypeChoice } from './types.ts'

/**
 * Finds and reads the configuration file, then fills in every default: what the command line starts with.
 *
 * @throws {VersiongenError} whatever is wrong with the configuration, with file, line and column
 *
 * @example
 * ```ts
 * import { loadSettings } from './load-settings.ts'
 *
 * const settings = await loadSettings({ cwd: process.cwd(), env: process.env, flags: { out: 'src/history' } })
 * ```
 */
export const loadSettings = async (input: Omit<SettingsInput, 'config' | 'configFile'>): Promise<Settings> => {
  const configFile = findConfig(input.cwd, input.flags?.config)
  if (configFile === undefined) return resolveSettings(input)
  const settings = resolveSettings({ ...input, config: await loadConfig(configFile), configFile })
  for (const choice of settings.types ?? []) refuseAbsent(choice, settings, configFile)
  return settings
}

/** What accessors would import and not find. */
const refuseAbsent = (
  { table, column, package: installed, file }: TypeChoice,
  { root }: Settings,
  config: string,
): void => {
  if (installed !== undefined || sourcesOf(file).some((source) => existsSync(source))) return
  const name = relative(root, file).replaceAll(sep, '/')
  throw new VersiongenError(
    'config-invalid',
    `types.${table}.${column}.import names ${name}, and there is no such file`,
    {
      where: { file: config },
      hint: 'correct its path, which is relative to the configuration',
    },
  )
}

/** The files that TypeScript would take for this one, in no order. */
const sourcesOf = (file: string): readonly string[] => {
  const [, stem, dialect] = /^(.*)\.([cm]?)jsx?$/.exec(file) ?? []
  const compiled = stem === undefined ? [] : [`${stem}.${dialect}ts`, `${stem}.tsx`, `${stem}.d.${dialect}ts`]
  const bare = ['.ts', '.tsx', '.mts', '.cts', '.d.ts', '.js', '/index.ts', '/index.d.ts', '/index.js']
  return [file, ...compiled, ...bare.map((end) => file + end)]
}
