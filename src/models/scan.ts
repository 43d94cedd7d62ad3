import { decodeText, readBytes } from './sources.ts'
import type { Problems } from './problems.ts'

const mark = Buffer.from('__versioned__')
const word = Buffer.from('versioned')
/** Beside the word, what makes it this package's function: a call, another name for it, or the package. */
const uses = ['versioned(', 'versioned as ', 'versiongen'].map((text) => Buffer.from(text))

/** Between two breaths for whatever else this process does. */
const filesAtOnce = 500

/** Runs `look` on the bytes of each file; a file that cannot be read is reported. */
const lookAt = async (
  files: readonly string[],
  problems: Problems,
  look: (bytes: Buffer) => boolean,
): Promise<readonly string[]> => {
  const found: string[] = []
  for (const [index, file] of files.entries()) {
    if (index > 0 && index % filesAtOnce === 0) await new Promise((resolve) => setImmediate(resolve))
    if (problems.catch(() => look(readBytes(file)))) found.push(file)
  }
  return found
}

/** The files whose text may mark a model: all others are never parsed. */
export const findMarkedFiles = (files: readonly string[], problems: Problems): Promise<readonly string[]> =>
  lookAt(files, problems, (bytes) => {
    if (isUtf16(bytes)) bytes = Buffer.from(decodeText(bytes))
    return bytes.includes(mark) || (bytes.includes(word) && uses.some((text) => bytes.includes(text)))
  })

export interface ExtendingFiles {
  readonly files: readonly string[]
  /** Names that `export { Base as Root }` gives one of the classes anywhere. */
  readonly aliases: readonly string[]
}

/** The files whose text extends something and has one of these names in it, whole. */
export const findExtendingFiles = async (
  files: readonly string[],
  names: readonly string[],
  problems: Problems,
): Promise<ExtendingFiles> => {
  const needles = names.map((name) => Buffer.from(name))
  const whole = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)).join('|')
  const mention = new RegExp(String.raw`(?<![\p{ID_Continue}$])(?:${whole})(?![\p{ID_Continue}$])`, 'u')
  const renaming = new RegExp(
    String.raw`\bexport\s*\{[^}]*?(?<![\p{ID_Continue}$])(?:${whole}|default)\s+as\s+([\p{ID_Continue}$]+)`,
    'gu',
  )
  const aliases = new Set<string>()
  const found = await lookAt(files, problems, (bytes) => {
    if (!isUtf16(bytes) && !needles.some((needle) => bytes.includes(needle))) return false
    const text = decodeText(bytes)
    if (!mention.test(text)) return false
    for (const [, alias] of text.matchAll(renaming)) if (alias !== undefined && alias !== 'default') aliases.add(alias)
    return text.includes('extends')
  })
  return { files: found, aliases: [...aliases] }
}

const isUtf16 = (bytes: Buffer): boolean =>
  (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
