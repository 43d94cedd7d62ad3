/** A dimension of an array. */
interface Dimension {
  /** Its first index. */
  readonly first: number
}

/** Of arrays that do not begin at 1: JavaScript's know no such thing, but it tells keys apart. */
const dimensionsOf = new WeakMap<readonly unknown[], readonly Dimension[]>()

/** Remembers where an array begins, so that {@link formatArray} writes it as it was. */
export const beginAt = (array: unknown[], dimensions: readonly Dimension[]): unknown[] => {
  if (dimensions.some(({ first }) => first !== 1)) dimensionsOf.set(array, dimensions)
  return array
}

/** From Postgres' text of them: `[0:1][1:3]`. */
export const readDimensions = (text: string): readonly (Dimension & { readonly length: number })[] =>
  [...text.matchAll(/\[(-?\d+):(-?\d+)\]/g)].map(([, first, last]) => ({
    first: Number(first),
    length: Number(last) - Number(first) + 1,
  }))

const writeDimensions = (array: readonly unknown[]): string => {
  let inner: readonly unknown[] | undefined = array
  const texts = dimensionsOf.get(array)?.map(({ first }) => {
    const length = inner?.length ?? 0
    inner = inner?.[0] as typeof inner
    return `[${first}:${first + length - 1}]`
  })
  return texts && array.length > 0 ? `${texts.join('')}=` : ''
}

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

  if (position === -1) fail()
  return position === 0 ? array() : beginAt(array(), readDimensions(text.slice(0, position)))
}

/** Writes Postgres' text form of an array; null becomes NULL. */
export const formatArray = (values: readonly unknown[], element: (value: unknown) => string): string =>
  `${writeDimensions(values)}{${values
    .map((value) => {
      if (value === null) return 'NULL'
      if (Array.isArray(value)) return formatArray(value, element)
      return `"${element(value).replace(/["\\]/g, '\\$&')}"`
    })
    .join(',')}}`
