/** @throws TypeError when `count` is not a whole number from 0. */
export const checkCount = (count: number, what: string): string => {
  if (!(Number.isSafeInteger(count) && count >= 0)) throw new TypeError(`${what}, not ${String(count)}`)
  return String(count)
}
