import { stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { VersiongenError } from '../errors.ts'

/** Where a location's files are, and which of them count. */
export interface Location {
  /** The folder to walk. */
  readonly root: string
  /** Set when the location has wildcards: only files whose absolute path fits count. */
  readonly pattern: RegExp | undefined
}

/**
 * Splits an absolute location at its first part with a wildcard, as Flyway does (LocationParser): `/app/sql/**\/v1`
 * walks `/app/sql`. `?` is one and `*` one or more characters of a name, `**` any number of folders. A last part with
 * a dot is a file, any other a folder; a `**` at the very end fits nothing.
 */
export const parseLocation = (path: string): Location => {
  const first = path.search(/[*?]/)
  if (first < 0) return { root: path, pattern: undefined }
  const end = path.lastIndexOf(sep, first)
  const root = path.slice(0, end) || sep
  const wild = path
    .slice(end + 1)
    .split(sep)
    .filter((part) => part !== '')
  const body = wild.map((part, index) => {
    if (part === '**') return '(?:[^/]+/)*?'
    const name = part
      .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
      .replaceAll('?', '[^/]')
      .replaceAll('*', '[^/]+?')
    return index === wild.length - 1 ? name : `${name}/`
  })
  const isFile = wild.at(-1)?.includes('.') === true
  return { root, pattern: new RegExp(`^${body.join('')}${isFile ? '' : '/(?<script>.*)'}$`, 's') }
}

/**
 * What Flyway calls a file of this location: its path behind the wildcards, else behind the root, with `/`. Undefined
 * for a file that does not fit.
 */
export const scriptOf = ({ root, pattern }: Location, file: string): string | undefined => {
  const path = relative(root, file).replaceAll(sep, '/')
  const found = pattern?.exec(path)
  if (pattern === undefined) return path
  return found ? found.groups?.['script'] || path : undefined
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
