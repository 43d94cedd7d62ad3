import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nearestName, nearestNames } from '../src/nearest-names.ts'

const nearest: readonly (readonly [name: string, candidates: readonly string[], expected: readonly string[]])[] = [
  ['mien', ['permit', 'mine', 'mines'], ['mine', 'mines']],
  ['MINE', ['mine', 'mime'], ['mine', 'mime']],
  ['mine_comodity', ['mine_commodity_type', 'mine_commodity', 'mine'], ['mine_commodity', 'mine_commodity_type']],
  ['permit', ['mine', 'region'], []],
  ['a', ['b', 'c'], []],
  ['mine', [], []],
  ['mime', ['mine', 'mile', 'mice', 'mite', 'mine'], ['mice', 'mile', 'mine']],
  ['ключи', ['ключ', 'замок'], ['ключ']],
  ['__prot__', ['__proto__', 'constructor'], ['__proto__']],
]

for (const [name, candidates, expected] of nearest) {
  test(`nearest to ${name}`, () => assert.equal(nearestNames(name, candidates), expected))
}

const names = ['table', 'all', 'models', 'migrations', 'out', 'url']
const nearestOptions: readonly [string, string | undefined][] = [
  ['tabel', 'table'],
  ['TABLE', 'table'],
  ['ulr', 'url'],
  ['migration', 'migrations'],
  ['modls', 'models'],
  ['xyz', undefined],
  ['__proto__', undefined],
  ['', undefined],
]
for (const [name, want] of nearestOptions)
  test(`the option nearest to ${name}`, () => assert.is(nearestName(name, names), want))

test.run()
