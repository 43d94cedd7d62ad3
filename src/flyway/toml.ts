import { VersiongenError } from '../errors.ts'

/** A value of a TOML file. Dates and times stay text. */
export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable

/** A table by its keys; a Map, so that no key can meet a property of objects. */
export interface TomlTable extends ReadonlyMap<string, TomlValue> {}

/**
 * Reads TOML 1.0, as far as a configuration file uses it: all of it, but dates and numbers are not checked closely.
 *
 * @throws VersiongenError `flyway-config` with file and line for the first mistake.
 */
export const parseToml = (text: string, file: string): TomlTable => {
  const reader = new Reader(text.replace(/^\uFEFF/, ''), file)
  const root: Mutable = new Map()
  const closed = new Set<Mutable>()
  let table = root
  for (reader.skipLines(); !reader.atEnd(); reader.skipLines()) {
    if (reader.take('[[')) {
      const path = reader.readKey()
      reader.expect(']]')
      table = appendTable(reader, root, path)
    } else if (reader.take('[')) {
      const path = reader.readKey()
      reader.expect(']')
      table = openTable(reader, root, path)
      if (closed.has(table)) reader.fail(`the table ${path.join('.')} stands here twice`)
      closed.add(table)
    } else {
      readPair(reader, table)
    }
    reader.endLine()
  }
  return root
}

type Mutable = Map<string, TomlValue>

class Reader {
  #text: string
  #file: string
  #at = 0

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
  }

  fail(message: string): never {
    const line = this.#text.slice(0, this.#at).split('\n').length
    throw new VersiongenError('flyway-config', message, { where: { file: this.#file, line } })
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** The match at the present place, which is passed; null when there is none. */
  match(pattern: RegExp): RegExpExecArray | null {
    const sticky = new RegExp(pattern, 'yu')
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.#text)
    if (found) this.#at = sticky.lastIndex
    return found
  }

  take(token: string): boolean {
    const found = this.#text.startsWith(token, this.#at)
    if (found) this.#at += token.length
    return found
  }

  expect(token: string): void {
    this.skipSpaces()
    if (!this.take(token)) this.fail(`expected ${token}, found ${this.describeNext()}`)
  }

  describeNext(): string {
    if (this.atEnd()) return 'the end of the file'
    const rest = /^[^\r\n]{0,30}/.exec(this.#text.slice(this.#at))?.[0] ?? ''
    return rest === '' ? 'the end of the line' : JSON.stringify(rest)
  }

  skipSpaces(): void {
    this.match(/[ \t]+/)
  }

  /** Spaces, comments and line ends. */
  skipLines(): void {
    this.match(/(?:[ \t\r\n]|#[^\n]*)+/)
  }

  endLine(): void {
    this.match(/[ \t]*(?:#[^\n]*)?/)
    if (!this.atEnd() && !this.match(/\r?\n/)) this.fail(`expected the end of the line, found ${this.describeNext()}`)
  }

  /** A key, perhaps dotted, perhaps quoted. */
  readKey(): readonly string[] {
    const path: string[] = []
    do {
      this.skipSpaces()
      const bare = this.match(/[A-Za-z0-9_-]+/)?.[0]
      const key = bare ?? (this.take('"') ? this.readBasic() : this.take("'") ? this.readLiteral() : undefined)
      path.push(key ?? this.fail(`expected a key, found ${this.describeNext()}`))
      this.skipSpaces()
    } while (this.take('.'))
    return path
  }

  readBasic(): string {
    const body = this.match(/((?:[^"\\\r\n]|\\.)*)"/)?.[1]
    return unescape(body ?? this.fail('a string is not closed'), this)
  }

  readLiteral(): string {
    return this.match(/([^'\r\n]*)'/)?.[1] ?? this.fail('a string is not closed')
  }

  readLong(pattern: RegExp): string {
    return this.match(pattern)?.[1] ?? this.fail('a string of several lines is not closed')
  }
}

const readValue = (reader: Reader): TomlValue => {
  reader.skipSpaces()
  if (reader.take('"""')) return unescape(reader.readLong(/(?:\r?\n)?((?:[^\\]|\\[^])*?"{0,2})"""(?!")/), reader)
  if (reader.take("'''")) return reader.readLong(/(?:\r?\n)?([^]*?'{0,2})'''(?!')/)
  if (reader.take('"')) return reader.readBasic()
  if (reader.take("'")) return reader.readLiteral()
  if (reader.take('[')) return readArray(reader)
  if (reader.take('{')) return readInlineTable(reader)
  const word = reader.match(/[A-Za-z0-9+\-_.:]+(?: [0-9]{2}:[0-9.:+\-Zz]+)?/)?.[0]
  if (word === undefined) return reader.fail(`expected a value, found ${reader.describeNext()}`)
  if (word === 'true' || word === 'false') return word === 'true'
  const digits = word.replaceAll('_', '').replace(/^\+/, '')
  if (/^[+-]?(?:inf|nan)$/.test(word)) return Number(digits.replace('inf', 'Infinity'))
  if (/^\d{4}-\d\d-\d\d|^\d\d:\d\d/.test(word)) return word
  if (/^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|0x[\dA-Fa-f]+|0o[0-7]+|0b[01]+)$/.test(digits)) return Number(digits)
  return reader.fail(`expected a value, found ${JSON.stringify(word)}; text stands in quotes`)
}

const readArray = (reader: Reader): readonly TomlValue[] => {
  const items: TomlValue[] = []
  for (;;) {
    reader.skipLines()
    if (reader.take(']')) return items
    items.push(readValue(reader))
    reader.skipLines()
    if (reader.take(',')) continue
    if (reader.take(']')) return items
    return reader.fail(`expected , or ], found ${reader.describeNext()}`)
  }
}

const readInlineTable = (reader: Reader): TomlTable => {
  const table: Mutable = new Map()
  reader.skipSpaces()
  if (reader.take('}')) return table
  do readPair(reader, table)
  while ((reader.skipSpaces(), reader.take(',')))
  reader.expect('}')
  return table
}

const readPair = (reader: Reader, table: Mutable): void => {
  const path = reader.readKey()
  reader.expect('=')
  const value = readValue(reader)
  const parent = openTable(reader, table, path.slice(0, -1))
  const key = path.at(-1) ?? ''
  if (parent.has(key)) reader.fail(`${path.join('.')} stands here twice`)
  parent.set(key, value)
}

const openTable = (reader: Reader, root: Mutable, path: readonly string[]): Mutable => {
  let table = root
  for (const key of path) {
    const found = table.get(key)
    const last = Array.isArray(found) ? found.at(-1) : found
    if (last === undefined) {
      const made: Mutable = new Map()
      table.set(key, made)
      table = made
    } else if (last instanceof Map) {
      table = last
    } else {
      reader.fail(`${path.join('.')} is both a value and a table`)
    }
  }
  return table
}

const appendTable = (reader: Reader, root: Mutable, path: readonly string[]): Mutable => {
  const parent = openTable(reader, root, path.slice(0, -1))
  const key = path.at(-1) ?? ''
  const found = parent.get(key) ?? []
  if (!Array.isArray(found)) return reader.fail(`${path.join('.')} is both a value and a list of tables`)
  const made: Mutable = new Map()
  parent.set(key, [...found, made])
  return made
}

const unescape = (body: string, reader: Reader): string =>
  body.replace(/\\(?:u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|([ \t]*\r?\n\s*)|([^]))/g, (_, u4, u8, newline, letter) => {
    if (newline !== undefined) return ''
    if (letter === undefined) return String.fromCodePoint(Number.parseInt(u4 ?? u8, 16))
    return (
      escapes.get(letter) ??
      reader.fail(`\\${letter} means nothing in a string; a Windows path stands in 'single quotes'`)
    )
  })

const escapes: ReadonlyMap<string, string> = new Map(
  Object.entries({ b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\x1b', '"': '"', '\\': '\\' }),
)
