/** One SQL statement of a script. */
export interface Statement {
  /** Without the closing `;` and without comments before it. */
  readonly text: string
  /** Where {@link text} starts in the script: an index of UTF-16 units. */
  readonly start: number
  /** The first unquoted words, in lower case: `['create', 'unique', 'index', 'concurrently']`. */
  readonly words: readonly string[]
  /** For `COPY … FROM STDIN`: the lines after it up to `\.`, and where in {@link text} the word STDIN stands. */
  readonly copy: { readonly data: string; readonly stdin: readonly [start: number, end: number] } | undefined
}

const space = /\s+/y
const lineComment = /--[^\r\n]*/y
const commentEdge = /\/\*|\*\//g
const quotedName = /"(?:[^"]|"")*(?:"|$)/y
const standardString = /'(?:[^']|'')*(?:'|$)/y
const escapeString = /[eE]'(?:[^'\\]|''|\\.)*(?:'|\\?$)/sy
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
const word = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y
const number = /[0-9][A-Za-z0-9_.]*/y
const copyEnd = /^\\\.[ \t]*\r?$/m

const wordsKept = 6

/**
 * Splits a script at its semicolons, by the lexical rules of Postgres (documentation §4.1): not within strings of any
 * kind, quoted names, dollar quotes, nested comments, parentheses (`CREATE RULE … DO (…; …)`) or a `BEGIN ATOMIC` body.
 * What is not closed runs to the end of the script; the server says what is wrong with it.
 */
export const splitStatements = (script: string): Statement[] => {
  const statements: Statement[] = []
  let at = 0
  let statement = openStatement()

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(script)?.[0]
  }

  const finish = (end: number, dataFrom: number | undefined): number => {
    const { start, words, stdin } = statement
    let next = end
    if (start !== undefined) {
      const text = script.slice(start, end).trimEnd()
      if (stdin === undefined || dataFrom === undefined) statements.push({ text, start, words, copy: undefined })
      else {
        const { data, length } = readCopyData(script.slice(dataFrom))
        next = dataFrom + length
        statements.push({ text, start, words, copy: { data, stdin: [stdin[0] - start, stdin[1] - start] } })
      }
    }
    statement = openStatement()
    return next
  }

  while (at < script.length) {
    const skipped =
      match(space) ?? match(lineComment) ?? (script.startsWith('/*', at) ? blockComment(script, at) : undefined)
    if (skipped !== undefined) {
      at += skipped.length
      continue
    }
    if (script[at] === ';' && statement.parentheses <= 0 && statement.blocks === 0) {
      const dataFrom = statement.stdin === undefined ? undefined : lineAfter(script, at)
      at = Math.max(at + 1, finish(at, dataFrom))
      continue
    }
    statement.start ??= at
    const quoted = match(escapeString) ?? match(standardString) ?? match(quotedName) ?? dollarQuoted(script, at)
    const name = quoted === undefined ? match(word) : undefined
    if (name !== undefined) noteWord(statement, name.toLowerCase(), at)
    if (script[at] === '(') statement.parentheses++
    if (script[at] === ')') statement.parentheses--
    at += (quoted ?? name ?? match(number))?.length ?? 1
  }
  finish(script.length, undefined)
  return statements
}

interface OpenStatement {
  start: number | undefined
  readonly words: string[]
  previous: string
  parentheses: number
  /** Open `BEGIN ATOMIC`, and `CASE` within. */
  blocks: number
  stdin: readonly [number, number] | undefined
}

const openStatement = (): OpenStatement => ({
  start: undefined,
  words: [],
  previous: '',
  parentheses: 0,
  blocks: 0,
  stdin: undefined,
})

const noteWord = (statement: OpenStatement, name: string, at: number): void => {
  const { previous, words } = statement
  statement.previous = name
  if (words.length < wordsKept) words.push(name)
  if (name === 'atomic' && previous === 'begin' && words[0] === 'create') statement.blocks++
  else if (name === 'case' && statement.blocks > 0 && previous !== 'end') statement.blocks++
  else if (name === 'end' && statement.blocks > 0) statement.blocks--
  else if (name === 'stdin' && previous === 'from' && words[0] === 'copy' && statement.parentheses === 0) {
    statement.stdin = [at, at + name.length]
  }
}

const blockComment = (script: string, from: number): string => {
  let depth = 0
  commentEdge.lastIndex = from
  for (let edge = commentEdge.exec(script); edge !== null; edge = commentEdge.exec(script)) {
    depth += edge[0] === '/*' ? 1 : -1
    if (depth === 0) return script.slice(from, commentEdge.lastIndex)
  }
  return script.slice(from)
}

const dollarQuoted = (script: string, from: number): string | undefined => {
  dollarTag.lastIndex = from
  const tag = dollarTag.exec(script)?.[0]
  if (tag === undefined) return undefined
  const end = script.indexOf(tag, from + tag.length)
  return script.slice(from, end === -1 ? undefined : end + tag.length)
}

const lineAfter = (script: string, at: number): number => {
  const end = script.indexOf('\n', at)
  return end === -1 ? script.length : end + 1
}

const readCopyData = (text: string): { data: string; length: number } => {
  const end = copyEnd.exec(text)
  return end === null
    ? { data: text, length: text.length }
    : { data: text.slice(0, end.index), length: end.index + end[0].length }
}
