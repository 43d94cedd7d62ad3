import { formatPlace, VersiongenError } from '../src/errors.ts'
import type { Paint } from './paint.ts'
import { printable, printableLines } from './printable.ts'
import { relativePath } from './relative-path.ts'

/** A known error as people and scripts see it. */
export interface ErrorReport {
  readonly code: string
  readonly message: string
  readonly where: {
    readonly file?: string
    readonly line?: number
    readonly column?: number
    readonly object?: string
  } | null
  readonly hint: string | null
}

/** Known errors, and those the system reports about a file; undefined for a defect. */
export const describeError = (error: unknown, cwd: string): ErrorReport | undefined => {
  if (error instanceof VersiongenError) {
    const { code, message, where, hint = null } = error
    if (where === undefined) return { code, message, where: null, hint }
    const { file, ...rest } = where
    return { code, message, where: file === undefined ? rest : { file: relativePath(cwd, file), ...rest }, hint }
  }
  return describeSystemError(error, cwd)
}

const describeSystemError = (error: unknown, cwd: string): ErrorReport | undefined => {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'NotCapable') {
    return { code: 'permission', message: error.message, where: null, hint: 'give Deno the permission it asks for' }
  }
  if (!('syscall' in error && 'code' in error && 'path' in error && typeof error.path === 'string')) return undefined
  const file = relativePath(cwd, error.path)
  const message = `${String(error.syscall)}: ${systemMessages.get(String(error.code)) ?? String(error.code)}`
  return { code: 'file', message, where: { file }, hint: 'check the path and its permissions' }
}

const systemMessages: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'operation not permitted'],
  ['EROFS', 'the file system is read-only'],
  ['ENOENT', 'no such file or folder'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of the path is not a folder'],
  ['ENOSPC', 'no space left on the disk'],
])

/**
 * `error[code] file:line:column: message`, then what to do. A defect keeps its stack and asks to be reported; so does
 * everything with `verbose`, down to the last cause.
 */
export const formatError = (error: unknown, cwd: string, paint: Paint, verbose: boolean): string => {
  const report = describeError(error, cwd)
  if (report === undefined) {
    const lines = [
      `${paint('red', 'error[defect]')} ${printableLines(stackOf(error))}`,
      `  ${paint('dim', 'hint:')} this is a defect of versiongen: please report it with the lines above`,
    ]
    return `${lines.join('\n')}\n`
  }
  const where = formatPlace(report.where ?? undefined)
  const head = [paint('red', `error[${report.code}]`), where === '' ? '' : `${paint('bold', printable(where))}:`]
  const lines = [[...head, printable(report.message)].filter((part) => part !== '').join(' ')]
  if (report.hint !== null) lines.push(`  ${paint('dim', 'hint:')} ${printable(report.hint)}`)
  if (verbose) lines.push(paint('dim', printableLines(stackOf(error))))
  return `${lines.join('\n')}\n`
}

/** The stack of an error, then those of all its causes. */
const stackOf = (error: unknown, seen: ReadonlySet<unknown> = new Set()): string => {
  if (!(error instanceof Error)) return String(error)
  const causes = [error.cause, ...(error instanceof AggregateError ? error.errors : [])]
  const known = new Set([...seen, error])
  const further = causes.filter((cause) => cause !== undefined && !known.has(cause))
  return [error.stack ?? String(error), ...further.map((cause) => stackOf(cause, known))].join('\ncaused by: ')
}
