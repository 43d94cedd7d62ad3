/** A TypeScript string literal. */
export const stringLiteral = (text: string): string =>
  JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')

/** A property's name in a type or an object: bare where it can be. */
export const propertyName = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : stringLiteral(name))

/** Text for the inside of a comment: one line, and unable to end it. */
export const commentText = (text: string): string =>
  text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .replaceAll('*/', '*\\/')
