import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { accessorFileNames, camelCase, nameAccessors, nameProperties, pascalCase } from '../../src/accessors/names.ts'
import type { Relation } from '../../src/catalog/types.ts'
import type { VersionedTable } from '../../src/plan/types.ts'

/** Naming looks at nothing but the base table's name. */
const named = (...names: readonly string[]): readonly VersionedTable[] =>
  names.map((text) => {
    const [schema = '', name = ''] = text.split('|')
    return { base: { schema, name } as Relation } as VersionedTable
  })

const filesOf = (tables: readonly VersionedTable[]): Record<string, string> =>
  Object.fromEntries([...accessorFileNames(tables)].map(([{ base }, file]) => [`${base.schema}|${base.name}`, file]))

test('a table is called by its name, with its schema only where another has it too', () => {
  assert.equal(filesOf(named('public|mine', 'app|permit')), { 'public|mine': 'mine.ts', 'app|permit': 'permit.ts' })
  assert.equal(filesOf(named('app|mine', 'public|mine', 'old|mine')), {
    'public|mine': 'mine.ts',
    'app|mine': 'app_mine.ts',
    'old|mine': 'old_mine.ts',
  })
  assert.equal(filesOf(named('a|mine', 'b|mine')), { 'a|mine': 'a_mine.ts', 'b|mine': 'b_mine.ts' })
})

test('names that would meet in a file system or as an identifier are told apart', () => {
  assert.equal(filesOf(named('public|Mine', 'public|mine', 'public|m_ine', 'public|mi ne', 'public|mi_ne')), {
    'public|Mine': 'Mine.ts',
    'public|m_ine': 'm_ine_2.ts',
    'public|mi ne': 'mi_ne_3.ts',
    'public|mi_ne': 'mi_ne_4.ts',
    'public|mine': 'mine_5.ts',
  })
  assert.equal(filesOf(named('a|b_c', 'a_b|c', 'x|b_c', 'x|c')), {
    'a|b_c': 'a_b_c.ts',
    'a_b|c': 'a_b_c_2.ts',
    'x|b_c': 'x_b_c.ts',
    'x|c': 'x_c.ts',
  })
})

test('names that no file or module can have are changed', () => {
  assert.equal(filesOf(named('public|index', 'public|con', 'public|../../etc/passwd', 'public|***', 'public|a\nb')), {
    'public|index': 'index_table.ts',
    'public|con': 'con_table.ts',
    'public|../../etc/passwd': '_etc_passwd.ts',
    'public|***': 'table.ts',
    'public|a\nb': 'a_b.ts',
  })
})

test('whatever the tables and their order, the names are the same, unique and identifiers', () => {
  const anyName = fc.oneof(
    fc.constantFrom('mine', 'Mine', 'MINE', 'mine_document', 'mineDocument', 'index', '2fa', 'é', 'e\u0301', '', '__'),
    fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.replaceAll('|', '')),
  )
  const anyTable = fc.tuple(fc.constantFrom('public', 'app', 'App', 'a_b'), anyName).map((parts) => parts.join('|'))
  fc.assert(
    fc.property(fc.uniqueArray(anyTable, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (tables, random) => {
      const names = nameAccessors(named(...tables))
      const shuffled = tables
        .map((name) => ({ name, at: random.next().value as number }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ name }) => name)
      assert.equal(filesOf(named(...shuffled)), filesOf(named(...tables)))
      for (const part of ['stem', 'type', 'value'] as const) {
        const all = [...names.values()].map((each) => each[part].normalize('NFC').toLowerCase())
        assert.is(new Set(all).size, tables.length, part)
      }
      for (const { type, value, stem } of names.values()) {
        assert.match(type, /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u)
        assert.match(value, /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u)
        assert.not.match(stem, /[/\\:*?"<>|.\s]/)
      }
    }),
  )
})

test('cases', () => {
  for (const [name, pascal, camel] of [
    ['mine', 'Mine', 'mine'],
    ['mine_document_xref', 'MineDocumentXref', 'mineDocumentXref'],
    ['MINE_NO', 'MineNo', 'mineNo'],
    ['mineNo', 'MineNo', 'mineNo'],
    ['_x', 'X', 'x'],
    ['2fa', 'Table2fa', 'table2fa'],
    ['straße', 'Straße', 'straße'],
    ['鉱山', '鉱山', '鉱山'],
    ['', 'Table', 'table'],
  ] as const) {
    assert.is(pascalCase(name), pascal)
    assert.is(camelCase(name), camel)
  }
})

const properties = (...names: readonly string[]): readonly string[] => [
  ...nameProperties(
    names.map((name) => ({ name })),
    'camelCase',
  ).values(),
]

test('properties in camel case never meet', () => {
  assert.equal(properties('mine_no', '_x_y', 'a__b', 'x_1', 'UP_DATE', 'trailing_', 'a b'), [
    'mineNo',
    '_xY',
    'aB',
    'x1',
    'upDate',
    'trailing_',
    'a b',
  ])
  assert.equal(properties('a_b', 'aB', 'a__b'), ['a_b', 'aB', 'a__b'])
  assert.equal(properties('a_b', 'a__b'), ['aB', 'a__b'])
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', '_', 'B', '1'), maxLength: 6 })),
      (names) => {
        assert.is(new Set(properties(...names)).size, names.length)
      },
    ),
  )
})

test.run()
