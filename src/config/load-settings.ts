import { findConfig } from './find-config.ts'
import { loadConfig } from './load-config.ts'
import { resolveSettings, type SettingsInput } from './resolve-settings.ts'
import type { Settings } from './types.ts'

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
  return resolveSettings({ ...input, config: await loadConfig(configFile), configFile })
}
