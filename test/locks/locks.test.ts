import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Database } from '../../src/database/types.ts'
import type { PlannedMigration } from '../../src/plan/migrations.ts'
import type { VersionedTable } from '../../src/plan/types.ts'
import { backfillMigration } from '../../src/sql/migrations.ts'
import { lockModes, type LockMode } from '../../src/sql/locks.ts'
import { qualified } from '../../src/sql/quote.ts'
import { comment } from '../../src/sql/text.ts'
import { apply, describeModel, look, readCase, readCases, readOptional } from '../evolution/evolve.ts'
import { runOutsideTransaction } from '../recording-operations/run-outside.ts'
import { eachServer } from '../support/databases.ts'

// What the header of a migration says under `Locks` is what it holds at its end, before it commits, on each table that
// was there before: exactly, where the header names the table; otherwise no more than any writer holds.
// CASE= takes all of fixtures/evolution, CASE=key those whose names hold `key`.
const chosen: ReadonlySet<string> = new Set([
  'column-added',
  'column-dropped',
  'drift-index-missing',
  'drift-row-security',
  'function-edited',
  'hostile-names',
  'key-extended',
  'replication-recorded',
  'strategy-validity',
  'strategy-validity-again',
  'table-partitioned',
  'table-renamed-and-moved',
  'track-modified-on',
  'trigger-disabled',
  'trigger-dropped',
  'trigger-edited',
  'trigger-renamed',
  'type-integer-to-bigint',
  'type-widened',
  'writer-trigger',
])
const wanted = process.env['CASE']
const cases = (await readCases()).filter((name) => (wanted === undefined ? chosen.has(name) : name.includes(wanted)))
const timeouts = { lockTimeout: '5s', statementTimeout: '30s' }

eachServer((server, open, major) => {
  for (const name of cases) {
    test(`${name} (${server})`, async () => {
      const options = await readCase(name)
      if ((options.server ?? 0) > major * 10_000 || options.refused !== undefined) return
      const db = await open()
      try {
        const [before, after] = [options.table ?? 'mine', options.tableAfter ?? options.table ?? 'mine']
        await db.script((await readOptional(`evolution/${name}/before.sql`)) ?? '')
        if (options.history !== 'given') {
          const first = await look(db, describeModel(before, options.before ?? {}))
          for (const migration of first.migrations) await holdsWhatItSays(db, migration)
        }
        await db.script((await readOptional(`evolution/${name}/after.sql`)) ?? '')
        const model = describeModel(after, options.after ?? options.before ?? {}, options.properties)
        for (const migration of (await look(db, model)).migrations) await holdsWhatItSays(db, migration)
      } finally {
        await db.close()
      }
    })
  }

  test(`row security that is there is not switched on again (${server})`, async () => {
    const db = await open()
    try {
      await db.script(`create table mine (id int primary key, name text); alter table mine enable row level security`)
      const model = describeModel('mine', {})
      await apply(db, (await look(db, model)).migrations)
      await db.script(`grant insert on mine_version to public`)
      const [secured] = (await look(db, model)).migrations
      assert.match(secured?.text ?? '', /^-- Locks {4}nothing\.$/m)
      if (secured !== undefined) await holdsWhatItSays(db, secured)
      const { rights } = (
        await db.query<{ rights: boolean }>(`select has_table_privilege('public', 'mine_version', 'insert') as rights`)
      )[0] ?? { rights: true }
      assert.not.ok(rights)
    } finally {
      await db.close()
    }
  })

  test(`a batch locks its rows alone (${server})`, async () => {
    const db = await open()
    try {
      await db.script(
        `create table mine (id int primary key, name text); insert into mine select g, 'n' from generate_series(1, 25) g`,
      )
      const { migrations, resolved } = await look(db, describeModel('mine', {}))
      await apply(db, migrations.slice(0, 1))
      const { table } = resolved
      assert.ok(table !== undefined && migrations[0]?.verb === 'create')
      await db.script(`create table held (pid int, name text, mode text);
        create function see() returns trigger language plpgsql as $$ begin
          insert into held select pid, name, mode from (${heldLocks}) h; return null; end $$;
        create trigger see after insert on mine_version for each statement execute function see()`)
      await runOutsideTransaction(db, backfillMigration(table, timeouts, { batchSize: 10 }))
      const held = await db.query<{ name: string; modes: readonly string[]; batches: number }>(
        `select name, array_agg(distinct mode order by mode) as modes, count(*)::int as batches
           from held where name <> 'public.held' group by name order by name`,
      )
      assert.equal(
        held.map(({ name, modes }) => [name, strongest(modes)]),
        [
          ['public.mine', 'ROW SHARE'],
          ['public.mine_version', 'ROW EXCLUSIVE'],
          ['public.transaction', 'ROW EXCLUSIVE'],
        ],
      )
      assert.ok(
        held.every(({ batches }) => batches >= 3),
        'seen in each batch',
      )
    } finally {
      await db.close()
    }
  })
})

/** The modes this transaction holds on tables and their indexes. */
const heldLocks = `select l.pid, l.relation::int8 as locked, t.oid::int8 as id, format('%s.%s', n.nspname, t.relname) as name,
    upper(trim(regexp_replace(replace(l.mode, 'Lock', ''), '([a-z])([A-Z])', '\\1 \\2', 'g'))) as mode
  from pg_locks l
       left join pg_index i on i.indexrelid = l.relation
       join pg_class t on t.oid = coalesce(i.indrelid, l.relation)
       join pg_namespace n on n.oid = t.relnamespace
 where l.locktype = 'relation' and l.granted and l.pid = pg_backend_pid() and t.relkind in ('r', 'p')
       and l.database = (select oid from pg_database where datname = current_database())
       and n.nspname not in ('pg_catalog', 'information_schema')`

const strongest = (modes: readonly string[]): LockMode | undefined => lockModes.findLast((mode) => modes.includes(mode))

const holdsWhatItSays = async (db: Database, { table, text, verb }: PlannedMigration): Promise<void> => {
  const existing = new Set((await db.query<{ id: string }>(`select oid::int8 as id from pg_class`)).map(({ id }) => id))
  const partitions = new Set(
    (
      await db.query<{ id: string }>(
        `select relid::oid::int8 as id from pg_partition_tree('${qualified(table.base).replaceAll("'", "''")}'::regclass) where level > 0`,
      )
    ).map(({ id }) => id),
  )
  await db.script('begin')
  try {
    await db.script(text)
  } catch (cause) {
    await db.script('rollback')
    throw new Error(`${verb}: ${String(cause)}`, { cause })
  }
  const all = await db.query<{ locked: string; id: string; schema: string; table: string; mode: string }>(
    `select h.locked, h.id, h.mode, n.nspname as schema, t.relname as table from (${heldLocks}) h
       join pg_class t on t.oid::int8 = h.id join pg_namespace n on n.oid = t.relnamespace`,
  )
  await db.script('commit')

  const locks = all.filter(({ locked }) => existing.has(locked))
  const held = new Map<string, LockMode>()
  for (const { id, schema, table: name } of locks) {
    if (partitions.has(id)) continue
    const mode = strongest(locks.filter((lock) => lock.id === id).map((lock) => lock.mode))
    assert.ok(mode)
    held.set(comment(qualified({ schema, name })), mode)
  }
  const said = readHeader(table, text)
  const beyondWriters = [...held].filter(([name, mode]) => said.has(name) || isStronger(mode, 'ROW EXCLUSIVE'))
  assert.equal(Object.fromEntries(beyondWriters), Object.fromEntries(said), `${verb}: held, and said`)

  const base = comment(qualified(table.base))
  const onBase = held.get(base) ?? 'ACCESS SHARE'
  const onPartitions = strongest(locks.filter(({ id }) => partitions.has(id)).map(({ mode }) => mode)) ?? 'ACCESS SHARE'
  assert.not.ok(isStronger(onPartitions, onBase), `${verb}: ${onPartitions} on partitions, ${onBase} on ${base}`)
  // Postgres has no weaker way to take a trigger away or to rename one.
  const mayExclude = /^(drop trigger|alter trigger .* rename) /m.test(text)
  if (!mayExclude) assert.not.ok(isStronger(onBase, 'SHARE ROW EXCLUSIVE'), `${verb}: ${onBase} on ${base}`)
}

const isStronger = (a: LockMode, b: LockMode): boolean => lockModes.indexOf(a) > lockModes.indexOf(b)

/** The modes under `Locks`, by table. A line that names no table goes on with the one before. */
const readHeader = (table: VersionedTable, text: string): ReadonlyMap<string, LockMode> => {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith('-- Locks    '))
  assert.ok(start >= 0, 'has a header')
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('--          '))
  const names = [table.base, table.version, table.transaction].map((name) => comment(qualified(name)))
  const said = new Map<string, LockMode>()
  for (const line of lines.slice(start, end).map((each) => each.slice(12))) {
    const name = names.find((each) => line.startsWith(`${each}: `))
    if (name === undefined) continue
    const words = line.slice(name.length + 2)
    const mode = lockModes.find((each) => new RegExp(`^${each} (?!UPDATE|ROW|EXCLUSIVE)`).test(words))
    assert.ok(mode, `names a mode: ${line}`)
    assert.not.ok(said.has(name), `${name} is named once`)
    said.set(name, mode)
  }
  if (said.size === 0) assert.match(lines[start] ?? '', /^-- Locks {4}nothing\b/)
  return said
}

test.run()
