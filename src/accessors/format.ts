import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { VersiongenError } from '../errors.ts'

/**
 * Formats TypeScript as the project it is for would: with the prettier settings that hold for `file`.
 *
 * @param file absolute; need not exist
 * @throws VersiongenError `format` when the settings cannot be read or the text is not TypeScript.
 */
export const formatTypeScript = async (text: string, file: string): Promise<string> => {
  try {
    return await (maySetPrettier(dirname(file)) ? formatWithSettings(text, file) : formatPlainly(text))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new VersiongenError('format', `prettier cannot format it: ${reason}`, { where: { file }, cause })
  }
}

const formatWithSettings = async (text: string, file: string): Promise<string> => {
  const prettier = await import('prettier')
  const options = await prettier.resolveConfig(file, { editorconfig: true })
  return prettier.format(text, { ...options, parser: 'typescript', filepath: file })
}

/** The same without the half of prettier that looks for settings: there are none. */
const formatPlainly = async (text: string): Promise<string> => {
  const [{ format }, typescript, estree] = await Promise.all([
    import('prettier/standalone'),
    import('prettier/plugins/typescript'),
    import('prettier/plugins/estree'),
  ])
  return format(text, { parser: 'typescript', plugins: [typescript, estree.default] })
}

/** Whether a file in this folder, or in one above it, may hold settings of prettier. */
const maySetPrettier = (folder: string): boolean =>
  settingsFiles.some((name) => existsSync(join(folder, name))) ||
  manifests.some((name) => mentionsPrettier(join(folder, name))) ||
  (dirname(folder) !== folder && maySetPrettier(dirname(folder)))

const mentionsPrettier = (file: string): boolean => existsSync(file) && readFileSync(file, 'utf8').includes('prettier')

const extensions = ['js', 'ts', 'mjs', 'mts', 'cjs', 'cts']
const settingsFiles: readonly string[] = [
  '.editorconfig',
  '.prettierrc',
  ...['json', 'json5', 'yaml', 'yml', 'toml', ...extensions].map((extension) => `.prettierrc.${extension}`),
  ...extensions.map((extension) => `prettier.config.${extension}`),
]
const manifests: readonly string[] = ['package.json', 'package.yaml']
