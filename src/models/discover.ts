import { readdir, type Dirent } from 'node:fs'
import { resolve } from 'node:path'
import { VersiongenError } from '../errors.ts'
import { byCodePoint } from '../order.ts'

/**
 * The globs that are searched for models when the user names none: every TypeScript and JavaScript file under the root,
 * but for what tools install or build, declarations and tests. A pattern that starts with `!` takes files away.
 */
export const defaultPatterns: readonly string[] = [
  '**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}',
  '!**/{dist,build,out,coverage,vendor,tmp,temp}/**',
  '!**/{test,tests,__tests__,__mocks__,spec,e2e}/**',
  '!**/*.{test,spec,stories,config}.*',
]

/**
 * The files that may hold models, absolute and sorted. Only TypeScript and JavaScript files are returned, whatever the
 * patterns match; a pattern that names a folder means everything in it. `node_modules` and `.d.ts` files never count, and
 * neither does `mine.js` where `mine.ts` stands beside it. Symbolic links are followed only where a pattern names them.
 *
 * @throws VersiongenError `models-unreadable` when a folder may not be read; {@link defaultPatterns} pass over it, for
 *   beside the source may lie what is nobody's here, such as the data of a database.
 */
export const findModelFiles = async (root: string, patterns: readonly string[]): Promise<readonly string[]> => {
  const { glob } = await import('tinyglobby')
  const unreadable = new Map<string, unknown>()
  const found = await glob(patterns, {
    cwd: resolve(root),
    absolute: true,
    followSymbolicLinks: false,
    ignore: ['**/node_modules/**'],
    fs: { readdir: listAndNote(unreadable) },
  }).catch((cause: unknown) => {
    throw new VersiongenError('models-unreadable', `cannot search ${root} for models: ${String(cause)}`, {
      where: { file: root },
      hint: 'name the folders that hold models with --models',
      cause,
    })
  })
  const [folder] = [...unreadable.keys()].sort(byCodePoint)
  if (folder !== undefined && patterns !== defaultPatterns) {
    const cause = unreadable.get(folder)
    throw new VersiongenError('models-unreadable', `cannot search the folder for models: ${String(cause)}`, {
      where: { file: folder },
      hint: 'make it readable, or leave it out with --models',
      cause,
    })
  }
  const sources = new Set(found.filter((file) => /\.[mc]?[jt]sx?$/.test(file) && !/\.d\.([^/]+\.)?[mc]?ts$/.test(file)))
  return [...sources].filter((file) => !isCompiledBeside(file, sources)).sort(byCodePoint)
}

/** The search goes on where a folder cannot be read, and says nothing of it. What is not there is no failure. */
const listAndNote = (unreadable: Map<string, unknown>): typeof readdir => {
  const list = (
    path: string,
    options: { readonly withFileTypes: true },
    done: (error: NodeJS.ErrnoException | null, entries: Dirent[]) => void,
  ): void =>
    readdir(path, options, (error, entries) => {
      if (error !== null && error.code !== 'ENOENT' && error.code !== 'ENOTDIR') unreadable.set(path, error)
      done(error, entries)
    })
  return list as unknown as typeof readdir
}

const isCompiledBeside = (file: string, sources: ReadonlySet<string>): boolean => {
  const [, stem, dialect] = /^(.*)\.([mc]?)jsx?$/.exec(file) ?? []
  if (stem === undefined) return false
  return [`${stem}.${dialect}ts`, `${stem}.${dialect}tsx`].some((source) => sources.has(source))
}
