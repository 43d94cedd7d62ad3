/**
 * Reads the text form of a Postgres array (documentation §8.15.6): quoted and bare elements, `NULL`, nesting, and the
 * `[2:3]={…}` form whose bounds are dropped.
 */
export const readArray = (text: string, element: (text: string) => unknown, delimiter = ','): unknown[] => {
  let at = text.startsWith('[') ? text.indexOf('={') + 1 : 0

  const readList = (): unknown[] => {
    const items: unknown[] = []
    at++
    while (at < text.length && text[at] !== '}') {
      if (text[at] === '{') items.push(readList())
      else if (text[at] === '"') items.push(element(readQuoted()))
      else {
        const bare = readBare()
        items.push(bare.toUpperCase() === 'NULL' ? null : element(bare.replace(/\\(.)/gs, '$1')))
      }
      if (text[at] === delimiter) at++
    }
    at++
    return items
  }

  const readQuoted = (): string => {
    let value = ''
    let from = ++at
    while (at < text.length && text[at] !== '"') {
      if (text[at] !== '\\') at++
      else {
        value += text.slice(from, at)
        from = at + 1
        at += 2
      }
    }
    value += text.slice(from, at)
    at++
    return value
  }

  const readBare = (): string => {
    const from = at
    while (at < text.length && text[at] !== delimiter && text[at] !== '}') at += text[at] === '\\' ? 2 : 1
    return text.slice(from, at)
  }

  return readList()
}

/** The text form of an array whose elements are already text, null or such arrays. */
export const writeArray = (items: readonly unknown[], element: (item: unknown) => string | null): string =>
  `{${items
    .map((item) => {
      if (Array.isArray(item)) return writeArray(item, element)
      const text = element(item)
      return text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`
    })
    .join(',')}}`
