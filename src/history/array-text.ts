/**
 * Reads Postgres' text form of an array, such as `{1,NULL,"a \"b\""}`, `{{1,2},{3,4}}` or `[0:1]={a,b}`.
 *
 * @param element reads one element's text
 * @param delimiter `,` for every type but `box`
 */
export const parseArray = (text: string, element: (text: string) => unknown, delimiter = ','): unknown[] => {
  let position = text.indexOf('{')

  const fail = (): never => {
    throw new SyntaxError(`not an array: ${text}`)
  }

  const quoted = (): string => {
    let value = ''
    for (position++; position < text.length; position++) {
      const character = text[position]
      if (character === '"') {
        position++
        return value
      }
      if (character === '\\') position++
      value += text[position] ?? fail()
    }
    return fail()
  }

  const unquoted = (): unknown => {
    const start = position
    while (position < text.length && text[position] !== delimiter && text[position] !== '}') position++
    const value = text.slice(start, position)
    return value === 'NULL' ? null : element(value)
  }

  const array = (): unknown[] => {
    const elements: unknown[] = []
    position++
    if (text[position] === '}') {
      position++
      return elements
    }
    while (true) {
      const character = text[position]
      elements.push(character === '{' ? array() : character === '"' ? element(quoted()) : unquoted())
      const end = text[position++]
      if (end === '}') return elements
      if (end !== delimiter) fail()
    }
  }

  return position === -1 ? fail() : array()
}

/** Writes Postgres' text form of an array; null becomes NULL. */
export const formatArray = (values: readonly unknown[], element: (value: unknown) => string): string =>
  `{${values
    .map((value) => {
      if (value === null) return 'NULL'
      if (Array.isArray(value)) return formatArray(value, element)
      return `"${element(value).replace(/["\\]/g, '\\$&')}"`
    })
    .join(',')}}`
