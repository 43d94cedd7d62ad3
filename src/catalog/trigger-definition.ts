import type { Trigger } from './types.ts'

/**
 * Reads the condition and the arguments out of what `pg_get_triggerdef` returns. The server has no other function for
 * the condition (`pg_get_expr` refuses one that mentions both `OLD` and `NEW`), and keeps the arguments as bytes of an
 * encoding it does not name.
 */
export const readTriggerDefinition = (definition: string): Pick<Trigger, 'when' | 'arguments'> => {
  const condition = findOutsideQuotes(definition, ' WHEN (', 0)
  const conditionStart = condition + ' WHEN '.length
  const conditionEnd = condition < 0 ? 0 : closingParenthesis(definition, conditionStart)
  const call = findOutsideQuotes(definition, ' EXECUTE FUNCTION ', conditionEnd)
  const list = findOutsideQuotes(definition, '(', call)
  return {
    when: condition < 0 ? null : unwrap(definition.slice(conditionStart, conditionEnd + 1)),
    arguments: readStrings(definition.slice(list + 1, definition.lastIndexOf(')'))),
  }
}

const findOutsideQuotes = (text: string, wanted: string, from: number): number => {
  for (let at = from; at < text.length; at++) {
    if (text.startsWith(wanted, at)) return at
    if (isQuote(text[at])) at = closingQuote(text, at)
  }
  return -1
}

const closingParenthesis = (text: string, open: number): number => {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    const character = text[at]
    if (isQuote(character)) at = closingQuote(text, at)
    else if (character === '(') depth++
    else if (character === ')' && --depth === 0) return at
  }
  throw new Error(`unbalanced parentheses in ${text}`)
}

const isQuote = (character: string | undefined): boolean => character === '"' || character === "'"

/** A doubled quote reads as the end of one and the start of another, which comes to the same. Deparsed SQL never escapes one by a backslash. */
const closingQuote = (text: string, open: number): number => {
  const close = text.indexOf(text.charAt(open), open + 1)
  if (close < 0) throw new Error(`unbalanced quotes in ${text}`)
  return close
}

/** The server wraps the condition in parentheses of its own. */
const unwrap = (condition: string): string => {
  const inner = condition.slice(1, -1)
  return inner.startsWith('(') && closingParenthesis(inner, 0) === inner.length - 1 ? inner.slice(1, -1) : inner
}

/** `'a', E'b\\c'` */
const readStrings = (list: string): readonly string[] => {
  const strings: string[] = []
  for (const [, escape, text = ''] of list.matchAll(/(E?)'((?:[^']|'')*)'/g)) {
    const value = text.replaceAll("''", "'")
    strings.push(escape === 'E' ? value.replaceAll('\\\\', '\\') : value)
  }
  return strings
}
