import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../../src/plan/types.ts'
import type { CheckReport } from '../../src/results.ts'
import { check, generate, renumber, status, verify } from '../../src/project.ts'
import { runInProcess, type Ran } from '../cli/context.ts'
import { fixtureUrl } from '../support/fixture.ts'
import type { TestDatabase } from '../support/databases.ts'

/**
 * `case.json`: what is done to a project that is in sync, besides `files/`, `before.sql` (the project is generated again after
 * it) and `after.sql`. All optional.
 */
export interface DriftCase {
  readonly remove?: readonly string[]
  /** `from` is a regular expression; only its first match counts. */
  readonly edit?: { readonly file: string; readonly from: string; readonly to: string }
  /** Commands that are run in the end. */
  readonly run?: readonly string[]
}

/** The folders of `fixtures/drift`, each named after a code, perhaps with a variant behind it. */
export const readDriftCases = async (): Promise<readonly string[]> =>
  (await readdir(fixtureUrl('drift/'))).filter((name) => name !== 'in-sync').sort()

/** `accessor-missing-index` → `accessor-missing`: the longest code that the name begins with. */
export const codeOf = (name: string, codes: readonly string[]): string | undefined =>
  codes.filter((code) => name === code || name.startsWith(`${code}-`)).sort((a, b) => b.length - a.length)[0]

/** Makes a project drift, as a case of `fixtures/drift` says. */
export const makeDrift = async (
  name: string,
  folder: string,
  db: Pick<TestDatabase, 'script' | 'url'>,
): Promise<DriftCase> => {
  const read = (file: string): Promise<string | undefined> => readIfThere(fixtureUrl(`drift/${name}/${file}`))
  const options = JSON.parse((await read('case.json')) ?? '{}') as DriftCase
  const before = await read('before.sql')
  if (before !== undefined) {
    await db.script(before)
    const ran = await runLine('versiongen --all', folder, { DATABASE_URL: db.url ?? '' })
    if (ran.exitCode !== 0) throw new Error(ran.stderr)
  }
  for (const file of options.remove ?? []) await rm(join(folder, file))
  if (options.edit !== undefined) {
    const file = join(folder, options.edit.file)
    const text = await readFile(file, 'utf8')
    const edited = text.replace(new RegExp(options.edit.from), options.edit.to)
    if (edited === text) throw new Error(`${name}: ${options.edit.file} has no ${options.edit.from}`)
    await writeFile(file, edited)
  }
  const files = (await readdir(fixtureUrl(`drift/${name}/`))).includes('files')
  if (files) await cp(fixtureUrl(`drift/${name}/files/`), folder, { recursive: true })
  const sql = await read('after.sql')
  if (sql !== undefined) await db.script(sql)
  return options
}

export const readIfThere = (file: URL): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

/** Runs a command line as a shell would, in this process; quotes are single ones, as in the commands of findings. */
export const runLine = (line: string, cwd: string, env: Readonly<Record<string, string>>): Promise<Ran> => {
  const [program, ...args] = [...line.matchAll(/(?:'[^']*'|\\'|[^\s'\\])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|\\(')/g, '$1$2'),
  )
  if (program !== 'versiongen') throw new Error(`not a command of versiongen: ${line}`)
  return runInProcess(args, {
    cwd,
    env,
    now: () => new Date('2026-05-06T07:08:09Z'),
    project: { check, generate, renumber, status, verify },
  })
}

/** All findings of a report, with paths as seen from the project, for a file that people read. */
export const describeFindings = ({ tables, findings }: CheckReport, folder: string): readonly Finding[] =>
  [...tables.flatMap((table) => table.findings), ...findings].map(
    ({ code, severity, object, expected, actual, message, fix, where }) => ({
      code,
      severity,
      object,
      expected,
      actual,
      message,
      fix,
      where: where?.file === undefined ? where : { ...where, file: where.file.replace(`${folder}/`, '') },
    }),
  )
