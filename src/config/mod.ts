/**
 * What a configuration file imports. Loads nothing else.
 *
 * @module
 */
export { defineConfig } from './define-config.ts'
export type { BackfillSettings, Config, FlywayOverrides, ImportedType, ValueTypes, VersionedDefaults } from './types.ts'
