import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { renderAccessor } from '../../src/accessors/render.ts'
import { resolveModel } from '../../src/plan/resolve.ts'
import { createMigration } from '../../src/sql/migrations.ts'
import { readInSnapshot } from '../catalog/read-in-snapshot.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { modelOf } from './versioned-tables.ts'

const resolve = async (database: TestDatabase, options: { readonly exclude?: readonly string[] } = {}) => {
  const model = { ...modelOf('mine'), options }
  const { table } = resolveModel(model, await readInSnapshot(database), {
    versioned: {},
    transactionTable: 'transaction',
  })
  if (!table) throw new Error('no history')
  return table
}

const dataOf = async (database: TestDatabase, exclude: readonly string[] = []): Promise<string> => {
  const values = { int8: 'string', numeric: 'string', timestamptz: 'Date' } as const
  const text = renderAccessor(await resolve(database, { exclude }), { values, naming: 'preserve' })
  const [, data = ''] = /interface MineData \{\n([^}]*)\}/.exec(text) ?? []
  const required = [...text.matchAll(/name: "(\w+)", codec.*required: true/g)].map(([, name]) => name)
  const properties = data.match(/readonly .*/g)?.map((line) => line.replace(/^readonly /, ''))
  return `${properties?.join(', ')}; required ${required.join(' ')}`
}

eachDatabase((name, open) => {
  test(`a column that came later may be null in older versions; a dropped one is null in those to come, an excluded one is not there (${name})`, async () => {
    const database = await open()
    try {
      await database.script('create table mine (id int primary key, no text not null, secret text, name text)')
      const before = 'id: number, no: string, name: string | null; required id no'
      assert.is(await dataOf(database, ['secret']), before)
      const timeouts = { lockTimeout: '5s', statementTimeout: '30s' }
      await database.script(createMigration(await resolve(database, { exclude: ['secret'] }), timeouts))
      assert.is(await dataOf(database, ['secret']), before, 'the same once there is a history')

      const added = 'id: number, no: string, status: string | null, name: string | null; required id no status'
      await database.script(`alter table mine add status text not null default 'new', drop name`)
      assert.is(await dataOf(database, ['secret']), added, 'before its history has it')
      await database.script('alter table mine_version add status text')
      assert.is(await dataOf(database, ['secret']), added, 'and when it has')

      await database.script('alter table mine_version add secret text')
      assert.is(await dataOf(database, ['secret']), added, 'excluded, though there is a history')
      await database.script('alter table mine drop secret')
      assert.match(await dataOf(database), /name: string \| null, secret: string \| null; required id no status$/)

      await database.script(`alter table mine drop no, add no text not null default ''`)
      const again = 'id: number, status: string | null, no: string | null, name: string | null, secret: string | null'
      assert.is(await dataOf(database), `${again}; required id status no`)
    } finally {
      await database.close()
    }
  })
})

test.run()
