import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { VersiongenError } from '../errors.ts'
import { parseJsonc } from './parse-jsonc.ts'

/** In the order they are looked for; the first one found is used. */
export const configFileNames: readonly string[] = [
  'versiongen.config.ts',
  'versiongen.config.mts',
  'versiongen.config.js',
  'versiongen.config.mjs',
  'versiongen.config.json',
]

const packageFileNames: readonly string[] = ['package.json', 'deno.json', 'deno.jsonc']

/**
 * Finds the configuration file, absolute: the one that was named, else the first of {@link configFileNames} in `cwd` or
 * above, as far as the nearest package root; else the package.json or deno.json(c) that has a `"versiongen"` key.
 * Undefined when there is none.
 *
 * @param named - as given with `--config`, relative to `cwd`
 * @throws {VersiongenError} `config-not-found` when the named file does not exist
 */
export const findConfig = (cwd: string, named?: string): string | undefined => {
  if (named !== undefined) {
    const file = resolve(cwd, named)
    if (existsSync(file)) return file
    throw new VersiongenError('config-not-found', 'there is no such configuration file', {
      where: { file },
      hint: 'name an existing file with --config, or leave the option out to have one looked for',
    })
  }
  for (const directory of directoriesUpToPackage(cwd)) {
    const file = configFileNames.map((name) => join(directory, name)).find((path) => existsSync(path))
    if (file !== undefined) return file
    const host = packageFileNames.map((name) => join(directory, name)).find(hasVersiongenKey)
    if (host !== undefined) return host
  }
  return undefined
}

/** `from` and the folders above it, ending with the first that holds a package.json, a deno.json(c) or a `.git`. */
export const directoriesUpToPackage = (from: string): readonly string[] => {
  const directories: string[] = []
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    directories.push(directory)
    const isRoot = [...packageFileNames, '.git'].some((name) => existsSync(join(directory, name)))
    if (isRoot || directory === dirname(directory)) return directories
  }
}

const hasVersiongenKey = (file: string): boolean => {
  if (!existsSync(file)) return false
  const text = readFileSync(file, 'utf8')
  if (!text.includes('"versiongen"')) return false
  const content = parseJsonc(text, file)
  return typeof content === 'object' && content !== null && Object.hasOwn(content, 'versiongen')
}
