import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Database } from '../../src/database/types.ts'
import { formatScriptConfig } from '../../src/flyway/conf.ts'
import { migrationDescription } from '../../src/plan/folder-findings.ts'
import type { PlannedMigration } from '../../src/plan/migrations.ts'
import { apply, describeModel, look, readCase, readCases, readOptional } from '../evolution/evolve.ts'
import type { CaseOptions } from '../evolution/evolve.ts'
import { allMajors, eachServer, majors } from '../support/databases.ts'
import { startFlyway } from '../support/flyway.ts'
import type { Major } from '../support/server.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { migrateAndCompare } from './migrate-and-compare.ts'

// Every case of fixtures/evolution as the folder it leaves behind: the table, its history, the change, and what follows
// from it. The real Flyway runs it from an empty database to the end: all of them on the newest server, on the others the
// first of each kind (the word its name begins with), unless all servers were asked for.
const cases = (await readCases()).filter((name) => name.includes(process.env['CASE'] ?? ''))
const kindOf = (name: string): string => name.slice(0, name.indexOf('-'))
const firsts = cases.filter((name, index) => index === 0 || kindOf(name) !== kindOf(cases[index - 1] ?? ''))
const casesOn = (major: Major): readonly string[] =>
  major === majors.at(-1) || majors.length === allMajors.length ? cases : firsts

const flyway = await startFlyway()
if (flyway !== undefined) {
  test.after(() => flyway.stop())
  eachServer((server, open, major) => {
    for (const name of casesOn(major)) {
      test(`${name} (${server})`, () =>
        withTemporaryFolder(async (root) => {
          const options = await readCase(name)
          if ((options.server ?? 0) > major * 10_000) return
          const [first, second] = [await open(), await open()]
          try {
            const count = await writeSteps(join(root, 'sql'), await makeSteps(first, name, options))
            const executed = options.refused === undefined ? count : undefined
            const answer = await migrateAndCompare(flyway, second, { root }, executed)
            if (options.refused !== undefined) assert.match(answer[0]?.[2] ?? '', new RegExp(options.refused))
            else assert.equal((await look(second, lastModel(options))).migrations, [], 'nothing left to do')
          } finally {
            await first.close()
            await second.close()
          }
        }))
    }
  })
}

type Step = { readonly description: string; readonly text: string }

/** Made on a database of its own, without Flyway. */
const makeSteps = async (db: Database, name: string, options: CaseOptions): Promise<readonly Step[]> => {
  const before = (await readOptional(`evolution/${name}/before.sql`)) ?? ''
  const after = (await readOptional(`evolution/${name}/after.sql`)) ?? ''
  await db.script(before)
  const first =
    options.history === 'given'
      ? []
      : (await look(db, describeModel(options.table ?? 'mine', options.before ?? {}))).migrations
  await apply(db, first)
  await db.script(after)
  const second = (await look(db, lastModel(options))).migrations
  const steps = [{ description: 'before', text: before }, ...first.map(toStep)]
  return [...steps, ...(after === '' ? [] : [{ description: 'after', text: after }]), ...second.map(toStep)]
}

const lastModel = ({ table = 'mine', tableAfter = table, before, after, properties }: CaseOptions) =>
  describeModel(tableAfter, after ?? before ?? {}, properties)

const toStep = ({ verb, table, text }: PlannedMigration): Step => ({
  description: migrationDescription(verb, table.base),
  text,
})

const writeSteps = async (folder: string, steps: readonly Step[]): Promise<number> => {
  await mkdir(folder)
  for (const [index, { description, text }] of steps.entries()) {
    const file = join(folder, `V2026.1.${index + 1}__${description}.sql`)
    await writeFile(file, text)
    if (!text.includes('${')) continue
    await writeFile(`${file}.conf`, formatScriptConfig({ placeholderReplacement: false }) ?? '')
  }
  return steps.length
}

test.run()
