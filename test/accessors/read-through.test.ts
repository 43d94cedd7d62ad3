import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import postgres from 'postgres'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { formatTypeScript } from '../../src/accessors/format.ts'
import { nameAccessors } from '../../src/accessors/names.ts'
import { renderAccessor } from '../../src/accessors/render.ts'
import type { RenderOptions } from '../../src/accessors/render-options.ts'
import type { Columns, Connection, History, Where } from '../../src/history/mod.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { fixtureUrl } from '../support/fixture.ts'
import { withTemporaryFolder } from '../support/temporary.ts'
import { readVersionedTables, transactionTableSql, versionTableSql } from './versioned-tables.ts'

type AnyHistory = History<Record<string, unknown>, Record<string, unknown>>

type Filter = Where<Columns<Record<string, unknown>, Record<never, never>>>

const lossless: RenderOptions = {
  values: { int8: 'string', numeric: 'string', timestamptz: 'Date' },
  naming: 'preserve',
}

/** Writes each table's accessor as a file, makes its version table, and imports what was written. */
const generate = async (
  database: TestDatabase,
  options: RenderOptions,
): Promise<ReadonlyMap<string, (db: Connection) => AnyHistory>> =>
  withTemporaryFolder(async (folder) => {
    await database.script(transactionTableSql)
    const tables = await readVersionedTables(database)
    const accessors = new Map<string, (db: Connection) => AnyHistory>()
    for (const [table, name] of nameAccessors(tables)) {
      await database.script(versionTableSql(table))
      const file = join(folder, `${name.stem}.mts`)
      const text = await formatTypeScript(renderAccessor(table, { ...options, name }), file)
      const runtime = new URL('../../src/history/mod.ts', import.meta.url).href
      await writeFile(file, text.replace(/(["'])versiongen\/history\1/, JSON.stringify(runtime)))
      const module = (await import(pathToFileURL(file).href)) as Record<string, (db: Connection) => AnyHistory>
      const create = module[`${name.value}History`]
      if (!create) throw new Error(`no ${name.value}History`)
      accessors.set(table.base.name, create)
    }
    return accessors
  })

/** Once with each driver that can reach the database. */
const withConnections = async (
  { pglite, url }: TestDatabase,
  use: (db: Connection, driver: string) => Promise<void>,
): Promise<void> => {
  if (pglite) return use(pglite, 'PGlite')
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const sql = postgres(url ?? '', { max: 1 })
  try {
    await use(pool, 'pg')
    await use(sql, 'postgres.js')
  } finally {
    await pool.end()
    await sql.end()
  }
}

const hostileRows = `
insert into "s""p \${x}"."T */ ""q"" \${x} $$ \`b\` 
é🌋" values
  ('a"b', 9007199254740993, 'p', 7, E'new\\nline', true, '2024-02-29', 'é', '$$', '{"__proto__": 1}', 'x'),
  ('abc', 1, null, 8, '\${x}', null, null, null, null, null, null)`

eachDatabase((name, open) => {
  test(`hostile names are read and reverted through the generated module (${name})`, async () => {
    const database = await open()
    try {
      await database.script(await readFile(fixtureUrl('accessors/hostile/tables.sql'), 'utf8'))
      await database.script(hostileRows)
      const [create] = (await generate(database, lossless)).values()
      await withConnections(database, async (db, driver) => {
        const history = create?.(db)
        const key = { 'key */ "q" ${x}': 'a"b', constructor: '9007199254740993' }
        const version = await history?.current(key)
        assert.equal(
          Object.entries(version?.data ?? {}),
          [
            ['key */ "q" ${x}', 'a"b'],
            ['constructor', '9007199254740993'],
            ['__proto__', 'p'],
            ['toString', 7],
            ['new\nline', 'new\nline'],
            ['class', true],
            ['1st', '2024-02-29'],
            ['é', 'é  '],
            ['$$', '$$'],
            ['a.b', JSON.parse('{"__proto__": 1}')],
            ['abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk', 'x'],
          ],
          driver,
        )
        assert.equal(Object.entries(version?.key ?? {}), Object.entries(key))
        assert.is(Object.getPrototypeOf(version?.data), Object.prototype)
        assert.is(Object.keys(version?.changeset ?? {}).length, 11)

        const snapshot = history?.asOf('2024-02-01')
        for (const [property, value] of Object.entries(version?.data ?? {})) {
          const condition = property === 'a.b' ? { eq: value } : value
          const where = Object.fromEntries([[property, condition]]) as Filter
          assert.is(await snapshot?.count({ where }), 1, `${driver} ${property}`)
          assert.is(await snapshot?.count({ where: { not: where } }), 1, `${driver} not ${property}`)
          if (property === 'a.b') continue
          const orderBy = Object.fromEntries([[property, 'asc' as const]])
          assert.equal((await snapshot?.all({ orderBy, where }))?.[0]?.key, version?.key)
        }

        const table = `"s""p \${x}"."T */ ""q"" \${x} $$ \`b\` \né🌋"`
        await database.script(`delete from ${table} where "constructor" > 1`)
        assert.is(await version?.revert(), 'insert')
        await database.script(`update ${table} set "__proto__" = 'changed', "toString" = 9`)
        assert.is(await version?.revert(), 'update')
        assert.equal(await database.query(`select "__proto__" as p, "toString" as t from ${table} order by 1`), [
          { p: 'changed', t: 9 },
          { p: 'p', t: 7 },
        ])

        // Too long for the column: another row's key, were it cut.
        assert.equal(await history?.versions({ 'key */ "q" ${x}': 'abcd', constructor: 1 }), [])
        const missing = await history?.versions({ 'key */ "q" ${x}': 'abc' }).catch((thrown: unknown) => thrown)
        assert.match((missing as Error).message, /needs constructor, which is undefined/)
      })
    } finally {
      await database.close()
    }
  })

  test(`keys of every kind find their row and no other (${name})`, async () => {
    const database = await open()
    try {
      await database.script(`
        create type mood as enum ('sad', 'ok');
        create domain code as varchar(4);
        create table keyed (
          u uuid, i8 bigint, i2 smallint, n numeric(10,2), f4 real, f8 double precision, b boolean, t text, v varchar(3),
          c char(4), d date, ts timestamp(6), tz timestamptz, iv interval, by bytea, e mood, dom code, j jsonb, ip inet,
          a integer[], r int4range, bits bit(3), co "char", ti time,
          primary key (u, i8, i2, n, f4, f8, b, t, v, c, d, ts, tz, iv, by, e, dom, j, ip, a, r, bits, co, ti));
        insert into keyed values
          ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 9007199254740993, -1, 1.5, 0.1, 'NaN', true, E'\\\\ " {}', 'abc', 'é',
           '0044-03-15 BC', '2024-03-31 02:30:00.000001', '2024-03-31 01:30:00+00', '1 mon -1 day', '\\x00ff', 'ok', 'x',
           '{"a": [1]}', '10.0.0.1', '{1,null,3}', '[1,5)', '101', 'x', '04:05:06.000001')`)
      const create = (await generate(database, lossless)).get('keyed')
      await withConnections(database, async (db, driver) => {
        const history = create?.(db)
        const given = {
          u: 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
          i8: 9007199254740993n,
          i2: -1,
          n: '1.50',
          f4: 0.1,
          f8: Number.NaN,
          b: true,
          t: '\\ " {}',
          v: 'abc',
          c: 'é',
          d: '0044-03-15 BC',
          ts: '2024-03-31T02:30:00.000001',
          tz: new Date('2024-03-31T01:30:00Z'),
          iv: '1 mon -1 days',
          by: Uint8Array.of(0, 255),
          e: 'ok',
          dom: 'x',
          j: { a: [1] },
          ip: '10.0.0.1',
          a: [1, null, 3],
          r: '[1,5)',
          bits: '101',
          co: 'x',
          ti: '04:05:06.000001',
        }
        const [version] = (await history?.versions(given)) ?? []
        assert.ok(version, driver)
        // What comes out goes in again.
        assert.equal(await history?.current(version?.data ?? {}), version, driver)
        assert.equal((await history?.transaction(1))?.changes, [version], driver)
        assert.equal(await (await history?.transaction(1))?.changes[0]?.next(), undefined, driver)
        for (const [property, other] of Object.entries({
          i8: '9007199254740992',
          v: 'abcd',
          n: 1.501,
          bits: '1010',
          f4: 0.2,
        })) {
          assert.equal(await history?.versions({ ...given, [property]: other }), [], `${driver} ${property}`)
        }
        for (const [property, other] of Object.entries({ i8: 2 ** 60, d: new Date(), t: null, u: Symbol('x') })) {
          const error = await history?.versions({ ...given, [property]: other }).catch((thrown: unknown) => thrown)
          assert.instance(error, TypeError)
          assert.match((error as Error).message, new RegExp(`^(${property} is|the key of keyed needs ${property})`))
        }
      })
    } finally {
      await database.close()
    }
  })
})

test.run()
