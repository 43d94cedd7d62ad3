/** Compares by code point, never by locale, so that every machine writes the same files. */
export const byCodePoint = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
