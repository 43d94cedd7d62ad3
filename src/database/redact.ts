/**
 * Takes passwords out of a text: the ones given, raw or percent-encoded, and whatever stands where a URL or a
 * connection string has its password.
 */
export const redact = (text: string, secrets: readonly string[]): string => {
  let clean = text
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s]*@/gi, '$1***@')
    .replace(/((?:ssl)?password\s*=\s*)('[^']*'|[^\s&'"]+)/gi, '$1***')
  const forms = new Set(
    secrets.filter((secret) => secret !== '').flatMap((secret) => [secret, encodeURIComponent(secret)]),
  )
  for (const form of [...forms].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(form, '***')
  return clean
}

/** A copy of an error, with its causes, that holds no secret in its message, its stack or any other property. */
export const redactError = (error: unknown, secrets: readonly string[]): Error => {
  const source = error instanceof Error ? error : new Error(String(error))
  const clean = new Error(
    redact(source.message, secrets),
    source.cause === undefined ? undefined : { cause: redactError(source.cause, secrets) },
  )
  clean.name = source.name
  if (source.stack !== undefined) clean.stack = redact(source.stack, secrets)
  if ('code' in source && typeof source.code === 'string') Object.assign(clean, { code: source.code })
  return clean
}

/** The passwords met so far. */
export interface Secrets {
  add(secret: string): void
  /** A user named like the password gives nothing away, and would make every message unreadable. */
  ignore(name: string): void
  /** Without those of one or two characters, which stand in every word. */
  list(): readonly string[]
}

export const collectSecrets = (known: readonly string[]): Secrets => {
  const secrets = new Set(known)
  const names = new Set<string>()
  return {
    add: (secret) => void secrets.add(secret),
    ignore: (name) => void names.add(name),
    list: () => [...secrets].filter((secret) => secret.length > 2 && !names.has(secret)),
  }
}
