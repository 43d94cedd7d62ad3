import process from 'node:process'
import fc from 'fast-check'
import { test } from 'uvu'
import { testOnEachDatabase } from '../support/databases.ts'
import { runProgram } from './oracle.ts'
import { programs } from './programs.ts'
import { tablesDdl, tablesIn } from './tables.ts'

/** `VERSIONGEN_TORTURE_PROGRAMS` makes it longer, `VERSIONGEN_TORTURE_SEED` repeats a run. */
const numRuns = Number(process.env['VERSIONGEN_TORTURE_PROGRAMS'] ?? 60)
const seed = Number(process.env['VERSIONGEN_TORTURE_SEED'] ?? Math.trunc(Math.random() * 2 ** 31))

for (const [form, share] of [
  ['statements', 1],
  ['rows', 1 / 4],
  ['subquery', 1 / 4],
] as const) {
  testOnEachDatabase(
    test,
    `one version per row per transaction, the committed state (${form}, seed ${seed})`,
    async (database) => {
      const tables = tablesIn(form)
      await database.script(tablesDdl(form))
      const [version] = await database.query<{ major: number }>(
        `select current_setting('server_version_num')::int / 10000 as major`,
      )
      await fc.assert(
        fc.asyncProperty(
          programs({ major: version?.major ?? 14, keys: [1, 2, 3, -1] }),
          async (program) => void (await runProgram(database, program, tables)),
        ),
        { numRuns: Math.ceil(numRuns * share), seed, includeErrorInReport: true },
      )
    },
  )
}

test.run()
