/** Whether a value, perhaps a proxy, has all these methods. */
export const has = (value: unknown, ...names: readonly string[]): boolean =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')

/** What a value is, for an error. */
export const describe = (value: unknown): string => {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object'
}
