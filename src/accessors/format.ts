import { VersiongenError } from '../errors.ts'

/**
 * Formats TypeScript as the project it is for would: with the prettier settings that hold for `file`.
 *
 * @param file absolute; need not exist
 * @throws VersiongenError `format` when the settings cannot be read or the text is not TypeScript.
 */
export const formatTypeScript = async (text: string, file: string): Promise<string> => {
  const prettier = await import('prettier')
  try {
    const options = await prettier.resolveConfig(file, { editorconfig: true })
    return await prettier.format(text, { ...options, parser: 'typescript', filepath: file })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new VersiongenError('format', `prettier cannot format it: ${reason}`, { where: { file }, cause })
  }
}
