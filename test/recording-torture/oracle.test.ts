import process from 'node:process'
import fc from 'fast-check'
import { test } from 'uvu'
import { testOnEachDatabase } from '../support/databases.ts'
import { runProgram } from './oracle.ts'
import { programs } from './programs.ts'
import { tablesDdl } from './tables.ts'

/** `VERSIONGEN_TORTURE_PROGRAMS` makes it longer, `VERSIONGEN_TORTURE_SEED` repeats a run. */
const numRuns = Number(process.env['VERSIONGEN_TORTURE_PROGRAMS'] ?? 60)
const seed = Number(process.env['VERSIONGEN_TORTURE_SEED'] ?? Math.trunc(Math.random() * 2 ** 31))

testOnEachDatabase(
  test,
  `one version per row per transaction, the committed state (seed ${seed})`,
  async (database) => {
    await database.script(tablesDdl())
    const [version] = await database.query<{ major: number }>(
      `select current_setting('server_version_num')::int / 10000 as major`,
    )
    await fc.assert(
      fc.asyncProperty(
        programs({ major: version?.major ?? 14, keys: [1, 2, 3, -1] }),
        async (program) => void (await runProgram(database, program)),
      ),
      { numRuns, seed, includeErrorInReport: true },
    )
  },
)

test.run()
