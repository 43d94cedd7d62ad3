import { VersiongenError } from '../errors.ts'
import { identifier } from '../sql/quote.ts'
import type { EmbeddedDatabase } from './pglite.ts'
import { QueryError } from './query-error.ts'
import { splitStatements, type Statement } from './split-statements.ts'

/** A file's SQL with its placeholders replaced. */
export interface Script {
  /** As error messages name it. */
  readonly file: string
  readonly text: string
  /** Undefined: as the statements demand. */
  readonly executeInTransaction: boolean | undefined
}

/** Statements that Flyway runs outside a transaction by itself (PostgreSQLParser.java). */
const nonTransactional =
  /^(?:(?:create|drop) (?:database|tablespace|subscription)|alter system|(?:create|drop) (?:unique )?index concurrently|reindex (?:verbose )?(?:schema|database|system)|vacuum|discard all)\b/

/** What would not only fail in PGlite but leave it unable to load any library afterwards, or hang. */
const beyondPglite = /^(?:create|alter|drop) (?:subscription|tablespace)\b|^load\b/

/**
 * Runs a file as Flyway does: statement by statement, in one transaction unless the file or one of its statements says
 * otherwise. A role or database the file expects to exist is made, and the file tried again.
 *
 * @throws {VersiongenError} `shadow-migration` with the file and line of the statement that failed, `shadow-unsupported` for
 * what an embedded Postgres cannot do
 */
export const runScript = async (db: EmbeddedDatabase, script: Script): Promise<void> => {
  const statements = splitStatements(script.text)
  for (const statement of statements) {
    if (beyondPglite.test(statement.words.join(' '))) throw cannotRun(script, statement, undefined)
  }
  const inTransaction =
    script.executeInTransaction ?? !statements.some(({ words }) => nonTransactional.test(words.join(' ')))
  const made = new Set<string>()
  const attempt = inTransaction ? runTogether : runOneByOne
  await attempt(db, statements, async (error, statement) => {
    if (await makeWhatIsMissing(db, error, made)) return
    throw explain(script, statement, error)
  })
}

/** Returns if the reason is out of the world and a second try may work; throws otherwise. */
type Recover = (error: unknown, statement: Statement | undefined) => Promise<void>

const runTogether = async (db: EmbeddedDatabase, statements: readonly Statement[], recover: Recover): Promise<void> => {
  for (;;) {
    let current: Statement | undefined
    try {
      await db.script('begin')
      for (current of statements) await runStatement(db, current)
      current = undefined
      await db.script('commit')
      return
    } catch (error) {
      await db.script('rollback')
      await recover(error, current)
    }
  }
}

const runOneByOne = async (db: EmbeddedDatabase, statements: readonly Statement[], recover: Recover): Promise<void> => {
  for (const statement of statements) {
    for (;;) {
      try {
        await runStatement(db, statement)
        break
      } catch (error) {
        await recover(error, statement)
      }
    }
  }
}

const runStatement = async (db: EmbeddedDatabase, { text, copy }: Statement): Promise<void> => {
  if (copy === undefined) return db.script(text)
  const [start, end] = copy.stdin
  return db.copyIn(`${text.slice(0, start)}'/dev/blob'${text.slice(end)}`, copy.data)
}

/** Roles and databases belong to the whole server: a project's migrations take them for granted. */
const makeWhatIsMissing = async (db: EmbeddedDatabase, error: unknown, made: Set<string>): Promise<boolean> => {
  if (!(error instanceof QueryError)) return false
  const missing = /^(role|database) "(.*)" does not exist$/s.exec(error.serverMessage)
  const [what, kind, name] = missing ?? []
  if (what === undefined || name === undefined || made.has(what)) return false
  made.add(what)
  // A superuser, because whoever made the real role gave it rights that no migration tells of.
  await db.script(kind === 'role' ? `create role ${identifier(name)} superuser` : `create database ${identifier(name)}`)
  return true
}

const explain = (script: Script, statement: Statement | undefined, error: unknown): VersiongenError => {
  if (!(error instanceof QueryError)) {
    const reason = error instanceof Error ? error.message : String(error)
    return new VersiongenError('shadow-migration', `the shadow database stopped: ${reason}`, {
      where: { file: script.file },
      hint: 'name a database that has run the migrations, with --url',
      cause: error,
    })
  }
  if (isBeyondPglite(error)) return cannotRun(script, statement, error)
  return new VersiongenError('shadow-migration', `this migration fails: ${error.message.replace(/^[^:]*: /, '')}`, {
    where: placeOf(script, statement, error),
    hint: isOwn(script)
      ? 'if no database has run it, delete it and let versiongen write it again; otherwise name one that has, with --url'
      : 'correct the migration, or name a database that has run it, with --url',
    cause: error,
  })
}

/** Whether versiongen wrote it: the first line says so, or the name. */
const isOwn = ({ file, text }: Script): boolean =>
  /^-- (?:History of|Brings the history of) /.test(text) ||
  /__(?:create|alter|backfill|index)_\w+_version_table\.sql$/.test(file)

const cannotRun = (
  script: Script,
  statement: Statement | undefined,
  error: QueryError | undefined,
): VersiongenError => {
  const what = error?.serverMessage ?? `${statement?.words.slice(0, 2).join(' ').toUpperCase()} needs a real server`
  return new VersiongenError('shadow-unsupported', `the shadow database cannot run this: ${what}`, {
    where: placeOf(script, statement, error),
    hint: 'name a database that has run the migrations, with --url',
    ...(error === undefined ? {} : { cause: error }),
  })
}

const isBeyondPglite = ({ sqlState, serverMessage }: QueryError): boolean =>
  sqlState === '58P01' ||
  (sqlState === '0A000' && /^extension ".*" is not available/s.test(serverMessage)) ||
  (sqlState === '42704' && /^(language|tablespace) ".*" does not exist/s.test(serverMessage))

/** The line the server points at, else that of the statement; with the column only if the server named it. */
const placeOf = (
  { file, text }: Script,
  statement: Statement | undefined,
  error: QueryError | undefined,
): { file: string; line?: number; column?: number } => {
  if (statement === undefined) return { file }
  const pointed = error?.position === undefined || statement.copy !== undefined ? undefined : error.position
  const inside = pointed === undefined ? 0 : [...statement.text].slice(0, pointed - 1).join('').length
  const before = text.slice(0, statement.start + inside)
  const line = before.split(/\r\n|\r|\n/).length
  if (pointed === undefined) return { file, line }
  return { file, line, column: before.length - Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) }
}
