import type { Config } from './types.ts'

/**
 * Gives `versiongen.config.ts` its types. Returns what it is given.
 *
 * @example
 * ```ts
 * import { defineConfig } from './define-config.ts'
 *
 * export default defineConfig({ models: 'src/models/**\/*.ts', out: 'src/history' })
 * ```
 */
export const defineConfig = (config: Config): Config => config
