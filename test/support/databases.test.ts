import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { testOnEachDatabase } from './databases.ts'

testOnEachDatabase(test, 'a fresh database is empty and reads values alike', async (database) => {
  assert.equal(await database.query(`select relname from pg_class where relnamespace = 'public'::regnamespace`), [])
  await database.script('create table a (b int); insert into a values (1), (2)')
  const rows = await database.query(
    `select array_agg(b order by b) as numbers, 9007199254740993 as big, 1.50 as numeric, true as yes,
            null as nothing, '{"a": [1]}'::jsonb as json, date '2024-02-29' as day, '{a,null,"b c"}'::name[] as names,
            $1::int as given
       from a`,
    [7],
  )
  assert.equal(rows, [
    {
      numbers: [1, 2],
      big: '9007199254740993',
      numeric: '1.50',
      yes: true,
      nothing: null,
      json: { a: [1] },
      day: '2024-02-29',
      names: ['a', null, 'b c'],
      given: 7,
    },
  ])
})

test.run()
