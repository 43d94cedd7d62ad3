/**
 * A name as it may go to a terminal, on one line: control characters, line separators and the marks that turn the
 * direction of text are written as escapes.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu, escape)

/** As {@link printable}, for a text whose line breaks and tabs are meant. */
export const printableLines = (text: string): string =>
  text.replace(/(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu, escape)

const escape = (character: string): string => {
  const known = new Map([
    ['\n', '\\n'],
    ['\r', '\\r'],
    ['\t', '\\t'],
  ])
  return known.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** How many columns of a terminal a text takes: wide and emoji characters two, combining marks none. */
export const displayWidth = (text: string): number => {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of new Intl.Segmenter('en').segment(text)) {
    if (/^\p{M}*$/u.test(segment)) continue
    width += wide.test(segment) ? 2 : 1
  }
  return width
}

const wide =
  /\p{Emoji_Presentation}|\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{17000}-\u{18AFF}\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}]/u

export const padEnd = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - displayWidth(text)))

/** `1 table`, `2 tables`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
