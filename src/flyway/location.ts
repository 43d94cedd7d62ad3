import { stat } from 'node:fs/promises'
import { isAbsolute, join, resolve, sep } from 'node:path'
import { VersiongenError } from '../errors.ts'

/** Where a location's files are, and which of them count. */
export interface Location {
  /** The folder to walk; `script` names are relative to it. */
  readonly root: string
  /** Set when the location has wildcards: only files whose absolute path fits count. */
  readonly pattern: RegExp | undefined
}

/**
 * Splits an absolute location at its first wildcard, as Flyway does: `/app/sql/**\/v1` walks `/app/sql`. `*` and `?`
 * stay within one folder, `**` does not; `**\/` may also be nothing.
 */
export const parseLocation = (path: string): Location => {
  const at = path.search(/[*?]/)
  if (at < 0) return { root: path, pattern: undefined }
  const root = path.slice(0, path.slice(0, at).lastIndexOf(sep)) || sep
  const body = path
    .replace(/[/\\]+$/, '')
    .replace(/\*\*[/\\]|\*\*|\*|\?|[^*?]+/g, (token) => wildcards.get(token.replace('\\', '/')) ?? escapePattern(token))
  return { root, pattern: new RegExp(`^${body}[/\\\\]`, 's') }
}

/**
 * Makes Flyway's `locations` absolute paths, in order, without repetition.
 *
 * @throws VersiongenError `flyway-location` for one that is not on disk, does not exist or cannot be read.
 */
export const resolveLocations = async (
  locations: readonly string[],
  workingDirectory: string,
  barePrefix: 'filesystem' | 'classpath',
): Promise<readonly string[]> => {
  const resolved = await Promise.all(locations.map((text) => resolveOne(text.trim(), workingDirectory, barePrefix)))
  return [...new Set(resolved.flat())]
}

const resolveOne = async (
  text: string,
  workingDirectory: string,
  barePrefix: 'filesystem' | 'classpath',
): Promise<readonly string[]> => {
  const prefix = /^(filesystem|classpath|s3|gcs):/.exec(text)?.[1]
  const path = prefix === undefined ? text : text.slice(prefix.length + 1)
  if (prefix === 's3' || prefix === 'gcs') {
    throw new VersiongenError('flyway-location', `the location ${text} is not on disk`, {
      hint: 'name a folder that holds the same migrations with --migrations DIR',
    })
  }
  if ((prefix ?? barePrefix) === 'filesystem') {
    const folder = isAbsolute(path) ? resolve(path) : resolve(workingDirectory, path)
    await checkFolder(text, parseLocation(folder).root)
    return [folder]
  }
  const inside = path.replace(/^\/+/, '')
  const resources = join(workingDirectory, 'src/main/resources', inside)
  const candidates = prefix === undefined ? [resources, resolve(workingDirectory, path)] : [resources]
  const folder = await findFirst(candidates)
  await checkFolder(text, parseLocation(folder ?? resources).root)
  const classes = ['java', 'kotlin', 'groovy'].map((language) => join(workingDirectory, 'src/main', language, inside))
  const withClasses = await Promise.all(classes.map(async (path) => ((await isFolder(path)) ? [path] : [])))
  return [folder ?? resources, ...withClasses.flat()]
}

const findFirst = async (folders: readonly string[]): Promise<string | undefined> => {
  for (const folder of folders) if (await isFolder(parseLocation(folder).root)) return folder
  return undefined
}

const checkFolder = async (location: string, root: string): Promise<void> => {
  const problem = await stat(root).then(
    (found) => (found.isDirectory() ? undefined : 'is not a folder'),
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`),
  )
  if (problem === undefined) return
  throw new VersiongenError('flyway-location', `the migrations location ${location} ${problem}`, {
    where: { file: root },
    hint: 'name the folder with --migrations DIR',
  })
}

/** Whether there is a folder; one that cannot be looked at counts as there, so that reading it names the reason. */
const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  )

const wildcards: ReadonlyMap<string, string> = new Map([
  ['**/', '(?:.*[/\\\\])?'],
  ['**', '.*'],
  ['*', '[^/\\\\]*'],
  ['?', '[^/\\\\]'],
])

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
