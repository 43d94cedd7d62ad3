import { readFile, stat } from 'node:fs/promises'

/** What a line of the password file has to match; {@link host} is `localhost` for a Unix socket. */
export interface PasswordKey {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
}

/**
 * Looks a password up in libpq's password file (PostgreSQL documentation §32.16). As in libpq, a file that is missing,
 * may not be read, or may be read by others, is as if it were empty.
 */
export const findPassword = async (file: string, key: PasswordKey): Promise<string | undefined> => {
  const text = await readPrivately(file)
  const wanted = [key.host, String(key.port), key.database, key.user]
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue
    const fields = splitFields(line)
    if (
      fields.length === 5 &&
      wanted.every((value, index) => fields[index] === '*' || unescape(fields[index]) === value)
    ) {
      return unescape(fields[4])
    }
  }
  return undefined
}

const readPrivately = async (file: string): Promise<string> => {
  try {
    const { mode } = await stat(file)
    const readableByOthers = process.platform !== 'win32' && (mode & 0o077) !== 0
    return readableByOthers ? '' : await readFile(file, 'utf8')
  } catch {
    return ''
  }
}

/** Splits at colons that no backslash precedes; the password keeps its colons. */
const splitFields = (line: string): string[] =>
  /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/s.exec(line)?.slice(1) ?? []

const unescape = (field: string | undefined): string => (field ?? '').replace(/\\(.)/gs, '$1')
