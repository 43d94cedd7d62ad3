import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { combineTableNames, tableNameOf, type TableNameSource } from '../../src/models/table-name.ts'

const names: readonly (readonly [string, string])[] = [
  ['Mine', 'mine'],
  ['MinePermit', 'mine_permit'],
  ['minePermit', 'mine_permit'],
  ['mine_permit', 'mine_permit'],
  ['Mine_Permit', 'mine_permit'],
  ['MineModel', 'mine'],
  ['MineTable', 'mine'],
  ['mineTable', 'mine'],
  ['MineEntity', 'mine'],
  ['Mine_Table', 'mine'],
  ['MineTableModel', 'mine_table'],
  ['Table', 'table'],
  ['Entity', 'entity'],
  ['Timetable', 'timetable'],
  ['MineTSF', 'mine_tsf'],
  ['TSFMine', 'tsf_mine'],
  ['NOWApplication', 'now_application'],
  ['TSF', 'tsf'],
  ['Mine2', 'mine2'],
  ['Mine2Permit', 'mine2_permit'],
  ['V2Mine', 'v2_mine'],
  ['OAuth2Client', 'o_auth2_client'],
  ['_Mine', '_mine'],
  ['$Mine', '$mine'],
  ['ÉtatMine', 'état_mine'],
  ['MineÉtat', 'mine_état'],
  ['constructor', 'constructor'],
  ['__proto__', '__proto__'],
]

for (const [name, table] of names) {
  test(`${name} stands for ${table}`, () => assert.is(tableNameOf(name), table))
}

const combinations: readonly (readonly [string, readonly TableNameSource[], string | undefined, string | undefined])[] =
  [
    ['nothing', [{}, {}], undefined, undefined],
    ['a table', [{ table: 'mine' }], undefined, 'mine'],
    ['the first table', [{}, { table: 'mine' }, { table: 'other' }], undefined, 'mine'],
    ['a dotted table', [{ table: 'app.mine' }], 'app', 'mine'],
    ['two dots', [{}, { table: 'app.mine.x' }], 'app', 'mine.x'],
    ['a schema beside a dotted table', [{ table: 'app.mine', schema: 's' }], 's', 'app.mine'],
    ['a schema in the options', [{ schema: 's' }, { table: 'app.mine' }], 's', 'app.mine'],
    ['a schema beside each', [{ schema: 's' }, { table: 'mine', schema: 't' }], 's', 'mine'],
    ['a schema said later', [{}, { table: 'mine' }, { schema: 's' }], 's', 'mine'],
    ['a dotted table before a schema', [{}, { table: 'app.mine' }, { schema: 's' }], 'app', 'mine'],
    ['only a schema', [{}, { schema: 's' }], 's', undefined],
  ]

for (const [what, sources, schema, table] of combinations) {
  test(`combines ${what}`, () => assert.equal(combineTableNames(sources), { table, schema }))
}

test.run()
