import type { QualifiedName } from '../catalog/types.ts'
import { literal, qualified } from './quote.ts'
import { dollarQuote } from './text.ts'

/**
 * A function that is no trigger's, taken apart so that it can be compared with the one in the catalog.
 *
 * Its text is kept as text, not parsed by `begin atomic`: that would refuse to have columns of the version table retyped or
 * dropped, and fail as soon as it has a new one.
 */
export interface HelperFunction extends QualifiedName {
  /** The types of its arguments. */
  readonly takes: 'timestamptz' | 'text, text'
  /** As in the catalog. */
  readonly behaviour: string
  /** What stands between the dollar quotes. */
  readonly body: string
  readonly result: string
  /** Also says that it is versiongen's. */
  readonly comment: string
}

/** Whether a comment says that a function is versiongen's. */
export const isOurComment = (text: string | null): boolean =>
  /^((Rows|The last id) of .* at an instant|Whether a table fits its history beside .*)\.$/s.test(text ?? '')

export const createHelperFunction = ({
  body,
  behaviour,
  result,
  takes,
  comment: text,
  ...name
}: HelperFunction): string =>
  `create or replace function ${qualified(name)}(${takes}) returns ${result}
language sql ${behaviour} as ${dollarQuote(body)};
comment on function ${qualified(name)}(${takes}) is
  ${literal(text)};`
