import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nameAccessors } from '../../src/accessors/names.ts'
import { relateTables } from '../../src/accessors/relations.ts'
import { renderAccessor } from '../../src/accessors/render.ts'
import { renderIndex } from '../../src/accessors/render-index.ts'
import type { Database } from '../../src/database/types.ts'
import type { Connection, DatabaseHistory, History } from '../../src/history/mod.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { backfillMigration, createMigration } from '../../src/sql/migrations.ts'
import { readVersionedTables } from '../accessors/versioned-tables.ts'
import { withTemporaryFolder } from '../support/temporary.ts'

/** Tables that a test made up: what their rows are like is not known to the compiler. */
export type AnyTables = Readonly<Record<string, History<Record<string, unknown>, Record<string, unknown>>>>

const timeouts = { lockTimeout: '5s', statementTimeout: '30s' }

/**
 * Makes every table that has a key record its history, as the migrations do, with those who are there as its first
 * versions.
 *
 * @param change what is to be different about a table
 */
export const recordTables = async (
  database: Database,
  change: (table: VersionedTable) => Partial<VersionedTable> = () => ({}),
): Promise<readonly VersionedTable[]> => {
  const tables = (await readVersionedTables(database))
    .filter(({ base }) => base.partitionOf === null)
    .map((table) => ({ ...table, ...change(table) }))
  const made = new Set<string>()
  for (const table of tables) {
    const { transaction } = table
    const name = JSON.stringify([transaction.schema, transaction.name])
    const planned = { ...table, transaction: { ...transaction, exists: made.has(name) } }
    made.add(name)
    await database.script(`begin; ${createMigration(planned, timeouts)}; commit`)
    await database.script(`begin; ${backfillMigration(table, timeouts)}; commit`)
  }
  return tables
}

/** The index that is generated for these tables. */
export const importIndex = (
  tables: readonly VersionedTable[],
): Promise<{
  readonly history: (db: Connection) => DatabaseHistory<AnyTables>
  /** Of each table alone. */
  readonly histories: readonly ((db: Connection) => AnyTables[string])[]
}> =>
  withTemporaryFolder(async (folder) => {
    const names = nameAccessors(tables)
    const relations = relateTables(names, 'preserve')
    const runtime = JSON.stringify(new URL('../../src/history/mod.ts', import.meta.url).href)
    const write = async (stem: string, text: string): Promise<string> => {
      const file = join(folder, `${stem}.ts`)
      await writeFile(file, text.replaceAll('"versiongen/history"', runtime))
      return file
    }
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    for (const [table, name] of names) {
      await write(
        name.stem,
        renderAccessor(table, {
          values: { int8: 'string', numeric: 'string', timestamptz: 'Date' },
          naming: 'preserve',
          importExtension: '.ts',
          name,
          relations: relations.get(table),
        }),
      )
    }
    const index = await write('index', renderIndex([...names.values()], { importExtension: '.ts' }))
    const { history, ...others } = (await import(pathToFileURL(index).href)) as {
      readonly history: (db: Connection) => DatabaseHistory<AnyTables>
    }
    return { history, histories: Object.values(others) }
  })
