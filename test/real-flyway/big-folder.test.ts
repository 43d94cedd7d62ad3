import { readdirSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseMigrationName } from '../../src/flyway/name.ts'
import { compareVersions } from '../../src/flyway/version.ts'
import type { Version } from '../../src/flyway/types.ts'
import { runChild } from '../cli/child.ts'
import { readProject } from '../flyway/oracle/our-outcome.ts'
import { allMajors, eachServer, majors } from '../support/databases.ts'
import { startFlyway } from '../support/flyway.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { makeFolder, type MadeFolder } from './make-folder.ts'
import { migrateAndCompare } from './migrate-and-compare.ts'

/** The time between two migrations of one run. */
const steps = { dates: 60_000, stamps: 1000 } as const

const flyway = await startFlyway()
if (flyway !== undefined) {
  test.after(() => flyway.stop())
  eachServer((server, open, major) => {
    for (const [seed, last] of [
      [1, 'dates'],
      [2, 'stamps'],
    ] as const) {
      // In a quick run only one of them, on the newest server.
      const wanted =
        process.env['CASE'] ?? (majors.length === allMajors.length || major === majors.at(-1) ? 'dates' : '')
      if (majors.length < allMajors.length && last !== wanted) continue
      test(`500 migrations that end with ${last}, and the histories of twenty tables (${server})`, () =>
        withTemporaryFolder(async (root) => {
          const made = await makeFolder(root, { seed, count: 500, last })
          assert.ok(made.files >= 500, `${made.files} files`)
          assert.ok(made.missing.length > 5 && made.narrow.length > 5, 'there is drift')
          const settings = await compileJava(root, made)
          await readProject(root, made.settings)
          const [first, second] = [await open(), await open()]
          const project = { root, settings }
          const versiongen = async (...args: readonly string[]): Promise<string> => {
            const { exitCode, stdout, stderr } = await runChild([...args, '--url', first.url], { cwd: root })
            assert.is(stderr, '')
            assert.is(exitCode, args[0] === 'check' && stdout.includes('"ok": false') ? 1 : 0, stdout)
            return stdout
          }
          try {
            await migrateAndCompare(flyway, first, project, made.executed)
            assert.equal(driftOf(await versiongen('check', '--json')), { missing: made.missing, narrow: made.narrow })

            const before = listFiles(root)
            await versiongen('--all')
            const added = listFiles(root).filter((file) => !before.includes(file))
            const versions = added.map(versionOf).toSorted(compareVersions)
            assert.ok(versions.length >= 28, `${versions.length} migrations`)
            for (const [index, version] of versions.entries()) {
              const previous = versions[index - 1] ?? made.highest
              assert.is(instantOf(version) - instantOf(previous), steps[last], `${previous.text}, ${version.text}`)
            }
            await migrateAndCompare(flyway, first, project, added.length)
            assert.is(JSON.parse(await versiongen('check', '--json')).ok, true)

            const alter = `V${nextText(versions.at(-1), last)}__widen.sql`
            const [table = '', other = ''] = made.tables
            await writeFile(
              join(root, 'sql', alter),
              `alter table ${table} add column extra varchar(7);\nalter table ${other} alter column state type text;\n`,
            )
            await migrateAndCompare(flyway, first, project, 1)
            await versiongen('--all')
            const later = listFiles(root).filter((file) => ![...before, ...added, alter].includes(file))
            assert.ok(later.length >= 3, later.join(', '))
            await migrateAndCompare(flyway, first, project, later.length)
            assert.is(JSON.parse(await versiongen('check', '--json')).ok, true)
            assert.match(await versiongen('--all'), 'nothing was written')

            await migrateAndCompare(flyway, second, project, made.executed + added.length + 1 + later.length)
          } finally {
            await first.close()
            await second.close()
          }
        }))
    }
  })
}

/** As Maven does; the settings know where. */
const compileJava = async (root: string, { settings }: MadeFolder): Promise<Readonly<Record<string, string>>> => {
  const folder = join(root, 'src/main/java/db/migration')
  const sources = (await readdir(folder)).map((file) => join(folder, file)).join(',')
  const into = join(root, 'target/classes')
  await mkdir(into, { recursive: true })
  assert.equal(await flyway?.ask('compile', { sources, into }), [['ok', '0', 'javac']])
  return { ...settings, classpath: `${join(root, 'src/main/resources')},${into}` }
}

/** The migrations' paths. */
const listFiles = (root: string): readonly string[] =>
  ['src/main/resources/db/migration', 'sql'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.startsWith('V') && /\.sql$/i.test(entry.name))
      .map((entry) => entry.name),
  )

const naming = {
  versionedPrefix: 'V',
  undoPrefix: 'U',
  baselinePrefix: 'B',
  repeatablePrefix: 'R',
  separator: '__',
  suffixes: ['.sql'],
}

const versionOf = (file: string): Version => {
  const name = parseMigrationName(file, naming)
  assert.ok(name?.valid && name.version, file)
  return (name as { readonly version: Version }).version
}

const instantOf = ({ text }: Version): number => {
  const parts = text.includes('.') ? text.split('.') : (/^(....)(..)(..)(..)(..)(..)$/.exec(text) ?? []).slice(1)
  const [year = 0, month = 1, ...rest] = parts.map(Number)
  return Date.UTC(year, month - 1, ...rest)
}

const nextText = (version: Version | undefined, last: 'dates' | 'stamps'): string => {
  const next = new Date(instantOf(version as Version) + steps[last]).toISOString().replace(/\D/g, '').slice(0, 14)
  return last === 'stamps' ? next : next.replace(/(....)(..)(..)(..)(..)../, '$1.$2.$3.$4.$5')
}

const driftOf = (json: string): { readonly missing: readonly string[]; readonly narrow: readonly string[] } => {
  const { tables } = JSON.parse(json) as {
    readonly tables: readonly { readonly findings: readonly { readonly code: string; readonly object: string }[] }[]
  }
  const findings = tables.flatMap((table) => table.findings)
  const objectsOf = (wanted: string): readonly string[] =>
    findings.filter(({ code }) => code === wanted).map(({ object }) => object)
  return { missing: objectsOf('column-missing'), narrow: objectsOf('column-type') }
}

test.run()
