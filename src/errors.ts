/** Where something is: a file position, or the qualified name of a database object. */
export interface Place {
  readonly file?: string
  readonly line?: number
  readonly column?: number
  /** `schema.object`, as a person would write it. */
  readonly object?: string
}

/**
 * The one family of errors this package throws on purpose. Anything else that is thrown is a defect.
 *
 * @example
 * ```ts
 * import { VersiongenError } from './errors.ts'
 *
 * throw new VersiongenError('table-not-found', 'there is no table public.mien', {
 *   where: { file: 'src/models/mine.ts', line: 3, column: 14 },
 *   hint: 'did you mean public.mine?',
 * })
 * ```
 */
export class VersiongenError extends Error {
  /** A stable kebab-case word that scripts can rely on, such as `table-not-found`. */
  readonly code: string
  readonly where: Place | undefined
  /** What to do about it: one short sentence or the command to run. */
  readonly hint: string | undefined

  constructor(
    code: string,
    message: string,
    { where, hint, cause }: { where?: Place; hint?: string; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'VersiongenError'
    this.code = code
    this.where = where
    this.hint = hint
  }
}

/** `src/models/mine.ts:3:14`, or `public.mine`; empty when nothing is known. */
export const formatPlace = (place: Place | undefined): string => {
  if (place === undefined) return ''
  if (place.file === undefined) return place.object ?? ''
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(':')
}
