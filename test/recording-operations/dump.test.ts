import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Database } from '../../src/database/types.ts'
import { compareTable } from '../../src/plan/compare.ts'
import { readInSnapshot } from '../catalog/read-in-snapshot.ts'
import { backfillTable, findViolations, planTable, readVersions, recordTable } from '../recording/recorded-table.ts'
import { eachServer, type TestDatabase } from '../support/databases.ts'
import { runSuccessfully } from '../support/run-command.ts'
import type { Major } from '../support/server.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { findClientProgram, warnLoudly } from './client-programs.ts'

type Open = () => Promise<TestDatabase & { readonly url: string }>

const servers = new Map<Major, Open>()
eachServer((_name, open, major) => void servers.set(major, open))
const names = ['t', 'app.p'] as const

/** Two tables with histories, and columns whose numbers will be others after a restore. */
const fill = async (db: Database): Promise<void> => {
  await db.script(`create schema app; create table t (gone int, id int generated always as identity primary key, "na""me" text);
    alter table t drop gone; insert into t ("na""me") values ('before'), ('too');
    create table app.p (id int, region text, v json, primary key (id, region)) partition by list (region);
    create table app.p_a partition of app.p for values in ('a'); create table app.p_b (v json, id int not null, region text not null);
    alter table app.p attach partition app.p_b for values in ('b')`)
  for (const name of names) await backfillTable(db, await recordTable(db, name))
  await db.script(`begin; select set_config('versiongen.user_id', 'chan', true); update t set "na""me" = 'x' where id = 1; commit;
    delete from t where id = 2; insert into t ("na""me") values ('c'), ('d');
    insert into app.p values (1, 'a', '{"b": 1}'), (2, 'b', null); update app.p set region = 'b' where id = 1`)
}

const readAll = async (db: Database): Promise<unknown> => {
  const versions = []
  for (const name of names) versions.push(await readVersions(db, await planTable(db, name)))
  return [versions, await db.query('select id::text, user_id from transaction order by id')]
}

/** All is as it was and nothing has drifted; then writes go on being recorded, each in a transaction row of its own. */
const assertGoesOn = async (db: Database, before: unknown): Promise<void> => {
  assert.equal(await readAll(db), before)
  const catalog = await readInSnapshot(db, ['public'])
  for (const name of names) {
    const table = await planTable(db, name)
    assert.equal(compareTable(table, catalog).findings, [], name)
    assert.equal(await findViolations(db, table), [])
  }
  const [last] = await db.query<{ id: string; own: string }>(
    `select max(id)::text as id, set_config('versiongen.tx', string_agg(id::text, ','), false) as own from transaction`,
  )
  // The setting names transactions of the database that was dumped: none of them is this session's own.
  await db.script(`update t set "na""me" = 'after' where id = 1; insert into t ("na""me") values ('new');
    begin; update app.p set v = '{}'; delete from app.p where id = 2; commit`)
  const recorded = []
  for (const name of names) {
    const table = await planTable(db, name)
    recorded.push(await readVersions(db, table, last?.id))
    assert.equal(await findViolations(db, table), [])
  }
  assert.equal(recorded, [
    [
      [1, '(1,after)'],
      [0, '(5,new)'],
    ],
    [
      [1, '(1,b,{})'],
      [2, '(2,b,{})'],
    ],
  ])
}

const pgDump = await findClientProgram('pg_dump')
const pgRestore = await findClientProgram('pg_restore')
const psql = await findClientProgram('psql')

if (pgDump !== undefined && pgRestore !== undefined && psql !== undefined) {
  // pg_dump reads servers up to its own version.
  const source = [...servers.keys()].find((major) => major <= pgDump.major)
  if (source === undefined) warnLoudly(`pg_dump ${pgDump.major} cannot read Postgres ${[...servers.keys()].join(', ')}`)

  const restore = async (
    into: Major,
    how: (from: string, to: string, folder: string) => Promise<unknown>,
    prepare: (db: Database) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<void> => {
    const from = await servers.get(source ?? into)?.()
    const to = await servers.get(into)?.()
    if (from === undefined || to === undefined) throw new Error('no server')
    try {
      await fill(from)
      await prepare(to)
      const before = await readAll(from)
      await withTemporaryFolder((folder) => how(from.url, to.url, folder))
      await assertGoesOn(to, before)
    } finally {
      await from.close()
      await to.close()
    }
  }

  const psqlFile = async (url: string, file: string): Promise<unknown> => {
    // Settings and commands of a newer pg_dump that an older server or psql does not know.
    const text = (await readFile(file, 'utf8')).replaceAll(/^(SET transaction_timeout = 0;|\\(un)?restrict .*)$/gm, '')
    await writeFile(file, text)
    return runSuccessfully(psql.path, ['--no-psqlrc', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url, '-f', file])
  }

  for (const into of source === undefined ? [] : [...new Set([source, ...[...servers.keys()].slice(-1)])]) {
    test(`a plain dump of Postgres ${source}, restored into ${into}`, () =>
      restore(into, async (from, to, folder) => {
        const file = join(folder, 'dump.sql')
        await runSuccessfully(pgDump.path, ['-d', from, '-f', file])
        await psqlFile(to, file)
      }))

    test(`a custom one in two jobs, Postgres ${source} to ${into}`, () =>
      restore(into, async (from, to, folder) => {
        const file = join(folder, 'dump')
        await runSuccessfully(pgDump.path, ['-d', from, '-Fc', '-f', file])
        await runSuccessfully(pgRestore.path, ['-d', to, '--exit-on-error', '--jobs=2', file])
      }))

    test(`data alone into a schema made by the migrations, Postgres ${source} to ${into}`, () =>
      restore(
        into,
        async (from, to, folder) => {
          const file = join(folder, 'data.sql')
          await runSuccessfully(pgDump.path, ['-d', from, '--data-only', '--disable-triggers', '-f', file])
          await psqlFile(to, file)
        },
        async (db) => {
          await fill(db)
          await db.script(`set session_replication_role = replica; truncate t, t_version, app.p, app.p_version, transaction;
            reset session_replication_role`)
        },
      ))
  }
}

test('there is a test to run', () => assert.ok(servers.size > 0))

test.run()
