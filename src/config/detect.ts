import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { VersiongenError } from '../errors.ts'
import type { FlywayConfig, MigrationFolder } from '../flyway/types.ts'
import { byCodePoint } from '../order.ts'
import { parseJsonc } from './parse-jsonc.ts'
import { escapeGlob, resolveSettings, type SettingsInput } from './resolve-settings.ts'
import type { Settings } from './types.ts'

/** What a look at a project's folder tells, for a first configuration. Paths are relative to the root, with `/`. */
export interface DetectedProject {
  /** Absolute. */
  readonly root: string
  readonly language: 'typescript' | 'module' | 'commonjs'
  /** Whether the project depends on this package. */
  readonly installed: boolean
  readonly orm: Orm | undefined
  /** Files whose text has `__versioned__` in it. */
  readonly modelFiles: readonly string[]
  /** Globs that take in all of {@link modelFiles}; empty when there are none, or no few globs do. */
  readonly models: readonly string[]
  readonly flyway: DetectedFlyway
  readonly out: string
  readonly importExtension: Settings['importExtension']
}

export interface DetectedFlyway {
  /** Flyway's own configuration files. */
  readonly sources: readonly string[]
  readonly locations: readonly string[]
  readonly versionedMigrations: number
  /** The file with the highest version. */
  readonly latest: string | undefined
  /** Why no location could be settled on. */
  readonly problem: string | undefined
}

export type Orm = 'typeorm' | 'mikro-orm' | 'sequelize-typescript' | 'objection' | 'drizzle' | 'kysely'

const ormPackages: readonly (readonly [name: string, orm: Orm])[] = [
  ['typeorm', 'typeorm'],
  ['@mikro-orm/core', 'mikro-orm'],
  ['sequelize-typescript', 'sequelize-typescript'],
  ['objection', 'objection'],
  ['drizzle-orm', 'drizzle'],
  ['kysely', 'kysely'],
]

/**
 * Looks at the project in `cwd`: its language, ORM, models, and Flyway folder. Runs nothing and connects to nothing.
 *
 * @throws {VersiongenError} `config-syntax` for a package.json, deno.json or tsconfig.json that does not parse
 */
export const detectProject = async (input: Omit<SettingsInput, 'config' | 'configFile'>): Promise<DetectedProject> => {
  const settings = resolveSettings({
    ...input,
    flags: { ...input.flags, shadow: true, driver: undefined, url: undefined },
  })
  const { root } = settings
  const path = (file: string): string => relative(root, file).replaceAll('\\', '/') || '.'
  const { dependencies, isModule } = readPackage(root)
  const hasTypescript = ['tsconfig.json', 'deno.json', 'deno.jsonc'].some((name) => existsSync(join(root, name)))
  const modelFiles = (await findMarked(settings)).map(path)
  return {
    root,
    language: hasTypescript || dependencies.has('typescript') ? 'typescript' : isModule ? 'module' : 'commonjs',
    installed: dependencies.has('versiongen'),
    orm: ormPackages.find(([name]) => dependencies.has(name))?.[1],
    modelFiles,
    models: input.flags?.models === undefined ? globsFor(modelFiles) : settings.models,
    flyway: await detectFlyway(settings, input.home, path),
    out: path(settings.out),
    importExtension: settings.importExtension,
  }
}

const readPackage = (root: string): { dependencies: ReadonlySet<string>; isModule: boolean } => {
  const dependencies = new Set<string>()
  let isModule = false
  for (const name of ['package.json', 'deno.json', 'deno.jsonc']) {
    const file = join(root, name)
    if (!existsSync(file)) continue
    const content = keysOf(parseJsonc(readFileSync(file, 'utf8'), file))
    isModule ||= content.get('type') === 'module'
    for (const key of ['dependencies', 'devDependencies', 'peerDependencies', 'imports'])
      for (const dependency of keysOf(content.get(key)).keys()) dependencies.add(dependency.replace(/\/$/, ''))
  }
  return { dependencies, isModule }
}

const keysOf = (value: unknown): ReadonlyMap<string, unknown> =>
  new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])

const findMarked = async ({ root, models }: Settings): Promise<readonly string[]> => {
  const { findModelFiles } = await import('../models/discover.ts')
  const { findMarkedFiles } = await import('../models/scan.ts')
  const { Problems } = await import('../models/problems.ts')
  return findMarkedFiles(await findModelFiles(root, models), new Problems())
}

/** A few globs that take in all of the files: their folders, or as much of the folders' paths as leaves no more than three. */
const globsFor = (files: readonly string[]): readonly string[] => {
  const folders = files.map((file) => dirname(file).split('/'))
  if (folders.some(([first]) => first === '.')) return files.length <= 3 ? files.map(escapeGlob) : []
  for (let depth = Math.max(0, ...folders.map(({ length }) => length)); depth > 0; depth--) {
    const prefixes = [...new Set(folders.map((parts) => parts.slice(0, depth).join('/')))].sort(byCodePoint)
    const outer = prefixes.filter((folder) => !prefixes.some((other) => folder.startsWith(`${other}/`)))
    if (outer.length <= 3) return outer.map((folder) => `${escapeGlob(folder)}/**/*.${extensionsOf(files)}`)
  }
  return []
}

const extensionsOf = (files: readonly string[]): string => {
  const extensions = [...new Set(files.map((file) => file.slice(file.lastIndexOf('.') + 1)))].sort(byCodePoint)
  return extensions.length === 1 ? extensions.join('') : `{${extensions.join(',')}}`
}

const detectFlyway = async (
  settings: Settings,
  home: string | undefined,
  path: (file: string) => string,
): Promise<DetectedFlyway> => {
  try {
    const { readFlywayConfig } = await import('../flyway/config.ts')
    const { readFolder } = await import('../flyway/read-folder.ts')
    const { root: cwd, env, migrations: locations } = settings
    const config = await readFlywayConfig({ cwd, env, home, locations, overrides: {} })
    return describeFlyway(config, await readFolder(config), path)
  } catch (error) {
    if (!(error instanceof VersiongenError)) throw error
    return { sources: [], locations: [], versionedMigrations: 0, latest: undefined, problem: error.message }
  }
}

const describeFlyway = (
  { sources, locations }: FlywayConfig,
  { migrations }: MigrationFolder,
  path: (file: string) => string,
): DetectedFlyway => {
  const versioned = migrations.filter(({ kind }) => kind === 'versioned')
  return {
    sources: sources.map(path),
    locations: locations.map(path),
    versionedMigrations: versioned.length,
    latest: versioned.at(-1)?.script,
    problem: undefined,
  }
}
