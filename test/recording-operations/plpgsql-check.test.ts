import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { connect } from '../../src/database/connect.ts'
import type { Database } from '../../src/database/types.ts'
import type { VersionedOptions } from '../../src/models/types.ts'
import { recordFunctionName } from '../../src/sql/names.ts'
import { qualified } from '../../src/sql/quote.ts'
import { replicationFunctionName } from '../../src/sql/replication.ts'
import { recordTable } from '../recording/recorded-table.ts'
import { allMajors, sharedServerUrl } from '../support/databases.ts'
import { createDatabaseAt } from '../support/server.ts'
import { warnLoudly } from './client-programs.ts'

/** The extension as Debian installs it, with the major it was built for; the newest one. */
const findExtension = ():
  { readonly major: (typeof allMajors)[number]; readonly library: string; readonly sql: string } | undefined => {
  for (const major of allMajors.toReversed()) {
    const library = `/usr/lib/postgresql/${major}/lib/plpgsql_check.so`
    const folder = `/usr/share/postgresql/${major}/extension`
    const scripts = existsSync(folder)
      ? readdirSync(folder).filter((name) => /^plpgsql_check--[\d.]+\.sql$/.test(name))
      : []
    const script = scripts.sort().at(-1)
    if (existsSync(library) && script !== undefined) return { major, library, sql: `${folder}/${script}` }
  }
  return undefined
}

const shapes: Readonly<Record<string, { readonly ddl: string; readonly options?: VersionedOptions }>> = {
  'a plain table': { ddl: `create table t (id uuid primary key, name varchar(60), price numeric(10, 2), data json)` },
  'a key of four columns, and foreign keys that write': {
    ddl: `create table t (a int, b text, c date, d char(3), parent int, unique (a), primary key (a, b, c, d),
      foreign key (parent) references t (a) on delete set null on update cascade)`,
  },
  partitions: {
    ddl: `create table t (id int, region text, primary key (id, region)) partition by list (region);
      create table t_a partition of t default`,
  },
  'every option': {
    ddl: `create table t (id int primary key, v text, w int[])`,
    options: {
      trackModified: true,
      strategy: 'subquery',
      context: 'warn',
      replication: 'record',
      indexes: 'continuum',
    },
  },
  'an actor is demanded': { ddl: `create table t (id int primary key, v text)`, options: { context: 'refuse' } },
}

const extension = findExtension()
if (extension === undefined) {
  warnLoudly('plpgsql_check is not installed (Debian: postgresql-NN-plpgsql-check)')
  test('there is nothing to run it with', () => assert.is(findExtension(), undefined))
} else {
  let database: Database
  test(`load plpgsql_check into Postgres ${extension.major}`, async () => {
    const url = await createDatabaseAt(await sharedServerUrl(extension.major))
    database = await connect({ kind: 'server', url }, { driver: 'pg', env: {} })
    // The script as CREATE EXTENSION would run it, had it been installed with this server.
    const script = (await readFile(extension.sql, 'utf8'))
      .replace(/^\\echo .*$/gm, '')
      .replaceAll('MODULE_PATHNAME', extension.library)
      .replaceAll('@extschema@', 'checker')
    await database.script(`load 'plpgsql'; create schema checker; set search_path = checker; ${script};
      reset search_path; create function checker.broken() returns int language plpgsql as 'begin return nothing.there; end'`)
    const [found] = await database.query<{ message: string }>(
      `select message from checker.plpgsql_check_function_tb('checker.broken()'::regprocedure)`,
    )
    assert.match(found?.message ?? '', 'missing FROM-clause')
  })

  for (const [title, { ddl, options = {} }] of Object.entries(shapes)) {
    test(`the recording functions pass plpgsql_check: ${title}`, async () => {
      await database.script('drop schema public cascade; create schema public')
      await database.script(ddl)
      const table = await recordTable(database, 't', { options })
      const names = [
        recordFunctionName(table.version),
        ...(options.replication === 'record' ? [replicationFunctionName(table.version)] : []),
      ]
      for (const name of names) {
        const findings = await database.query(
          `select lineno, statement, sqlstate, message, detail, hint, level, query
             from checker.plpgsql_check_function_tb('${qualified(name)}()'::regprocedure, '${qualified(table.base)}'::regclass,
                    security_warnings => true, oldtable => 'replaced', newtable => 'touched')`,
        )
        assert.equal(findings, [], qualified(name))
      }
    })
  }

  test('close', () => database.close())
}

test.run()
