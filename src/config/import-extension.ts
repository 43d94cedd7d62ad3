import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { directoriesUpToPackage } from './find-config.ts'
import { parseJsonc } from './parse-jsonc.ts'

/**
 * How files in `directory` (which need not exist) import each other, as the nearest deno.json(c) or tsconfig.json has it:
 * `.ts` under Deno and with `allowImportingTsExtensions` or `rewriteRelativeImportExtensions`, `.js` with Node's own
 * module resolution, nothing with a bundler's. Without either, `.ts`: that is what Node and Bun run as it is.
 *
 * @throws {VersiongenError} `config-syntax` when the tsconfig.json is not valid
 */
export const guessImportExtension = (directory: string): '.ts' | '.js' | '' => {
  for (const folder of directoriesUpToPackage(nearestExisting(directory))) {
    if (['deno.json', 'deno.jsonc'].some((name) => existsSync(join(folder, name)))) return '.ts'
    const tsconfig = join(folder, 'tsconfig.json')
    if (existsSync(tsconfig)) return extensionFor(readCompilerOptions(tsconfig))
  }
  return '.ts'
}

const extensionFor = (options: CompilerOptions): '.ts' | '.js' | '' => {
  if (options.get('allowImportingTsExtensions') === true || options.get('rewriteRelativeImportExtensions') === true)
    return '.ts'
  const module = String(options.get('module') ?? '').toLowerCase()
  const resolution = String(options.get('moduleResolution') ?? module).toLowerCase()
  return /^node(16|18|20|next)$/.test(resolution) ? '.js' : ''
}

type CompilerOptions = ReadonlyMap<string, unknown>

/** The compiler options of a tsconfig.json with those it extends, the nearer winning. */
const readCompilerOptions = (file: string, seen: ReadonlySet<string> = new Set()): CompilerOptions => {
  if (seen.has(file)) return new Map()
  const content = entriesOf(parseJsonc(readFileSync(file, 'utf8'), file))
  const bases = [content.get('extends') ?? []].flat().filter((base) => typeof base === 'string')
  const inherited = bases.flatMap((base) => {
    const path = resolveBase(base, dirname(file))
    return path === undefined ? [] : [...readCompilerOptions(path, new Set([...seen, file]))]
  })
  return new Map([...inherited, ...entriesOf(content.get('compilerOptions'))])
}

const entriesOf = (value: unknown): CompilerOptions =>
  new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])

/** Follows `extends`: a path, or a package's file looked for in the node_modules folders above. */
const resolveBase = (base: string, from: string): string | undefined => {
  const spellings = [base, `${base}.json`, join(base, 'tsconfig.json')]
  if (/^(\.\.?(\/|$)|\/|[A-Za-z]:)/.test(base)) return spellings.map((each) => resolve(from, each)).find(isFile)
  for (let folder = from; ; folder = dirname(folder)) {
    const found = spellings.map((each) => join(folder, 'node_modules', each)).find(isFile)
    if (found !== undefined || folder === dirname(folder)) return found
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

const nearestExisting = (directory: string): string =>
  existsSync(directory) ? directory : nearestExisting(dirname(directory))
