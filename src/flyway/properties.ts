import { VersiongenError } from '../errors.ts'

/** One `key=value` line. */
export interface Property {
  readonly key: string
  readonly value: string
  /** 1-based. */
  readonly line: number
}

/**
 * Reads a Java properties file as Flyway does: `#` and `!` start comments, a backslash is just a backslash.
 *
 * @throws VersiongenError `flyway-config` with file and line for a line without `=`.
 */
export const parseProperties = (text: string, file: string): readonly Property[] =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .flatMap((content, index) => {
      const trimmed = content.trim()
      if (trimmed === '' || /^[#!]/.test(trimmed)) return []
      const at = trimmed.search(/[=:]/)
      if (at < 1) {
        throw new VersiongenError('flyway-config', `expected key=value, found ${JSON.stringify(trimmed)}`, {
          where: { file, line: index + 1 },
        })
      }
      return [{ key: trimmed.slice(0, at).trim(), value: trimmed.slice(at + 1).trim(), line: index + 1 }]
    })
