import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qualified } from '../../src/sql/quote.ts'
import { eachServer } from '../support/databases.ts'
import { matchFixture } from '../support/fixture.ts'
import { apply, describeLook, describeModel, faults, look, readCase, readCases, readOptional } from './evolve.ts'

// For each case: history is made, rows are written under the old shape, the schema or the model changes. What check says
// and generate writes is a file to read; once applied, nothing is left to do, the history is sound, and goes on.
const cases = (await readCases()).filter((name) => name.includes(process.env['CASE'] ?? ''))

eachServer((server, open, major) => {
  for (const name of cases) {
    test(`${name} (${server})`, async () => {
      const options = await readCase(name)
      if ((options.server ?? 0) > major * 10_000) return
      const db = await open()
      try {
        const [table, tableAfter] = [options.table ?? 'mine', options.tableAfter ?? options.table ?? 'mine']
        await db.script((await readOptional(`evolution/${name}/before.sql`)) ?? '')
        if (options.history !== 'given') {
          const first = await look(db, describeModel(table, options.before ?? {}))
          assert.equal(first.resolved.findings, [])
          await apply(db, first.migrations)
          assert.equal(await faults(db, first), [], 'sound at first')
          const made = await look(db, describeModel(table, options.before ?? {}))
          assert.equal([made.findings, made.migrations], [[], []], 'in sync at first')
        }
        await db.script((await readOptional(`evolution/${name}/after.sql`)) ?? '')

        const model = describeModel(tableAfter, options.after ?? options.before ?? {}, options.properties)
        const drifted = await look(db, model)
        if (options.refused !== undefined) {
          const message = await apply(db, drifted.migrations).then(
            () => 'nothing was refused',
            (error: Error) => error.message,
          )
          assert.match(message, new RegExp(options.refused))
          const still = await look(db, model)
          assert.equal([still.findings, still.migrations], [drifted.findings, drifted.migrations], 'all as it was')
          return
        }
        await apply(db, drifted.migrations)
        const repaired = await look(db, model)
        await matchFixture(describeLook(drifted, repaired.findings), `evolution/${name}/expected.sql`)
        assert.equal(
          repaired.findings.filter(({ fix }) => fix !== null),
          [],
          'in sync again',
        )
        assert.equal(
          repaired.migrations.map(({ text }) => text),
          [],
          'nothing left to do',
        )
        if (options.chains === false) return
        assert.equal(await faults(db, repaired), [], 'sound after the change')
        const writes = await readOptional(`evolution/${name}/writes.sql`)
        if (writes !== undefined) {
          await db.script(writes)
          assert.equal(await faults(db, repaired), [], 'sound after more writes')
        }
        const base = repaired.resolved.table?.base
        if (base === undefined || (options.after ?? options.before)?.writer === 'orm') return
        await db.script(`delete from ${qualified(base)}`)
        assert.equal(await faults(db, repaired), [], 'sound after deletes')
      } finally {
        await db.close()
      }
    })
  }
})

test.run()
