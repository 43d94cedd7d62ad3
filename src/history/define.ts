/** Sets a property; assigning to `__proto__` would not make one. */
export const define = (target: object, property: string, value: unknown): void => {
  if (property === '__proto__') {
    Object.defineProperty(target, property, { value, configurable: true, enumerable: true, writable: true })
  } else (target as Record<string, unknown>)[property] = value
}
