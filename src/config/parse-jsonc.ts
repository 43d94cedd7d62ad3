import { VersiongenError } from '../errors.ts'

/**
 * Parses JSON as tsconfig.json and deno.jsonc have it: with comments, trailing commas and perhaps a byte order mark.
 *
 * @param file - only named in the error
 * @throws {VersiongenError} `config-syntax`, with the line and column
 */
export const parseJsonc = (text: string, file: string): unknown => {
  const plain = blankOut(text)
  try {
    return JSON.parse(plain) as unknown
  } catch (error) {
    throw new VersiongenError('config-syntax', `not valid JSON: ${reasonOf(error)}`, {
      where: { file, ...lineAndColumn(text, offsetOf(error, plain)) },
      hint: 'correct the file, then run the command again',
    })
  }
}

/** Replaces comments and trailing commas by blanks, so that every position stays what it was. */
const blankOut = (text: string): string => {
  const token = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*[}\]])|^\uFEFF/g
  return text.replace(token, (found) => (found.startsWith('"') ? found : found.replace(/[^\n]/g, ' ')))
}

/** What the engine says, without the excerpt it may quote: a connection string could stand there. */
const reasonOf = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).replace(/(, (\.\.\.)?"|( in JSON)? at position )[\s\S]*$/, '')

/** The offset the engine names; where it names none (an unexpected token), the end of the shortest prefix that has one. */
const offsetOf = (error: unknown, text: string): number => {
  const named = / at position (\d+)/.exec(String(error))
  if (named !== null) return Number(named[1])
  let good = 0
  let bad = text.trimEnd().length
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (hasUnexpectedToken(text.slice(0, middle))) bad = middle
    else good = middle
  }
  return Math.max(0, bad - 1)
}

const hasUnexpectedToken = (text: string): boolean => {
  try {
    JSON.parse(text)
    return false
  } catch (error) {
    return String(error).includes('Unexpected token')
  }
}

/** 1-based line and column of an offset. */
export const lineAndColumn = (text: string, offset: number): { line: number; column: number } => {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
