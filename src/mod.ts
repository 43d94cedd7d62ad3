/**
 * History for Postgres tables: what `versiongen` does on the command line, as functions.
 *
 * @example
 * ```ts
 * import { check, generate, loadSettings } from 'versiongen'
 *
 * const settings = await loadSettings({ cwd: process.cwd(), env: process.env })
 * await generate(settings, { tables: ['mine'], all: false }, { dryRun: false, force: false, now: new Date() })
 * const { ok } = await check(settings, { tables: [], all: true })
 * ```
 *
 * @module
 */
export { check, generate, status, verify } from './project.ts'
export { defineConfig } from './config/define-config.ts'
export { loadSettings } from './config/load-settings.ts'
export { resolveSettings } from './config/resolve-settings.ts'
export { versioned } from './versioned.ts'
export { formatPlace, VersiongenError } from './errors.ts'
export { VERSION } from './version.ts'

export type {
  BackfillSettings,
  Config,
  Flags,
  FlywayOverrides,
  Settings,
  Target,
  ValueTypes,
  VersionedDefaults,
} from './config/types.ts'
export type { SettingsInput } from './config/resolve-settings.ts'
export type { Driver } from './database/types.ts'
export type { Place } from './errors.ts'
export type { ChainProblem } from './history/chain-violations.ts'
export type { VersionedOptions } from './models/types.ts'
export type { DriftCode, Finding, Severity } from './plan/types.ts'
export type {
  CheckReport,
  GenerateResult,
  Note,
  Progress,
  Selection,
  StatusRow,
  TableSummary,
  VerifyEvent,
  Violation,
  WrittenFile,
} from './results.ts'
