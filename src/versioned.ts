import type { VersionedOptions } from './models/types.ts'

/**
 * Marks a Drizzle table as a model: `versiongen` finds the call by reading the file. At run time nothing happens.
 *
 * @param table What `pgTable` returned.
 * @param _options The same options as a class's `__versioned__`; they have to be literals.
 * @returns The very same table, with its type.
 *
 * @example
 * ```ts
 * import { pgTable, uuid, varchar } from 'drizzle-orm/pg-core'
 * import { versioned } from 'versiongen'
 *
 * export const mine = versioned(
 *   pgTable('mine', { mine_guid: uuid('mine_guid').primaryKey(), mine_name: varchar('mine_name', { length: 60 }) }),
 *   { exclude: ['mine_name'] },
 * )
 * ```
 */
export const versioned = <Table extends object>(table: Table, _options: VersionedOptions = {}): Table => table
