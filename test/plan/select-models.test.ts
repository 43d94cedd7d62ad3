import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VersiongenError } from '../../src/errors.ts'
import { selectModels } from '../../src/plan/select-models.ts'
import { describeModel, look } from '../evolution/evolve.ts'
import { testOnEachDatabase } from '../support/databases.ts'

testOnEachDatabase(test, 'a table without a model is told from one that is not there', async (db) => {
  await db.script(`create schema clinic; create table clinic.site (id integer primary key);
    create table line (id integer primary key)`)
  const { catalog, resolved } = await look(db, describeModel('line', {}))
  const refusal = (name: string): string => {
    try {
      selectModels([resolved], { tables: [name], all: false }, catalog)
    } catch (thrown) {
      if (thrown instanceof VersiongenError) return `${thrown.code}: ${thrown.message}; ${thrown.hint ?? ''}`
      throw thrown
    }
    return ''
  }
  assert.match(refusal('site'), /^model-not-found: no model stands for the table clinic\.site; .*__versioned__/)
  assert.match(refusal('clinic.site'), /^model-not-found: no model stands for the table clinic\.site; /)
  assert.not.match(refusal('site'), /or site/)
  assert.match(refusal('sites'), /^table-not-found: there is no table sites; did you mean .*site\?/)
})

test.run()
