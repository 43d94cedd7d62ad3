import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { VersiongenError } from '../errors.ts'
import { readConfFile, readTomlFile, type RawSettings } from './raw-settings.ts'

/** Flyway's settings from its files, later files winning, and the files they came from. */
export interface FileSettings {
  readonly settings: RawSettings
  readonly files: readonly string[]
}

/**
 * Reads Flyway's configuration files in its own order: `~` before the working directory, `flyway.user.toml` after
 * `flyway.toml`, then `FLYWAY_CONFIG_FILES`. As in Flyway, no default `.conf` counts when a default `.toml` exists.
 *
 * @throws VersiongenError `flyway-config` for a mistake in a file, one that was named and cannot be read, or a mix of both kinds.
 */
export const readConfigFiles = async ({
  cwd,
  env,
  home,
}: {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string | undefined
}): Promise<FileSettings> => {
  const folders = [...new Set([home, cwd, env['FLYWAY_WORKING_DIRECTORY']].filter((folder) => folder !== undefined))]
  const find = async (names: readonly string[]): Promise<readonly ConfigFile[]> => {
    const paths = folders.flatMap((folder) => names.map((name) => resolve(cwd, folder, name)))
    const found = await Promise.all(paths.map(async (path) => ({ path, text: await readOptional(path) })))
    return found.flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text }]))
  }
  const named = await readNamed(cwd, splitList(env['FLYWAY_CONFIG_FILES'] ?? ''))
  const toml = await find(['flyway.toml', 'flyway.user.toml'])
  if (named.some(isToml) && named.some((file) => !isToml(file))) {
    throw new VersiongenError('flyway-config', 'FLYWAY_CONFIG_FILES names files of both kinds, .toml and .conf', {
      hint: 'Flyway takes one kind or the other',
    })
  }
  const useToml = named.length > 0 ? named.some(isToml) : toml.length > 0
  const files = useToml ? [...toml, ...named] : [...(await find(['flyway.conf'])), ...named]
  const settings = new Map(
    files.flatMap(({ path, text }) => [...(useToml ? readTomlFile : readConfFile)(text, path, env)]),
  )
  return { settings, files: files.map(({ path }) => path) }
}

/** The items of a comma list, trimmed, without empty ones. */
export const splitList = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

interface ConfigFile {
  readonly path: string
  readonly text: string
}

const isToml = ({ path }: ConfigFile): boolean => path.toLowerCase().endsWith('.toml')

const readNamed = (cwd: string, names: readonly string[]): Promise<readonly ConfigFile[]> =>
  Promise.all(
    names.map(async (name) => {
      const path = resolve(cwd, name)
      const text = await readOptional(path)
      if (text !== undefined) return { path, text }
      throw new VersiongenError('flyway-config', `FLYWAY_CONFIG_FILES names a file that does not exist`, {
        where: { file: path },
      })
    }),
  )

const readOptional = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined
    throw new VersiongenError('flyway-config', `cannot be read (${code})`, { where: { file: path }, cause })
  }
}
