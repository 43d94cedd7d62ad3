import { recogniseHistory } from '../catalog/layout.ts'
import { findRelation } from '../catalog/lookup.ts'
import type { Catalog, QualifiedName, Relation } from '../catalog/types.ts'
import type { TransactionTable } from './types.ts'

export interface ResolvedTransactionTable {
  readonly object: string
  readonly table: TransactionTable | undefined
  /** Why an existing table of that name cannot serve. */
  readonly problem: string | undefined
}

/**
 * The transaction table of a base table. With a schema in `configured`: that one. Without: the one in the base table's
 * schema if it is there, else the one in the first schema of the search path, so that one table serves all schemas.
 */
export const resolveTransactionTable = (
  catalog: Catalog,
  configured: string,
  base: QualifiedName,
): ResolvedTransactionTable => {
  const dot = configured.indexOf('.')
  const name = configured.slice(dot + 1)
  const schemas = dot < 0 ? [base.schema, catalog.searchPath[0] ?? base.schema] : [configured.slice(0, dot)]
  const recognised = recognisedIn(catalog, configured)
  for (const schema of schemas) {
    const relation = findRelation(catalog, schema, name)
    if (relation !== undefined && recognised.has(relation.oid)) return describe(relation, catalog)
  }
  const schema = schemas.at(-1) ?? base.schema
  const object = `${schema}.${name}`
  const taken = findRelation(catalog, schema, name)
  if (taken !== undefined) {
    return {
      object,
      table: undefined,
      problem: `${object} cannot serve as transaction table: ${whyNot(taken)}. Name another in the option transactionTable of the configuration`,
    }
  }
  return {
    object,
    problem: undefined,
    table: {
      schema,
      name,
      exists: false,
      id: { type: 'bigint', sequence: null },
      issuedAt: { withTimeZone: true },
      remoteAddr: { type: 'text' },
      userId: { type: 'text' },
    },
  }
}

/** The first of its differences from what `recogniseHistory` takes for a transaction table. */
const whyNot = (relation: Relation): string => {
  if (relation.kind !== 'table' && relation.kind !== 'partitioned table') return `it is a ${relation.kind}`
  if (relation.partitionOf !== null) return 'it is a partition'
  const id = relation.columns.find(({ name }) => name === 'id')
  if (id === undefined) return 'it has no column id'
  if (!['int4', 'int8'].includes(id.type.name)) return `its id is ${id.type.sql}, neither integer nor bigint`
  const isKey = relation.primaryKey?.columns.join('\0') === 'id' || findUniqueId(relation) !== undefined
  if (!isKey) return 'its id is neither its primary key nor unique'
  const own = new Set(['id', 'issued_at', 'remote_addr', 'user_id'])
  const needed = relation.columns.find(
    ({ name, notNull, ...column }) =>
      !own.has(name) && notNull && column.default === null && column.identity === null && column.generated === null,
  )
  if (needed !== undefined) return `every row of it needs a value in ${needed.name}`
  return 'its columns are not those of one'
}

const known = new WeakMap<Catalog, Map<string, ReadonlySet<number>>>()

const recognisedIn = (catalog: Catalog, configured: string): ReadonlySet<number> => {
  const byName = known.get(catalog) ?? new Map<string, ReadonlySet<number>>()
  known.set(catalog, byName)
  const found =
    byName.get(configured) ??
    new Set(
      recogniseHistory(withKeys(catalog, configured), { transactionTable: configured }).transactionTables.map(
        ({ oid }) => oid,
      ),
    )
  byName.set(configured, found)
  return found
}

/** A unique `id` serves as well as a primary key. */
const withKeys = (catalog: Catalog, configured: string): Catalog => {
  const name = configured.slice(configured.indexOf('.') + 1)
  const addKey = (relation: Relation): Relation => {
    if (relation.name !== name || relation.primaryKey !== null) return relation
    const unique = findUniqueId(relation)
    return unique === undefined
      ? relation
      : { ...relation, primaryKey: { name: unique.name, columns: ['id'], deferrable: false } }
  }
  return { ...catalog, relations: catalog.relations.map(addKey) }
}

const findUniqueId = ({ indexes }: Relation): Relation['indexes'][number] | undefined =>
  indexes.find((index) => index.unique && index.valid && !index.partial && index.columns.join('\0') === 'id')

const describe = (relation: Relation, catalog: Catalog): ResolvedTransactionTable => {
  const column = (name: string): Relation['columns'][number] | undefined =>
    relation.columns.find((candidate) => candidate.name === name)
  const id = column('id')
  const issuedAt = column('issued_at')
  const remoteAddr = column('remote_addr')
  const userId = column('user_id')
  const meta = column('meta')
  const object = `${relation.schema}.${relation.name}`
  const hasDefault = id !== undefined && (id.default !== null || id.identity !== null)
  const sequenceName = `${relation.name}_id_seq`
  const sequence = hasDefault
    ? null
    : catalog.sequences.find(({ schema, name }) => schema === relation.schema && name === sequenceName)
  if (sequence === undefined) {
    return {
      object,
      table: undefined,
      problem: `${object}.id has no default, and there is no sequence ${sequenceName} to draw ids from. Give it one, or name another table in the option transactionTable of the configuration`,
    }
  }
  return {
    object,
    problem: undefined,
    table: {
      schema: relation.schema,
      name: relation.name,
      exists: true,
      id: { type: id?.type.sql ?? 'bigint', sequence },
      issuedAt: issuedAt === undefined ? null : { withTimeZone: issuedAt.type.name === 'timestamptz' },
      remoteAddr: remoteAddr === undefined ? null : { type: remoteAddr.type.sql },
      userId: userId === undefined ? null : { type: userId.type.sql },
      ...(meta !== undefined && ['json', 'jsonb'].includes(meta.type.name) && { meta: { type: meta.type.name } }),
    },
  }
}
