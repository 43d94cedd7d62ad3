import type { Database } from '../database/types.ts'
import { VersiongenError } from '../errors.ts'
import { identifier } from '../sql/quote.ts'
import type { AppliedMigration, FlywayConfig } from './types.ts'
import { parseVersion } from './version.ts'

/**
 * Reads Flyway's history table in the order of its ranks; null when there is none. It is looked for in the configured
 * default schema, else in the first of the configured schemas, else along the connection's search path, or the one given
 * (inside a snapshot the connection's own is empty).
 *
 * @throws VersiongenError `history-foreign` when a table of that name has other columns, `history-unreadable` when this
 * connection may not read it.
 */
export const readHistory = async (
  db: Database,
  config: Pick<FlywayConfig, 'defaultSchema' | 'schemas' | 'historyTable'>,
  searchPath?: readonly string[],
): Promise<readonly AppliedMigration[] | null> => {
  const schema = config.defaultSchema ?? config.schemas[0]
  const table = identifier(config.historyTable)
  const places = schema === undefined ? searchPath?.map(identifier) : [identifier(schema)]
  const [found] = await db.query<FoundTable>(findTable, [places?.map((place) => `${place}.${table}`) ?? [table]])
  if (found === undefined) return null
  const where = { object: found.name }
  const missing = columns.filter((column) => !found.columns.includes(column))
  if (missing.length > 0) {
    throw new VersiongenError('history-foreign', `is not Flyway's history table: it has no ${missing.join(', ')}`, {
      where,
      hint: "name Flyway's own in `flyway.table` of its configuration",
    })
  }
  if (!found.readable) {
    throw new VersiongenError('history-unreadable', "this connection may not read Flyway's history table", {
      where,
      hint: `grant select on ${found.name} to the role that versiongen connects as`,
    })
  }
  const rows = await db.query<HistoryRow>(`select ${columns.join(', ')} from ${found.name} order by installed_rank`)
  return rows.map((row) => ({
    installedRank: row.installed_rank,
    version: row.version === null ? null : parseVersion(row.version),
    description: row.description,
    type: row.type,
    script: row.script,
    checksum: row.checksum,
    success: row.success,
  }))
}

interface FoundTable {
  /** Qualified and quoted. */
  readonly name: string
  readonly columns: readonly string[]
  readonly readable: boolean
}

interface HistoryRow {
  readonly installed_rank: number
  readonly version: string | null
  readonly description: string
  readonly type: string
  readonly script: string
  readonly checksum: number | null
  readonly success: boolean
}

const columns = ['installed_rank', 'version', 'description', 'type', 'script', 'checksum', 'success'] as const

/** `to_regclass` gives null for what is not there, where a query would fail and end the transaction. */
const findTable = `
select format('%I.%I', n.nspname, c.relname) as name,
       array(select a.attname::text from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join unnest($1::text[]) with ordinality as wanted (name, rank) on c.oid = to_regclass(wanted.name)
where c.relkind in ('r', 'p', 'v', 'f')
order by wanted.rank
limit 1`
