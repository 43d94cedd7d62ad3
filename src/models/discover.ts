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
 * @throws VersiongenError `models-unreadable` when a folder may not be read.
 */
export const findModelFiles = async (root: string, patterns: readonly string[]): Promise<readonly string[]> => {
  const { glob } = await import('tinyglobby')
  const found = await glob(patterns, {
    cwd: resolve(root),
    absolute: true,
    followSymbolicLinks: false,
    ignore: ['**/node_modules/**'],
  }).catch((cause: unknown) => {
    throw new VersiongenError('models-unreadable', `cannot search ${root} for models: ${String(cause)}`, {
      where: { file: root },
      hint: 'name the folders that hold models with --models',
      cause,
    })
  })
  const sources = new Set(found.filter((file) => /\.[mc]?[jt]sx?$/.test(file) && !/\.d\.([^/]+\.)?[mc]?ts$/.test(file)))
  return [...sources].filter((file) => !isCompiledBeside(file, sources)).sort(byCodePoint)
}

const isCompiledBeside = (file: string, sources: ReadonlySet<string>): boolean => {
  const [, stem, dialect] = /^(.*)\.([mc]?)jsx?$/.exec(file) ?? []
  if (stem === undefined) return false
  return [`${stem}.${dialect}ts`, `${stem}.${dialect}tsx`].some((source) => sources.has(source))
}
