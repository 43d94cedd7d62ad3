import type { Executor } from './executor.ts'
import { asHeldBefore } from './held-since.ts'
import { isRecord, type Statement } from './select.ts'
import { createParameters, quoteTable } from './sql.ts'
import type { StoredVersion, Table, TableColumn } from './table.ts'
import type { Operation } from './types.ts'

/**
 * Makes the live row what it was in a version, in one statement, which is one transaction or part of the caller's. Only where
 * the row's key is equal but looks different, that takes another, which writes the key as well.
 *
 * @throws Error when the version is no longer there, and whatever Postgres says (constraints, rights).
 */
export const revertTo = async (
  executor: Executor,
  table: Table,
  key: readonly string[],
  version: StoredVersion,
  only?: readonly PropertyKey[],
): Promise<Operation | null> => {
  const columns = only === undefined ? undefined : checkColumns(table, only)
  if (columns && version.operation === 'delete') throw new Error('a delete has no columns to go back to')
  const isDelete = version.operation === 'delete'
  const held = isDelete ? table : await asHeldIn(executor, table, key, version)
  const write = async (withKey: boolean) => {
    const statement = isDelete ? deleteRow(table, key) : writeRow(held, key, version, columns, withKey)
    const [row] = await executor.query(...statement)
    return (row ?? []).map(Number)
  }
  const first = await write(false)
  const [, , , , , respelled] = first
  const [found, updated, inserted, deleted, live] = respelled ? await write(true) : first
  if (respelled) await write(false) // A row that refers to itself has followed its key.
  if (found === 0) {
    throw new Error(`version ${version.transaction.id} of ${table.descriptor.table.name} is no longer in its history`)
  }
  if (columns && live === 0) {
    throw new Error(`the row of ${table.descriptor.table.name} is not there: revert all of it, not some columns`)
  }
  return updated ? 'update' : inserted ? 'insert' : deleted ? 'delete' : null
}

/** What is not known of a version is what its table did not hold yet when the next one was written. */
const asHeldIn = async (
  executor: Executor,
  table: Table,
  key: readonly string[],
  version: StoredVersion,
): Promise<Table> => {
  if (table.present.every(({ position }) => version.texts[position] !== null)) return table
  const held = await asHeldBefore(executor, [table], (_, parameters) => {
    const record = isRecord(table, key, parameters)
    const id = `${parameters.add(version.transaction.id)}::bigint`
    return `(select min(v.${table.transactionId}) from ${table.versions} as v where ${record} and v.${table.transactionId} > ${id})`
  })
  return held.get(table) ?? table
}

const checkColumns = (table: Table, properties: readonly PropertyKey[]): readonly TableColumn[] =>
  properties.map((property) => {
    const column = table.byProperty.get(String(property))
    if (!column) throw new TypeError(`${table.descriptor.table.name} has no column ${String(property)} with history`)
    if (column.generated || column.identityAlways || column.dropped || table.key.includes(column)) {
      throw new TypeError(`${column.property} cannot be written`)
    }
    return column
  })

/** Deletes the live row, if there is one. */
export const deleteFrom = async (
  executor: Executor,
  table: Table,
  key: readonly string[],
): Promise<Operation | null> => {
  const [row] = await executor.query(...deleteRow(table, key))
  return Number(row?.[3]) > 0 ? 'delete' : null
}

const deleteRow = (table: Table, key: readonly string[]): Statement => {
  const parameters = createParameters()
  const base = quoteTable(table.descriptor.table)
  const record = table.key
    .map(({ quoted, cast }, i) => `b.${quoted} = ${parameters.add(key[i] ?? '')}::${cast ?? 'text'}`)
    .join(' and ')
  const sql =
    `with deleted as (delete from ${base} as b where ${record} returning 1) ` +
    `select '1', '0', '0', count(*)::text, '0', '0' from deleted`
  return [sql, parameters.values]
}

/**
 * Updates the row where it differs, or inserts it where there is none. The values go from the version table to the base
 * table inside the server.
 *
 * @param withKey writes the key, too; otherwise a row whose key is equal but looks different is left alone, and counted at the end
 */
const writeRow = (
  table: Table,
  key: readonly string[],
  version: StoredVersion,
  only: readonly TableColumn[] | undefined,
  withKey: boolean,
): Statement => {
  const parameters = createParameters()
  const base = quoteTable(table.descriptor.table)
  const record = table.key
    .map(({ quoted, cast }, i) => `v.${quoted} = ${parameters.add(key[i] ?? '')}::${cast ?? 'text'}`)
    .join(' and ')
  const id = `${parameters.add(version.transaction.id)}::bigint`
  const same = table.key.map(({ quoted }) => `b.${quoted} = v.${quoted}`).join(' and ')

  // A column that cannot be null and yet is null in the version did not exist then: the row keeps what it has, or gets the default.
  const writable = table.present.filter(
    ({ generated, required, position }) => !generated && !(required && version.texts[position] === null),
  )
  const isKey = new Set(table.descriptor.key)
  const chosen = only && new Set(only.map(({ name }) => name))
  const keys = only ? [] : writable.filter((column) => isKey.has(column.name) && !column.identityAlways)
  const updatable = writable.filter(
    (column) => (withKey || !isKey.has(column.name)) && !column.identityAlways && (chosen?.has(column.name) ?? true),
  )
  const respelled = withKey || keys.length === 0 ? 'false' : differ(keys)

  const update =
    updatable.length === 0
      ? `updated as (select 1 where false)`
      : `updated as (update ${base} as b set ${updatable.map(({ quoted }) => `${quoted} = v.${quoted}`).join(', ')} ` +
        `from version as v where ${same} and not ${respelled} ` +
        `and ${differ(updatable)} returning 1)`
  const insert =
    `inserted as (insert into ${base} (${list('', writable)}) overriding system value ` +
    `select ${list('v.', writable)} from version as v where not exists (select from ${base} as b where ${same}) returning 1)`
  const sql =
    `with version as (select v.* from ${table.versions} as v where ${record} and v.${table.transactionId} = ${id}), ` +
    `${update}, ` +
    `${only ? `inserted as (select 1 where false)` : insert} ` +
    `select (select count(*) from version)::text, (select count(*) from updated)::text, ` +
    `(select count(*) from inserted)::text, '0', (select count(*) from version as v, ${base} as b where ${same})::text, ` +
    `(select count(*) from version as v, ${base} as b where ${same} and ${respelled})::text`
  return [sql, parameters.values]
}

/**
 * Whether the row `b` looks different from the version `v`. Their types may differ, where history has a wider one or does
 * without a domain; what has no type that both can be cast to is compared as text.
 */
const differ = (columns: readonly TableColumn[]): string => {
  const row = (alias: string) => columns.map(({ quoted, cast = 'text' }) => `${alias}.${quoted}::${cast}`).join(', ')
  return `record_image_ne(row(${row('b')}), row(${row('v')}))`
}

const list = (alias: string, columns: readonly TableColumn[]): string =>
  columns.map(({ quoted }) => `${alias}${quoted}`).join(', ')
