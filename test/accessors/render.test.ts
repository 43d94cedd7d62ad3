import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { brandIds, ownersOf } from '../../src/accessors/brand-ids.ts'
import { formatTypeScript } from '../../src/accessors/format.ts'
import { accessorState, stampAccessor } from '../../src/accessors/header.ts'
import { findJsonTypes } from '../../src/accessors/json-types.ts'
import { nameAccessors } from '../../src/accessors/names.ts'
import { renderAccessor } from '../../src/accessors/render.ts'
import type { RenderOptions } from '../../src/accessors/render-options.ts'
import { relateTables } from '../../src/accessors/relations.ts'
import { renderIndex } from '../../src/accessors/render-index.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { eachDatabase } from '../support/databases.ts'
import { fixtureUrl, matchFixture } from '../support/fixture.ts'
import { readInSnapshot } from '../catalog/read-in-snapshot.ts'
import { modelOf, readVersionedTables, resolveTables } from './versioned-tables.ts'

const lossless: RenderOptions = {
  values: { int8: 'string', numeric: 'string', timestamptz: 'Date' },
  naming: 'preserve',
}

const geo = fileURLToPath(fixtureUrl('accessors/types/geo.ts'))
const chosen = [
  { table: 'mine', column: 'geom', name: 'Geo', package: undefined, file: geo },
  { table: 'public.mine', column: 'state', name: 'State', package: undefined, file: geo },
  { table: 'mine', column: 'shapes', name: 'default', package: undefined, file: geo },
  { table: 'permit', column: 'geom', name: 'Geo', package: undefined, file: geo },
]

interface Case {
  readonly name: string
  readonly options?: RenderOptions
  readonly overrides?: Partial<VersionedTable>
  /** The key of each table is a type of its own. */
  readonly brandedIds?: boolean
  /** Tables without history. */
  readonly live?: readonly string[]
  /** Their history is there already. */
  readonly recorded?: boolean
}

const cases: readonly Case[] = [
  { name: 'mine' },
  {
    name: 'camel-case',
    options: { values: { int8: 'bigint', numeric: 'number', timestamptz: 'string' }, naming: 'camelCase' },
    overrides: {
      model: modelOf('mine_document', [
        { name: 'guid', columnName: 'mine_guid', explicit: true, type: 'string', line: 1, column: 1 },
        { name: 'documentNo', columnName: 'document_no', explicit: true, type: 'number', line: 2, column: 1 },
      ]),
      endTransactionColumn: null,
      transaction: {
        schema: 'public',
        name: 'transaction',
        exists: true,
        id: { type: 'integer', sequence: null },
        issuedAt: { withTimeZone: false },
        remoteAddr: null,
        userId: null,
      },
    },
  },
  { name: 'hostile' },
  {
    name: 'chosen-types',
    options: { ...lossless, naming: 'camelCase' },
    brandedIds: true,
    overrides: {
      model: modelOf('mine', [
        ...['details', 'samples', 'stops', 'mine_name'].map((name) => ({
          name,
          columnName: name,
          explicit: false,
          type: 'Address[]',
          exported: {
            file: fileURLToPath(fixtureUrl('accessors/types/address.ts')),
            name: 'Address',
            list: name !== 'details',
          },
          line: 1,
          column: 1,
        })),
      ]),
    },
  },
  { name: 'dropped', recorded: true },
  { name: 'related', live: ['mineral_group', 'person', 'note'] },
]

eachDatabase((database, open) => {
  if (database !== 'PGlite') return
  for (const { name, options = lossless, overrides, live = [], brandedIds = false, recorded = false } of cases) {
    test(`the accessor of ${name} is fixtures/accessors/${name}`, async () => {
      const db = await open()
      try {
        await db.script(await readFile(fixtureUrl(`accessors/${name}/tables.sql`), 'utf8'))
        const { relations: all } = await readInSnapshot(db)
        const read = recorded ? await resolveTables(db) : await readVersionedTables(db, overrides)
        const tables = read.filter(({ base }) => !live.includes(base.name))
        const names = nameAccessors(tables)
        const unversioned = all.filter((base) => live.includes(base.name))
        const relations = relateTables(names, options.naming, unversioned)
        const brands = brandedIds ? brandIds(names) : undefined
        const jsonTypes = findJsonTypes(tables, {
          out: fileURLToPath(fixtureUrl(`accessors/${name}`)),
          importExtension: '.ts',
          configFile: undefined,
          types: name === 'chosen-types' ? chosen : [],
        })
        for (const [table, accessor] of names) {
          const file = fixtureUrl(`accessors/${name}/${accessor.stem}.ts`)
          const text = renderAccessor(table, {
            ...options,
            name: accessor,
            relations: relations.get(table),
            brands: brands?.get(table),
            jsonTypes: jsonTypes.get(table),
          })
          const stamped = stampAccessor(text, await formatTypeScript(text, fileURLToPath(file)))
          await matchFixture(stamped, file)
          assert.is(accessorState(stamped, text), 'ok')
        }
        const index = renderIndex([...names.values()], { importExtension: '.ts' }, ownersOf(brands))
        const file = fixtureUrl(`accessors/${name}/index.ts`)
        await matchFixture(stampAccessor(index, await formatTypeScript(index, fileURLToPath(file))), file)
      } finally {
        await db.close()
      }
    })
  }
})

test('accessors compile under strict settings, and wrong use of them does not', async () => {
  const project = fileURLToPath(fixtureUrl('accessors/tsconfig.json'))
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
  const run = process.versions['deno'] === undefined ? [] : ['run', '-A']
  const result = await promisify(execFile)(process.execPath, [...run, tsc, '-p', project]).catch(
    (error: { stdout?: string }) => error,
  )
  assert.is(result.stdout, '')
})

test('an index without accessors is still a module', () => {
  assert.is(renderIndex([], { importExtension: '.ts' }), 'export {}\n')
})

test('the index names files as the project imports them, in order of their names', () => {
  const names = [
    { stem: 'permit', type: 'Permit', value: 'permit' },
    { stem: 'mine', type: 'Mine', value: 'mine' },
  ]
  fc.assert(
    fc.property(fc.shuffledSubarray(names, { minLength: 2 }), fc.constantFrom('.ts', '.js', ''), (shuffled, ending) => {
      const importExtension = ending as '.ts' | '.js' | ''
      assert.is(
        renderIndex(shuffled, { importExtension }),
        `import { type Connection, createHistories, type DatabaseHistory } from "versiongen/history"
import { mineDescriptor, type mineHistory } from "./mine${ending}"
import { permitDescriptor, type permitHistory } from "./permit${ending}"

export { mineHistory, type MineData, type MineKey, type MineState, type MineVersion } from "./mine${ending}"
export { permitHistory, type PermitData, type PermitKey, type PermitState, type PermitVersion } from "./permit${ending}"

/** The histories that there are, by the names that tables go by. */
export interface Tables {
  readonly mine: ReturnType<typeof mineHistory>
  readonly permit: ReturnType<typeof permitHistory>
}

/**
 * The history of all tables together.
 *
 * @param db a pg Client, Pool or PoolClient, a postgres.js \`sql\` or transaction, a PGlite or its transaction,
 *   or a handle of Drizzle, Kysely or TypeORM
 */
export const history = (db: Connection): DatabaseHistory<Tables> =>
  createHistories<Tables>(db, { mine: mineDescriptor, permit: permitDescriptor })
`,
      )
    }),
  )
})

test.run()
