import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { VersiongenError } from '../errors.ts'
import { lineAndColumn, parseJsonc } from './parse-jsonc.ts'
import type { Config } from './types.ts'

/**
 * Reads and checks a configuration file. TypeScript and JavaScript are imported by the runtime itself; only where it
 * cannot import TypeScript (Node before 22.18) jiti does. Of package.json and deno.json(c), the `"versiongen"` key counts.
 *
 * @param file - absolute
 * @throws {VersiongenError} `config-syntax`, `config-failed` (it threw while it was loaded) or `config-invalid`, each
 *   with file and, where it can be known, line and column
 */
export const loadConfig = async (file: string): Promise<Config> => {
  const text = readText(file)
  const { validateConfig } = await import('./validate-config.ts')
  const content = /\.jsonc?$/.test(file) ? readJson(text, file) : await importDefault(file)
  return validateConfig(content, file, (path) => locateSetting(text, path))
}

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new VersiongenError(
      'config-unreadable',
      `cannot read the configuration file: ${codeOf(cause) ?? String(cause)}`,
      {
        where: { file },
        hint: 'check that it is a file and that you may read it',
        cause,
      },
    )
  }
}

const readJson = (text: string, file: string): unknown => {
  const content = parseJsonc(text, file)
  if (!/^(package\.json|deno\.jsonc?)$/.test(basename(file))) return content
  return typeof content === 'object' && content !== null && 'versiongen' in content ? content.versiongen : {}
}

const importDefault = async (file: string): Promise<unknown> => {
  const module = await importFile(file)
  if (typeof module === 'object' && module !== null && 'default' in module) return module.default
  throw new VersiongenError('config-invalid', 'the configuration file has no default export', {
    where: { file },
    hint: 'write: export default defineConfig({ … })',
  })
}

const importFile = async (file: string): Promise<unknown> => {
  const imported = await importNatively(file)
  if (!('error' in imported)) return imported.module
  if (codeOf(imported.error) !== 'ERR_UNKNOWN_FILE_EXTENSION') throw await explainImportError(imported.error, file)
  const { createJiti } = await import('jiti')
  try {
    return await createJiti(import.meta.url, { fsCache: false, moduleCache: false }).import(file)
  } catch (error) {
    throw await explainImportError(error, file)
  }
}

const importNatively = async (file: string): Promise<{ module: unknown } | { error: unknown }> => {
  try {
    return { module: (await import(pathToFileURL(file).href)) as unknown }
  } catch (error) {
    return { error }
  }
}

const explainImportError = async (error: unknown, file: string): Promise<VersiongenError> => {
  const said = saidBy(error)
  const missing = missingImport(said)
  if (missing !== undefined) return explainMissingImport(missing, said, error, file)
  const syntax = isSyntaxError(error)
  const position = positionIn(said, file) ?? (syntax ? await locateSyntaxError(file) : undefined)
  const what = syntax ? 'the configuration file does not parse' : 'the configuration file threw an error'
  return new VersiongenError(syntax ? 'config-syntax' : 'config-failed', `${what}: ${plainReason(said, file)}`, {
    where: { file, ...position },
    hint: 'correct the file, then run the command again',
    cause: error,
  })
}

const missingImport = (said: string): string | undefined => {
  const patterns = [
    /Cannot find (?:package|module) '([^']+)'/,
    /Import "([^"]+)" not a dependency/,
    /Module not found "([^"]+)"/,
  ]
  return patterns.map((pattern) => pattern.exec(said)?.[1]).find((name) => name !== undefined)
}

const explainMissingImport = (missing: string, said: string, cause: unknown, file: string): VersiongenError => {
  const isFile = /^(file:|\.|[\\/]|[A-Za-z]:)/.test(missing)
  const lastPart = missing.split(/[\\/]/).at(-1) ?? missing
  const where = { file, ...(positionIn(said, file) ?? positionOf(lastPart, readText(file))) }
  if (isFile) {
    return new VersiongenError('config-failed', `the configuration file imports ${lastPart}, which does not exist`, {
      where,
      hint: 'correct the import, then run the command again',
      cause,
    })
  }
  const name = missing.split('/', missing.startsWith('@') ? 2 : 1).join('/')
  return new VersiongenError('config-failed', `the configuration file imports ${missing}, which is not installed`, {
    where,
    hint: `npm install ${name}`,
    cause,
  })
}

const positionOf = (excerpt: string, text: string): Position | undefined => {
  const offset = text.indexOf(excerpt)
  return offset === -1 ? undefined : { line: lineAndColumn(text, offset).line }
}

/** Message and stack, without the colours that Deno puts into them. */
const saidBy = (error: unknown): string =>
  stripVTControlCharacters(error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error))

const isSyntaxError = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'SyntaxError' ||
    codeOf(error) === 'ERR_INVALID_TYPESCRIPT_SYNTAX' ||
    /^(SyntaxError: |Transform failed|ParseError)/.test(error.message))

/** The first line that says something, without the path, which is said elsewhere. */
const plainReason = (said: string, file: string): string => {
  const lines = said.split('\n').map((line) => line.replaceAll(pathToFileURL(file).href, '').replaceAll(file, ''))
  const line = lines.find((each) => / ERROR: /.test(each)) ?? lines.find((each) => /[a-z]/i.test(each)) ?? ''
  return line
    .replace(/^.*? ERROR: /, '')
    .replace(/^[A-Za-z]*Error: /, '')
    .replace(/( at)? *:\d+:\d+$/, '')
    .replace(/ \(\d+:\d+\)$/, '')
    .trim()
}

interface Position {
  readonly line: number
  readonly column?: number
}

/** Looks for `<file>:3:5` in all that an engine or transpiler says about the error. */
const positionIn = (said: string, file: string): Position | undefined => {
  const firstColumn = /^(Transform failed|ParseError)/.test(said) ? 0 : 1
  for (const name of [file, pathToFileURL(file).href]) {
    const at = said.indexOf(`${name}:`)
    const [, line, column] = (at === -1 ? null : /^:(\d+)(?::(\d+))?/.exec(said.slice(at + name.length))) ?? []
    if (line === undefined) continue
    return { line: Number(line), ...(column === undefined ? {} : { column: Number(column) + 1 - firstColumn }) }
  }
  return undefined
}

/** Node does not say where a JavaScript module breaks off; jiti's parser does. Nothing is run. */
const locateSyntaxError = async (file: string): Promise<Position | undefined> => {
  const { createJiti } = await import('jiti')
  const output = createJiti(import.meta.url, { fsCache: false }).transform({ source: readText(file), filename: file })
  const [, line, column] = /^exports\.__JITI_ERROR__ = .*"line":(\d+),"column":(\d+)/.exec(output) ?? []
  return line === undefined ? undefined : { line: Number(line), column: Number(column) + 1 }
}

/** Where the last name of the path is written: each name is looked for after the one before it. */
const locateSetting = (text: string, path: readonly string[]): { line: number; column: number } | undefined => {
  let offset = 0
  let found: number | undefined
  for (const name of path) {
    const quoted = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    const match = new RegExp(`(?<![\\w$])(?:"${quoted}"|'${quoted}'|${quoted})\\s*:`).exec(text.slice(offset))
    if (match === null) break
    found = offset + match.index
    offset = found + match[0].length
  }
  return found === undefined ? undefined : lineAndColumn(text, found)
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
