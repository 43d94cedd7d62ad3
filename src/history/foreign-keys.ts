import { formatArray, parseArray } from './array-text.ts'
import type { TableName } from './descriptor.ts'
import type { Executor } from './executor.ts'
import { createParameters } from './sql.ts'

/** A foreign key, as the database has it. */
export interface ForeignKey {
  readonly constraint: string
  readonly child: TableName
  /** Pairwise with {@link parentColumns}. */
  readonly childColumns: readonly string[]
  readonly parent: TableName
  readonly parentColumns: readonly string[]
  /** `ON UPDATE CASCADE` */
  readonly followsKeys: boolean
  /** `ON UPDATE SET NULL` or `SET DEFAULT` */
  readonly clearsReferences: boolean
}

/** Foreign keys from and to any of these tables; those of partitions count as their table's. */
export const readForeignKeys = async (
  executor: Executor,
  tables: readonly TableName[],
): Promise<readonly ForeignKey[]> => {
  const parameters = createParameters()
  const array = (texts: readonly string[]) => `${parameters.add(formatArray(texts, String))}::text[]`
  const given = `unnest(${array(tables.map(({ schema }) => schema))}, ${array(tables.map(({ name }) => name))})`
  const columns = (numbers: string, relation: string) =>
    `(select array_agg(a.attname::text order by k.i) from unnest(${numbers}) with ordinality as k (n, i) ` +
    `join pg_catalog.pg_attribute as a on a.attrelid = ${relation} and a.attnum = k.n)::text`
  const relation = (id: string, alias: string) =>
    `join pg_catalog.pg_class as ${alias} on ${alias}.oid = ${id} ` +
    `join pg_catalog.pg_namespace as ${alias}n on ${alias}n.oid = ${alias}.relnamespace `
  const isGiven = (alias: string) => `(${alias}n.nspname, ${alias}.relname) in (select s, r from given)`
  const rows = await executor.query(
    `with given as (select s, r from ${given} as g (s, r)) ` +
      `select f.conname::text, cn.nspname::text, c.relname::text, ${columns('f.conkey', 'f.conrelid')}, ` +
      `pn.nspname::text, p.relname::text, ${columns('f.confkey', 'f.confrelid')}, (f.confupdtype = 'c')::text, (f.confupdtype in ('n', 'd'))::text ` +
      `from pg_catalog.pg_constraint as f ${relation('f.conrelid', 'c')}${relation('f.confrelid', 'p')}` +
      `where f.contype = 'f' and f.conparentid = 0 and (${isGiven('c')} or ${isGiven('p')}) ` +
      `order by f.oid`,
    parameters.values,
  )
  return rows.map((row) => {
    const [constraint, childSchema, child, childColumns, parentSchema, parent, parentColumns, follows, clears] =
      row.map((text) => text ?? '')
    const names = (text = '') => parseArray(text, (name) => name) as string[]
    return {
      constraint: constraint ?? '',
      child: { schema: childSchema ?? '', name: child ?? '' },
      childColumns: names(childColumns),
      parent: { schema: parentSchema ?? '', name: parent ?? '' },
      parentColumns: names(parentColumns),
      followsKeys: follows === 'true',
      clearsReferences: clears === 'true',
    }
  })
}
