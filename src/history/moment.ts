import { checkInstant, formatDate, lastMicrosecond } from './instant.ts'
import type { TransactionId, When } from './types.ts'

/** A {@link When}, checked, as texts for Postgres. */
export type Moment =
  /** After the id there may be others, which were not to be seen yet: see `momentIds`. */
  | { readonly kind: 'transaction'; readonly id: string }
  /** The first and the last microsecond it may mean: the same, unless it was a Date. */
  | { readonly kind: 'instant'; readonly first: string; readonly last: string }

/** @throws TypeError when `when` is no moment. */
export const toMoment = (when: When): Moment => {
  if (when instanceof Date) {
    const first = formatDate(when)
    return { kind: 'instant', first, last: lastMicrosecond(first) }
  }
  if (typeof when === 'string') {
    const instant = checkInstant(when)
    return { kind: 'instant', first: instant, last: instant }
  }
  if (typeof when === 'object' && when !== null && 'transaction' in when) {
    return { kind: 'transaction', id: checkTransactionId(when.transaction) }
  }
  throw new TypeError('a moment is a Date, an ISO 8601 text or { transaction: id }')
}

/** @throws TypeError when `id` is not a whole number. */
export const checkTransactionId = (id: TransactionId): string => {
  const text = typeof id === 'number' && !Number.isSafeInteger(id) ? '' : String(id)
  if (!/^-?\d+$/.test(text)) throw new TypeError(`not a transaction id: ${JSON.stringify(String(id))}`)
  return text
}
