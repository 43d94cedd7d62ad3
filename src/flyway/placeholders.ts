import type { FlywayConfig, Migration } from './types.ts'

type PlaceholderConfig = Pick<
  FlywayConfig,
  'placeholderReplacement' | 'placeholderPrefix' | 'placeholderSuffix' | 'placeholders'
>

/**
 * Whether Flyway would see the start of a placeholder anywhere in this text. It looks at strings, comments and dollar
 * quotes alike, and there is no escape: such a text needs `placeholderReplacement=false` in its `.conf` file.
 */
export const containsPlaceholder = (text: string, config: PlaceholderConfig): boolean =>
  config.placeholderReplacement && text.includes(config.placeholderPrefix)

/**
 * The text with its placeholders replaced, as Flyway runs it; names in any case.
 *
 * @returns the names without a value in `unknown`, once each, in order; they stay in the text.
 */
export const replacePlaceholders = (
  text: string,
  config: Pick<FlywayConfig, 'placeholderPrefix' | 'placeholderSuffix' | 'placeholders'>,
  builtIn: ReadonlyMap<string, string> = new Map(),
): { readonly text: string; readonly unknown: readonly string[] } => {
  const values = new Map(Object.entries(config.placeholders).map(([name, value]) => [name.toLowerCase(), value]))
  const unknown = new Set<string>()
  const { placeholderPrefix: prefix, placeholderSuffix: suffix } = config
  let result = ''
  let at = 0
  for (;;) {
    const start = text.indexOf(prefix, at)
    if (start < 0) break
    const end = text.indexOf(suffix, start + prefix.length)
    const name = text.slice(start + prefix.length, end < 0 ? undefined : end)
    const value = values.get(name.toLowerCase()) ?? builtIn.get(name.toLowerCase())
    result += text.slice(at, start) + (value ?? `${prefix}${name}${suffix}`)
    if (value === undefined) unknown.add(name)
    if (end < 0) return { text: result, unknown: [...unknown] }
    at = end + suffix.length
  }
  return { text: result + text.slice(at), unknown: [...unknown] }
}

/** The built-in placeholders whose values follow from the configuration and the file alone. */
export const builtInPlaceholders = (
  config: Pick<FlywayConfig, 'defaultSchema' | 'schemas' | 'historyTable'>,
  { script }: Pick<Migration, 'script'>,
): ReadonlyMap<string, string> => {
  const schema = config.defaultSchema ?? config.schemas[0]
  return new Map([
    ['flyway:filename', script.slice(script.lastIndexOf('/') + 1)],
    ['flyway:table', config.historyTable],
    ...(schema === undefined ? [] : [['flyway:defaultschema', schema] as const]),
  ])
}
