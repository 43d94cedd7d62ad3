import { formatPlace, VersiongenError } from '../errors.ts'
import { byCodePoint } from '../order.ts'

/** Gathers what is wrong with the models, so that one run tells all of it. */
export class Problems {
  readonly #errors: VersiongenError[] = []

  /** What several models share is told once. */
  add(error: VersiongenError): void {
    const known = this.#errors.some(
      ({ message, where }) => message === error.message && formatPlace(where) === formatPlace(error.where),
    )
    if (!known) this.#errors.push(error)
  }

  /** Runs `read`, keeping what it throws on purpose; undefined then. */
  catch<Result>(read: () => Result): Result | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof VersiongenError)) throw error
      this.add(error)
      return undefined
    }
  }

  /**
   * Throws when there is anything to tell: the first error by file, line and column. When there are more, its hint says
   * where they are and its `cause` is an `AggregateError` that holds all of them.
   */
  throwIfAny(): void {
    const [first, ...others] = [...this.#errors].sort(byPlace)
    if (first === undefined) return
    if (others.length === 0) throw first
    const elsewhere = others.slice(0, 5).map(({ where, message }) => `${formatPlace(where)} ${message}`)
    const rest = others.length > 5 ? [`and ${others.length - 5} more`] : []
    throw new VersiongenError(first.code, first.message, {
      ...(first.where === undefined ? {} : { where: first.where }),
      hint: [...(first.hint === undefined ? [] : [first.hint]), `also: ${[...elsewhere, ...rest].join('; ')}`].join(
        '; ',
      ),
      cause: new AggregateError([first, ...others], `${others.length + 1} errors in models`),
    })
  }
}

const byPlace = ({ where: a }: VersiongenError, { where: b }: VersiongenError): number =>
  byCodePoint(a?.file ?? '', b?.file ?? '') || (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0)
