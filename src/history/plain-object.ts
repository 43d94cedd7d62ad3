export type PlainObject = Readonly<Record<string, unknown>>

/** An object of names and values: of json, of a composite, of conditions. Not a value of its own. */
export const isPlainObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !(value instanceof Uint8Array)
