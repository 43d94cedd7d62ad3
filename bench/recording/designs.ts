import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type pg from 'pg'
import { historyDdl } from '../../test/recording-torture/history-ddl.ts'
import { cteDefaults, cteSession } from './cte.ts'
import { columns, firstAddedId, mine } from './mine.ts'
import { installPeer } from './peers.ts'
import { plainSession, writePlainly } from './writes.ts'
import type { Session } from './writes.ts'

/** One way to keep history, or none. */
export interface Design {
  readonly name: string
  readonly what: string
  /** Gives the filled table `mine` its history, with a first version of every row where the design knows such. */
  setUp(client: pg.Client, url: string): Promise<void>
  session(client: pg.Client): Session
  /** Removes the history of all rows from {@link firstAddedId} on. The triggers are silent meanwhile. */
  readonly forget: readonly string[]
}

const forgetVersions = [`delete from mine_version where id >= '${firstAddedId}'`]

const none: Design = {
  name: 'none',
  what: 'no history',
  setUp: () => Promise.resolve(),
  session: plainSession,
  forget: [],
}

const cte: Design = {
  name: 'cte',
  what: 'hand-written CTEs, no triggers',
  setUp: async (client) => {
    const names = columns.map(([name, type]) => `${name} ${type}`).join(', ')
    await client.query(`
      create table transaction (id bigserial primary key, issued_at timestamp, remote_addr varchar(50), user_id text);
      create table mine_version (${names}, transaction_id bigint, end_transaction_id bigint,
        operation_type smallint not null, primary key (id, transaction_id)) with (fillfactor = 90);
      ${cteDefaults}`)
    await backfill(client)
  },
  session: cteSession,
  forget: forgetVersions,
}

const ours: Design = {
  name: 'ours',
  what: 'versiongen',
  setUp: async (client) => {
    await client.query(historyDdl(mine))
    await backfill(client)
  },
  session: plainSession,
  forget: forgetVersions,
}

/**
 * Every transaction starts with a row in `transaction`, whose trigger hands the id to the others through a temporary
 * table. Its ORM sends BEGIN and that INSERT one after the other; here they go in one round trip.
 */
const continuumSession = (client: pg.Client): Session => ({
  client,
  run: async (writes) => {
    await client.query(`begin;
      insert into transaction (issued_at, id, remote_addr)
        values (timezone('utc', clock_timestamp()), nextval('transaction_id_seq'), null)`)
    for (const write of writes) await writePlainly(client, write)
    await client.query('commit')
  },
})

const continuum: Design = {
  name: 'continuum',
  what: 'SQLAlchemy-Continuum 1.7.0, native versioning, its own indexes',
  setUp: (_, url) => installPeer('continuum', url),
  session: continuumSession,
  forget: forgetVersions,
}

const pghistory = (level: 'row' | 'statement'): Design => ({
  name: `pghistory-${level}`,
  what: `django-pghistory 3.9.2, ${level} triggers (append only)`,
  setUp: (_, url) => installPeer('pghistory', url, level),
  session: plainSession,
  forget: [`delete from bench_mineevent where id >= '${firstAddedId}'`],
})

const postgresqlAudit: Design = {
  name: 'postgresql-audit',
  what: 'postgresql-audit 0.18.0, statement triggers, jsonb (append only)',
  setUp: (_, url) => installPeer('postgresql_audit', url),
  session: plainSession,
  forget: [`delete from activity where coalesce(old_data ->> 'id', changed_data ->> 'id') >= '${firstAddedId}'`],
}

export const designs: readonly Design[] = [
  none,
  cte,
  ours,
  continuum,
  pghistory('row'),
  pghistory('statement'),
  postgresqlAudit,
]

/** A design that a file of SQL makes; see main.ts. */
export const designFromFile = async (file: string): Promise<Design> => {
  const sql = await readFile(file, 'utf8')
  return {
    name: basename(file, '.sql'),
    what: file,
    setUp: async (client) => {
      await client.query(sql)
      await backfill(client)
    },
    session: plainSession,
    forget: forgetVersions,
  }
}

/** A first version of every row that has none. */
const backfill = async (client: pg.Client): Promise<void> => {
  const names = columns.map(([name]) => name).join(', ')
  await client.query(`
    with t as (insert into transaction (issued_at) values (now()) returning id)
    insert into mine_version (${names}, transaction_id, operation_type)
    select ${columns.map(([name]) => `m.${name}`).join(', ')}, t.id, 0
    from mine as m, t where not exists (select from mine_version as v where v.id = m.id)`)
}
