import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { versioned } from '../../src/versioned.ts'

const table = { mine_guid: { name: 'mine_guid' }, mine_name: { name: 'mine_name' } }

test('returns the very same table, with its type', () => {
  const marked: typeof table = versioned(table)
  assert.is(marked, table)
  assert.is(versioned(Object.freeze(table), { exclude: ['mine_name'], strategy: 'subquery' }), table)
  assert.equal(Object.keys(table), ['mine_guid', 'mine_name'])
})

test('takes only the options there are', () => {
  // @ts-expect-error no such option
  versioned(table, { exlude: ['mine_name'] })
  // @ts-expect-error no such strategy
  versioned(table, { strategy: 'none' })
  // @ts-expect-error not a table
  versioned('mine')
})

test.run()
